import { viewConnection } from '../core/connections/connection-view.ts';
import { defineResource } from './define-resource.ts';

export const connectionResource = defineResource({
  name: 'connection',
  title: 'Connection',
  description: 'One connection: identity, settings, health, the last checks, fingerprints and ages of its secrets.',
  mimeType: 'application/json',
  uriTemplate: 'tenantry://connections/{name}',
  pattern: /^tenantry:\/\/connections\/(?<name>[a-z0-9][a-z0-9_-]{1,62})$/,
  async read({ name }, { connections, caller, clock }) {
    const records = await connections.list(caller);
    const record = records.find((one) => one.name === name);
    return record ? viewConnection(record, clock) : undefined;
  },
  async complete(_, { connections, caller }) {
    return (await connections.list(caller)).map((record) => record.name);
  },
});
