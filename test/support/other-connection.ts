import type { DeclaredConnection } from '../../src/core/record/declared-connection.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { seededCredentials } from '../../src/sandbox/seed/sandbox-credentials.ts';

/** A connection of another app of the sandbox tenant. */
export function connectionOf(name: string, app: Parameters<typeof seededCredentials>[0]): DeclaredConnection {
  const { tenantId, subscriptionId, clientId, clientSecret } = seededCredentials(app);
  return {
    name,
    provider: 'azure',
    scopes: ['directory', 'resources'],
    cloud: 'sandbox',
    access: 'read_write',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity: { tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId },
    secrets: { client_secret: new Secret(clientSecret) },
  };
}
