import { z } from 'zod';
import type { CollectOptions } from '../../core/results/create-list-collector.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { mostItems, pageLimits } from '../list-limits.ts';
import { connection, shortText } from '../params.ts';
import { parentOf, parentParams, workspaceConnectionName } from './ml-params.ts';

const input = z.strictObject({
  connection,
  ...parentParams,
  connection_name: workspaceConnectionName.optional(),
  category: shortText(100).optional(),
  target: shortText(4_000).optional(),
  cursor: shortText(20_000).optional().describe('meta.cursor.'),
});

type Input = z.output<typeof input>;

export const listWorkspaceConnections = defineTool({
  name: 'list_workspace_connections',
  title: 'List ML workspace connections',
  description:
    'Lists connections of an Azure ML workspace or AI Foundry resource, without secrets; connection_name shows one.',
  toolset: 'ml',
  permissions: ['Microsoft.MachineLearningServices/workspaces/connections/read'],
  annotations: readOnly,
  bindsConnection: true,
  input,
  output: z.unknown(),
  async run(args, context) {
    const { workspaceConnections, lists, call } = context;
    const parent = parentOf(args, context);
    const { connection_name: name, category, target } = args;
    if (name !== undefined) {
      const value = await workspaceConnections.list({ parent, name, category, target }, call);
      return { status: 200, data: { value }, list: { items: value.length, complete: true } };
    }
    const collect = collectOptions(args, context);
    const opened = args.cursor === undefined ? undefined : await lists.openCursor(args.cursor, collect);
    if (opened?.kind === 'stored') return opened.outcome;
    const limits = pageLimits({}, context.record.settings);
    const pages = workspaceConnections.pages({ parent, category, target, limits, nextLink: opened?.nextLink }, call);
    return lists.collect(pages, collect, call);
  },
});

function collectOptions(args: Input, context: ConnectionToolContext): CollectOptions {
  const { record, caller } = context;
  const { category, target } = args;
  const most = mostItems({}, record.settings);
  return {
    query: { tool: 'list_workspace_connections', parent: parentOf(args, context), category, target },
    connectionId: record.id,
    caller,
    makeSmallerWith: 'connection_name, category or target',
    ...(most === undefined ? {} : { limit: most }),
  };
}
