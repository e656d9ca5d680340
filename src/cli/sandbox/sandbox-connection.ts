import type { Cloud } from '../../core/base/clouds.ts';
import type { DeclaredConnection } from '../../core/record/declared-connection.ts';
import { Secret } from '../../core/secrets/secret.ts';
import type { SandboxCredentials } from '../../sandbox/sandbox.ts';

/** The ready connection of a sandbox: everything that its tenant models, and writing allowed. */
export function sandboxConnection(cloud: Cloud, credentials: SandboxCredentials, name = 'sandbox'): DeclaredConnection {
  return {
    name,
    provider: 'azure',
    scopes: ['directory', 'resources', 'ml', 'devops'],
    cloud: cloud.name,
    access: 'read_write',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity: {
      tenant_id: credentials.tenantId,
      client_id: credentials.clientId,
      subscription_id: credentials.subscriptionId,
      organization: credentials.organization,
    },
    secrets: { client_secret: new Secret(credentials.clientSecret) },
  };
}
