import type { DeclaredConnection } from '../../src/core/record/declared-connection.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import type { PolicySection } from '../../src/runtime/config/config-schema.ts';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { TenantAccess } from '../../src/sandbox/sandbox.ts';
import { openSandboxTools, type SandboxTools, type SandboxToolsOptions } from './sandbox-tools.ts';

/** A connection to each tenant of a sandbox, named as the tenant: `contoso`, `fabrikam`, … */
export function connectionTo(
  { label, credentials }: TenantAccess,
  changes: Partial<DeclaredConnection> = {},
): DeclaredConnection {
  const { tenantId, subscriptionId, clientId, clientSecret } = credentials;
  return {
    name: label,
    provider: 'azure',
    scopes: ['directory', 'resources'],
    cloud: 'sandbox',
    access: 'read_only',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity: { tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId },
    secrets: { client_secret: new Secret(clientSecret) },
    ...changes,
  };
}

export interface SeveralTenantsOptions extends Omit<SandboxToolsOptions, 'declared' | 'policy'> {
  readonly tenants: number;
  /** Changes of single connections, by name. */
  readonly changes?: Readonly<Record<string, Partial<DeclaredConnection>>>;
  readonly more?: readonly DeclaredConnection[];
  readonly policy?: PolicySection;
}

/** The tools over a sandbox with several tenants, and a connection to each beside `sandbox`. */
export async function openSeveralTenants({
  tenants: count,
  changes = {},
  more = [],
  ...options
}: SeveralTenantsOptions): Promise<SandboxTools> {
  // Ids of tenants and their credentials are the same in every sandbox.
  const { tenants } = createSandbox({ tenants: count, users: 1 });
  const declared = [...tenants.map((tenant) => connectionTo(tenant, changes[tenant.label])), ...more];
  return openSandboxTools({ users: 5, tenants: count, ...options, declared });
}
