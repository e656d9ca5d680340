import { defineResource } from './define-resource.ts';

export const connectionsResource = defineResource({
  name: 'connections',
  title: 'Connections',
  description: 'All connections with their status and health. Read one at tenantry://connections/{name}.',
  mimeType: 'application/json',
  uri: 'tenantry://connections',
  async read({ connections, caller }) {
    const records = await connections.list(caller);
    return {
      connections: records.map(({ name, cloud, access, status, health, scopes, identity }) => ({
        name,
        uri: `tenantry://connections/${name}`,
        cloud,
        access,
        status,
        health,
        scopes,
        ...(identity.tenant_id ? { tenant_id: identity.tenant_id } : {}),
      })),
    };
  },
});
