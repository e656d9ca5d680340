import { isPersonalAccessToken } from '../../auth/token-claims.ts';
import { type Cloud, cloudServices, type TokenService, tokenAudience, tokenServices } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import type { CheckResult, ConnectionScope } from '../../record/connection.ts';
import type { CheckContext, ValidationCheck } from './check.ts';
import { failureLine } from './check-lines.ts';

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
    const token = await connection.tokens.getToken({ audience, signal: call.signal, fresh: true });
    findings.tokens.set(service, token);
    if (isPersonalAccessToken(token.token, context.record)) {
      return { check, status: 'pass', detail: 'There is a personal access token; it does not say when it ends.' };
    }
    const minutes = Math.max(0, Math.round((token.expiresAt - clock.now()) / 60_000));
    return {
      check,
      status: 'pass',
      detail: `Got a token for ${cloudServices[service].title} that lives ${minutes} minutes.`,
    };
  } catch (error) {
    if (error instanceof AppError && (error.code === 'unauthenticated' || error.code === 'configuration')) {
      context.findings.credentialRefused = true;
    }
    const line = failureLine(check, error);
    return { ...line, detail: `${cloudServices[service].title}: ${line.detail}` };
  }
}
