import { z } from 'zod';
import { briefConnection, linksOf, viewConnection, viewDamaged } from '../../core/connections/connection-view.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { connectionName } from '../params.ts';
import { connectionOutput } from './connection-output.ts';

export const listConnections = defineTool({
  name: 'list_connections',
  title: 'List connections',
  description:
    'Lists configured connections and the tenants that are connected, with status, health, access, expiry of secrets and next step. ' +
    'Other tools take the names of connections. With name: all about one connection, with its last checks.',
  toolset: 'connections',
  permissions: [],
  annotations: { ...readOnly, openWorldHint: false },
  bindsConnection: false,
  input: z.strictObject({ name: connectionName.optional().describe('Only this one.') }),
  output: z.looseObject({ value: z.array(connectionOutput) }),
  async run({ name }, { connections, caller, clock }) {
    if (name !== undefined) return answer([viewConnection(await connections.get(name, caller), clock, caller)]);
    const [records, damaged] = [await connections.list(caller), await connections.damaged(caller)];
    const entries = records.map((record) => ({
      ...briefConnection(record, clock, caller),
      links: linksOf(record, caller),
    }));
    return answer([...entries, ...damaged.map(viewDamaged)]);
  },
});

function answer(value: readonly object[]): ToolOutcome {
  return { status: 200, data: { value }, list: { count: value.length, complete: true } };
}
