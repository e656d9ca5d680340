import { readClaims, type TokenClaims } from '../../auth/token-claims.ts';
import { isGuid } from '../../base/guid.ts';
import type { AuthType, CheckResult, ConnectionIdentity } from '../../record/connection.ts';
import type { ValidationCheck } from './check.ts';
import { skipLine } from './check-lines.ts';

/** Kinds where a person signs in through an app of somebody else: `client_id` is not in the token. */
const foreignAppKinds: ReadonlySet<AuthType> = new Set(['azure_cli', 'default']);

/** Whether tokens are for the tenant and app that the connection names. */
export const identityCheck: ValidationCheck = {
  name: 'identity',
  async run({ record, findings }) {
    const [token] = findings.tokens.values();
    if (token === undefined) return [skipLine('identity', 'There is no token to look at.')];
    const claims = readClaims(token.token);
    if (claims?.tenantId === undefined) {
      return [skipLine('identity', 'The token is opaque, so tenant and app cannot be compared.')];
    }
    return [compare(record.identity, claims, record.auth_type)];
  },
};

function compare(identity: ConnectionIdentity, claims: TokenClaims, authType: AuthType): CheckResult {
  const { tenant_id: tenant, client_id: client } = identity;
  const differences = [
    ...(tenant !== undefined && isGuid(tenant) && tenant.toLowerCase() !== claims.tenantId
      ? [`tenant ${claims.tenantId} instead of ${tenant}`]
      : []),
    ...(client !== undefined && !foreignAppKinds.has(authType) && client.toLowerCase() !== claims.clientId
      ? [`app ${claims.clientId ?? 'unknown'} instead of ${client}`]
      : []),
  ];
  if (differences.length > 0) {
    return {
      check: 'identity',
      status: 'fail',
      detail: `The token is for ${differences.join(' and ')}.`,
      hint: 'Correct tenant_id and client_id with complete_connection (replace_identity: true), or supply the secret of the right app.',
    };
  }
  return {
    check: 'identity',
    status: 'pass',
    detail: `Tenant ${claims.tenantId}, app ${claims.clientId ?? 'unknown'}.`,
  };
}
