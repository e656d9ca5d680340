import { type AccessTokenClaims, bearerToken, checkAccessToken, type TokenCheck } from '../base/access-token.ts';
import type { SandboxContext, SandboxRequest } from '../base/service.ts';
import type { Tenant } from '../seed/tenant.ts';
import type { ArmCaller } from './arm-call.ts';
import { ArmError } from './arm-error.ts';

const publicAudiences = ['https://management.azure.com', 'https://management.core.windows.net'];

/** Source: "Troubleshoot Azure Resource Manager authentication"; codes and texts from responses of the service. */
export async function authenticate(request: SandboxRequest, context: SandboxContext): Promise<ArmCaller> {
  const accepted = [request.base, ...publicAudiences];
  const token = bearerToken(request);
  const hasToken = token !== undefined && /^\S+$/.test(token);
  const check = await checkAccessToken(hasToken ? token : undefined, accepted, context);
  if (check.ok) return { objectId: check.claims.oid ?? '', appId: check.claims.appid };
  const [code, message] = refusalOf(check, accepted, request, context);
  const authority = `${context.addressOf(request, 'login')}/${context.tenant.id}`;
  const reason = code === 'AuthenticationFailed' ? 'The access token is missing.' : 'The access token is invalid.';
  const challenge = `Bearer authorization_uri="${authority}", error="invalid_token", error_description="${reason}"`;
  throw new ArmError(401, code, message, { headers: { 'www-authenticate': challenge } });
}

function refusalOf(
  check: TokenCheck & { readonly ok: false },
  accepted: readonly string[],
  { headers }: SandboxRequest,
  { clock, tenant }: SandboxContext,
): readonly [code: string, message: string] {
  switch (check.problem) {
    case 'missing':
      return headers['authorization']
        ? [
            'AuthenticationFailedInvalidHeader',
            "Authentication failed. The 'Authorization' header is provided in an invalid format.",
          ]
        : ['AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing."];
    case 'malformed':
    case 'signature':
      return ['InvalidAuthenticationToken', 'The access token is invalid.'];
    case 'audience': {
      const names = accepted.flatMap((one) => [`'${one}/'`, `'${one}'`]).join(',');
      return [
        'InvalidAuthenticationTokenAudience',
        `The access token has been obtained for wrong audience or resource '${check.claims.aud}'. It should exactly match with one of the allowed audiences ${names}.`,
      ];
    }
    case 'expired':
      return [
        'ExpiredAuthenticationToken',
        `The access token expiry UTC time '${usTime(check.claims.exp * 1000)}' is earlier than current UTC time '${usTime(clock.now())}'.`,
      ];
    case 'tenant':
      return ['InvalidAuthenticationTokenTenant', wrongTenant(check.claims, tenant)];
  }
}

function wrongTenant({ tid }: AccessTokenClaims, tenant: Tenant): string {
  return `The access token is from the wrong issuer 'https://sts.windows.net/${tid}/'. It must match the tenant 'https://sts.windows.net/${tenant.id}/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/${tenant.id}' to get the token.`;
}

/** `1/15/2026 10:00:00 AM` */
function usTime(at: number): string {
  return new Date(at).toLocaleString('en-US', { timeZone: 'UTC' }).replace(',', '');
}
