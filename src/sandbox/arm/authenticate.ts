import { tenant } from '../seed/tenant.ts';
import type { SandboxContext, SandboxRequest } from '../service.ts';
import type { ArmCaller } from './arm-call.ts';
import { ArmError } from './arm-error.ts';

const publicAudiences = ['https://management.azure.com', 'https://management.core.windows.net'];

/** Source: "Troubleshoot Azure Resource Manager authentication"; codes and texts as the service answers them. */
export async function authenticate(request: SandboxRequest, context: SandboxContext): Promise<ArmCaller> {
  const refuse = (code: string, message: string) => unauthenticated(code, message, request, context);
  const header = request.headers['authorization'];
  if (!header) throw refuse('AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  const [, token] = /^bearer\s+(\S+)$/i.exec(header) ?? [];
  if (token === undefined) {
    throw refuse(
      'AuthenticationFailedInvalidHeader',
      "Authentication failed. The 'Authorization' header is provided in an invalid format.",
    );
  }
  const claims = await context.signer.verify(token);
  if (!claims) throw refuse('InvalidAuthenticationToken', 'The access token is invalid.');
  checkClaims(claims, request, context, refuse);
  return { objectId: textClaim(claims['oid']), appId: textClaim(claims['appid']) };
}

function checkClaims(
  claims: Readonly<Record<string, unknown>>,
  request: SandboxRequest,
  context: SandboxContext,
  refuse: (code: string, message: string) => ArmError,
): void {
  const audience = textClaim(claims['aud']);
  const accepted = [request.base, ...publicAudiences];
  if (!accepted.includes(audience.replace(/\/$/, ''))) {
    const names = accepted.flatMap((one) => [`'${one}/'`, `'${one}'`]).join(',');
    throw refuse(
      'InvalidAuthenticationTokenAudience',
      `The access token has been obtained for wrong audience or resource '${audience}'. It should exactly match with one of the allowed audiences ${names}.`,
    );
  }
  const expiresAt = Number(claims['exp']) * 1000;
  const now = context.clock.now();
  if (now >= expiresAt) {
    throw refuse(
      'ExpiredAuthenticationToken',
      `The access token expiry UTC time '${usTime(expiresAt)}' is earlier than current UTC time '${usTime(now)}'.`,
    );
  }
  const tenantId = textClaim(claims['tid']);
  if (tenantId !== tenant.id) {
    throw refuse(
      'InvalidAuthenticationTokenTenant',
      `The access token is from the wrong issuer 'https://sts.windows.net/${tenantId}/'. It must match the tenant 'https://sts.windows.net/${tenant.id}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${tenant.id}' to get the token.`,
    );
  }
}

function unauthenticated(code: string, message: string, request: SandboxRequest, context: SandboxContext): ArmError {
  const authority = `${context.addressOf(request, 'login')}/${tenant.id}`;
  const reason = code === 'AuthenticationFailed' ? 'The access token is missing.' : 'The access token is invalid.';
  const challenge = `Bearer authorization_uri="${authority}", error="invalid_token", error_description="${reason}"`;
  return new ArmError(401, code, message, { headers: { 'www-authenticate': challenge } });
}

/** `1/15/2026 10:00:00 AM` */
function usTime(at: number): string {
  return new Date(at).toLocaleString('en-US', { timeZone: 'UTC' }).replace(',', '');
}

function textClaim(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
