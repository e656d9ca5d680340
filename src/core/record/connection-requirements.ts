import type { AuthType, ConnectionIdentity, ScopeLevel, SecretField } from './connection.ts';

interface AuthRequirement {
  readonly identity: readonly (keyof ConnectionIdentity)[];
  readonly secrets: readonly SecretField[];
  /** Accepted, not needed. */
  readonly optionalSecrets: readonly SecretField[];
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
  on_behalf_of: { identity: ['tenant_id', 'client_id'], secrets: ['client_secret'], optionalSecrets: [] },
  default: { identity: [], secrets: [], optionalSecrets: [] },
};

/** What each scope level needs. */
const levelRequirements: Readonly<Record<ScopeLevel, readonly (keyof ConnectionIdentity)[]>> = {
  subscription: [],
  management_group: ['management_group_id'],
  ml_workspace: ['subscription_id', 'resource_group', 'workspace_name'],
};

export interface Missing {
  readonly missing: readonly string[];
  /** Secrets that this kind of sign-in has no use for. */
  readonly unused: readonly string[];
}

/** Compares what a connection has with what its sign-in and scope level need. */
export function missingRequirements(
  connection: {
    readonly auth_type: AuthType;
    readonly scope_level: ScopeLevel;
    readonly identity: ConnectionIdentity;
  },
  secrets: readonly string[],
): Missing {
  const required = authRequirements[connection.auth_type];
  const identity = [...required.identity, ...levelRequirements[connection.scope_level]];
  const accepted: readonly string[] = [...required.secrets, ...required.optionalSecrets];
  return {
    missing: [
      ...identity.filter((field) => connection.identity[field] === undefined),
      ...required.secrets.filter((field) => !secrets.includes(field)),
    ],
    unused: secrets.filter((field) => !accepted.includes(field)),
  };
}
