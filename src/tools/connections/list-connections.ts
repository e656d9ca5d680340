import { z } from 'zod';
import { viewConnection, viewDamaged } from '../../core/connections/connection-view.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { connectionName } from '../params.ts';
import { connectionOutput } from './connection-output.ts';

export const listConnections = defineTool({
  name: 'list_connections',
  title: 'List connections',
  description:
    'Lists the connections with status, health, identity, fingerprints and expiry of their secrets, and the next step; never secrets. ' +
    'Use it first: other tools take these names. With name: that connection, with its last checks.',
  toolset: 'connections',
  permissions: [],
  annotations: { ...readOnly, openWorldHint: false },
  bindsConnection: false,
  input: z.strictObject({ name: connectionName.optional() }),
  output: z.looseObject({ value: z.array(connectionOutput) }),
  async run({ name }, { connections, caller, clock }) {
    const records = name === undefined ? await connections.list(caller) : [await connections.get(name, caller)];
    const damaged = name === undefined ? await connections.damaged(caller) : [];
    const value = [
      ...records.map((record) => ({
        ...viewConnection(record, clock),
        ...(name === undefined || record.checks.length === 0 ? {} : { checks: record.checks }),
      })),
      ...damaged.map(viewDamaged),
    ];
    return { status: 200, data: { value }, list: { count: value.length, complete: true } };
  },
});
