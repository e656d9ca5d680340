import { z } from 'zod';
import { isRefusalOfApp } from '../../auth/on-behalf-of-errors.ts';
import { isPersonalAccessToken, readClaims, type TokenClaims } from '../../auth/token-claims.ts';
import { type Cloud, cloudServices, type TokenService, tokenAudience, tokenServices } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { isGuid } from '../../base/guid.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ApiResponse } from '../../http/api-client.ts';
import {
  type AuthType,
  actsForCaller,
  type CheckResult,
  type ConnectionIdentity,
  type ConnectionScope,
} from '../../record/connection.ts';
import { type CheckContext, type CheckFindings, failureLine, linesOf, type ValidationCheck } from './check.ts';

/** The service whose token a scope needs; data-plane scopes are found and managed through Azure Resource Manager. */
const serviceOfScope: Readonly<Record<ConnectionScope, TokenService>> = {
  directory: 'graph',
  resources: 'resource_manager',
  storage: 'resource_manager',
  broker: 'resource_manager',
  database: 'resource_manager',
  graph: 'resource_manager',
  vector: 'resource_manager',
  ml: 'resource_manager',
  devops: 'devops',
};

/** The services that a connection's scopes need tokens for, in the order of validation. */
export function neededServices(scopes: readonly ConnectionScope[]): readonly TokenService[] {
  const needed = new Set(scopes.map((scope) => serviceOfScope[scope]));
  return tokenServices.filter((service) => needed.has(service));
}

/** Asks the authority for a token of every service that the scopes need. Cached ones do not count. */
export const tokenCheck: ValidationCheck = {
  name: 'token',
  async run(context) {
    const lines: CheckResult[] = [];
    for (const service of neededServices(context.record.scopes)) {
      lines.push(await requestToken(service, context.connection.cloud, context));
    }
    return lines;
  },
};

async function requestToken(service: TokenService, cloud: Cloud, context: CheckContext): Promise<CheckResult> {
  const check = `token.${service}`;
  const audience = tokenAudience(cloud, service);
  try {
    const { call, connection, findings, clock } = context;
    const token = await connection.tokens.getToken({ audience, caller: call.caller, signal: call.signal, fresh: true });
    findings.tokens.set(service, token);
    if (isPersonalAccessToken(token.token, context.record)) {
      return { check, status: 'pass', detail: 'There is a personal access token; it does not say when it ends.' };
    }
    const minutes = Math.max(0, Math.round((token.expiresAt - clock.now()) / 60_000));
    return {
      check,
      status: 'pass',
      detail: `Got a token for ${cloudServices[service].title} that is valid for ${minutes} minutes.`,
    };
  } catch (error) {
    const line = failureLine(check, error);
    noteRefusal(error, line, context);
    return { ...line, detail: `${cloudServices[service].title}: ${line.detail}` };
  }
}

function noteRefusal(error: unknown, line: CheckResult, { record, findings }: CheckContext): void {
  if (!(error instanceof AppError) || (error.code !== 'unauthenticated' && error.code !== 'configuration')) return;
  if (!actsForCaller(record)) {
    findings.credentialRefused = true;
  } else if (isRefusalOfApp(error)) {
    // What one person lacks says nothing about the app, which is what the record is about.
    findings.credentialRefused = true;
    findings.refusedApp = line;
  }
}

/** Kinds where a person signs in through another app: `client_id` is not in the token. */
const foreignAppKinds: ReadonlySet<AuthType> = new Set(['azure_cli', 'default']);

const identityLine = linesOf('identity');

/** Whether tokens are for the tenant and app that the connection names. */
export const identityCheck: ValidationCheck = {
  name: 'identity',
  async run({ record, findings }) {
    const [token] = findings.tokens.values();
    if (token === undefined) return [identityLine.skip('There is no token to check.')];
    const claims = readClaims(token.token);
    if (claims?.tenantId === undefined) {
      return [identityLine.skip('The token is opaque, so tenant and app cannot be compared.')];
    }
    return [compareIdentity(record.identity, claims, record.auth_type)];
  },
};

function compareIdentity(identity: ConnectionIdentity, claims: TokenClaims, authType: AuthType): CheckResult {
  const { tenant_id: tenant, client_id: client } = identity;
  const differences = [
    ...(tenant !== undefined && isGuid(tenant) && tenant.toLowerCase() !== claims.tenantId
      ? [`tenant ${quoted(claims.tenantId)} instead of ${tenant}`]
      : []),
    ...(client !== undefined && !foreignAppKinds.has(authType) && client.toLowerCase() !== claims.clientId
      ? [`app ${quoted(claims.clientId ?? 'unknown')} instead of ${client}`]
      : []),
  ];
  if (differences.length > 0) {
    return identityLine.fail(
      `The token is for ${differences.join(' and ')}.`,
      'Correct tenant_id and client_id with complete_connection (replace_identity: true), or supply the secret of the right app.',
    );
  }
  return identityLine.pass(`Tenant ${quoted(claims.tenantId)}, app ${quoted(claims.clientId ?? 'unknown')}.`);
}

/** Entra and the services accept a difference of about five minutes; certificates and federation suffer first. */
const failAboveMs = 5 * 60_000;
const warnAboveMs = 60_000;

const clockLine = linesOf('clock');

/** Compares this machine's clock with the service's `Date`, and learns whether Graph takes the token at all. */
export const clockCheck: ValidationCheck = {
  name: 'clock',
  async run(context) {
    const graphToken = context.findings.tokens.get('graph');
    if (graphToken !== undefined) return [await compareWithGraph(context)];
    const [token] = context.findings.tokens.values();
    const issuedAt = token === undefined ? undefined : readClaims(token.token)?.issuedAt;
    return [
      issuedAt === undefined
        ? clockLine.skip('No service could be reached to compare clocks with.')
        : // Entra dates tokens back by up to five minutes, so only a token from the future says something.
          judgeSkew(Math.min(0, context.clock.now() - issuedAt)),
    ];
  },
};

async function compareWithGraph({ record, connection, call, clock, findings }: CheckContext): Promise<CheckResult> {
  try {
    const before = clock.now();
    const response: ApiResponse = await connection.graph.send(
      // Any answer has a date; what the app may read does not matter here.
      { method: 'GET', path: '/organization', params: { $select: 'id,verifiedDomains' }, expectedStatuses: [403, 404] },
      call,
    );
    findings.tenantName = readTenantName(response.body);
    const theirs = Date.parse(response.headers['date'] ?? '');
    const ours = (before + clock.now()) / 2;
    return Number.isNaN(theirs) ? clockLine.skip('The service sent no date.') : judgeSkew(ours - theirs);
  } catch (error) {
    const line = failureLine('clock', error);
    const isRefused = error instanceof Error && 'code' in error && error.code === 'unauthenticated';
    findings.credentialRefused ||= isRefused && !actsForCaller(record);
    return { ...line, detail: `Microsoft Graph did not answer as expected: ${line.detail}` };
  }
}

const organizations = z.object({
  value: z
    .array(
      z.object({ id: z.string(), verifiedDomains: z.array(z.object({ name: z.string(), isDefault: z.boolean() })) }),
    )
    .length(1),
});

/** The name by which people know the tenant; it comes along with what is asked anyway. */
function readTenantName(body: unknown): CheckFindings['tenantName'] {
  const [organization] = organizations.safeParse(body).data?.value ?? [];
  const domain = organization?.verifiedDomains.find(({ isDefault }) => isDefault)?.name.toLowerCase() ?? '';
  if (organization === undefined || !/^(?=.{4,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain)) return undefined;
  return { id: organization.id.toLowerCase(), domain };
}

function judgeSkew(skewMs: number): CheckResult {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= warnAboveMs) {
    return clockLine.pass(`The clock of this machine agrees with the service (${seconds} s apart).`);
  }
  return clockLine[Math.abs(skewMs) > failAboveMs ? 'fail' : 'warn'](
    `The clock of this machine is ${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} the service.`,
    'Switch on time synchronisation (timedatectl set-ntp true, or w32tm /resync).',
  );
}
