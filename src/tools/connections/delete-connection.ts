import { z } from 'zod';
import { secretsOf } from '../../core/record/connection.ts';
import { defineTool, destructive } from '../define-tool.ts';
import { confirm, connection } from '../params.ts';

export const deleteConnection = defineTool({
  name: 'delete_connection',
  title: 'Delete a connection',
  description:
    'Removes a connection for good: disconnects from the tenant and forgets the stored credentials. ' +
    'In the tenant the app and its credentials stay. To change the secret use complete_connection.',
  toolset: 'connections',
  permissions: [],
  annotations: { ...destructive, openWorldHint: false },
  takesOutcomes: true,
  checkWith: 'Look at list_connections.',
  bindsConnection: false,
  input: z.strictObject({ connection, confirm }),
  output: z.looseObject({ deleted: z.string() }),
  async run({ connection: name }, { connections, caller, call }) {
    const removed = await connections.remove(name, caller, call);
    const destroyed = secretsOf(removed).map(({ field, fingerprint }) => ({ kind: field, fingerprint }));
    return { status: 200, data: { deleted: removed.name, secrets_destroyed: destroyed } };
  },
});
