import type {
  AuthType,
  ConnectionIdentity,
  ConnectionRecord,
  ScopeLevel,
  SecretField,
  SecretInfo,
} from './connection.ts';

interface AuthRequirement {
  readonly identity: readonly (keyof ConnectionIdentity)[];
  readonly secrets: readonly SecretField[];
  /** Accepted, not needed. */
  readonly optionalSecrets: readonly SecretField[];
  /** Any one of both lists is enough. */
  readonly isOneEnough?: true;
}

/** What each kind of sign-in needs before a connection can be used. */
export const authRequirements: Readonly<Record<AuthType, AuthRequirement>> = {
  azure: { identity: ['tenant_id', 'client_id'], secrets: ['client_secret'], optionalSecrets: [] },
  certificate: { identity: ['tenant_id', 'client_id'], secrets: ['certificate'], optionalSecrets: [] },
  // Without a token, the one of the platform is used: Kubernetes, GitHub Actions or Azure Pipelines.
  workload_identity: { identity: ['tenant_id', 'client_id'], secrets: [], optionalSecrets: ['federated_token'] },
  managed_identity: { identity: [], secrets: [], optionalSecrets: [] },
  azure_cli: { identity: [], secrets: [], optionalSecrets: [] },
  device_code: { identity: ['tenant_id', 'client_id'], secrets: [], optionalSecrets: [] },
  bearer: { identity: [], secrets: ['token'], optionalSecrets: [] },
  // The app that people sign in to Tenantry with proves itself in one of three ways.
  on_behalf_of: {
    identity: ['tenant_id', 'client_id'],
    secrets: ['client_secret'],
    optionalSecrets: ['certificate', 'federated_token'],
    isOneEnough: true,
  },
  default: { identity: [], secrets: [], optionalSecrets: [] },
};

/** What each scope level needs. */
const levelRequirements: Readonly<Record<ScopeLevel, readonly (keyof ConnectionIdentity)[]>> = {
  subscription: [],
  management_group: ['management_group_id'],
  ml_workspace: ['subscription_id', 'resource_group', 'workspace_name'],
};

/** Compares a connection with the needs of its sign-in and scope level; it has no use for `unused` secrets. */
export function missingRequirements(
  connection: Pick<ConnectionRecord, 'auth_type' | 'scope_level' | 'identity'>,
  secrets: readonly string[],
) {
  const required = authRequirements[connection.auth_type];
  const identity = [...required.identity, ...levelRequirements[connection.scope_level]];
  const accepted: readonly string[] = [...required.secrets, ...required.optionalSecrets];
  const isProven = required.isOneEnough === true && secrets.some((field) => accepted.includes(field));
  return {
    missing: [
      ...identity.filter((field) => connection.identity[field] === undefined),
      ...required.secrets.filter((field) => !isProven && !secrets.includes(field)),
    ],
    unused: secrets.filter((field) => !accepted.includes(field)),
  };
}

/** What a connection still needs: fields of its identity, and secrets. */
export function missingOf(
  connection: Pick<ConnectionRecord, 'auth_type' | 'scope_level' | 'identity'> & {
    readonly secrets: readonly Pick<SecretInfo, 'field'>[];
  },
): readonly string[] {
  const fields = connection.secrets.map(({ field }) => field);
  return missingRequirements(connection, fields).missing;
}
