import { z } from 'zod';
import { defineTool, readOnly } from '../define-tool.ts';
import { connection, cursor, shortText } from '../params.ts';
import { readWorkspaceParent } from '../pasted/workspace-parents.ts';
import { type ListSource, runList } from '../run-list.ts';
import { parentOf, parentParams, workspaceConnectionName } from './ml-params.ts';

export const listWorkspaceConnections = defineTool({
  name: 'list_workspace_connections',
  title: 'List the connections of an ML workspace',
  description:
    'Lists the connections of an Azure Machine Learning (ML) workspace or AI Foundry project: ' +
    'what it is connected to, such as Azure OpenAI or storage; without secrets. connection_name shows one.',
  toolset: 'ml',
  permissions: ['Microsoft.MachineLearningServices/workspaces/connections/read'],
  annotations: readOnly,
  goesOn: 'whole_lists',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  readPasted: readWorkspaceParent,
  input: z.strictObject({
    connection,
    ...parentParams,
    connection_name: workspaceConnectionName.optional(),
    category: shortText(100).optional().describe('E.g. AzureOpenAI.'),
    target: shortText(4_000).optional().describe('Where it leads.'),
    cursor: cursor.optional(),
  }),
  async run(args, context) {
    const { workspaceConnections, call } = context;
    const parent = parentOf(args, context);
    const { connection_name: name, category, target, cursor } = args;
    if (name !== undefined) {
      const value = await workspaceConnections.list({ parent, name, category, target }, call);
      return { status: 200, data: { value }, list: { count: value.length, complete: true } };
    }
    const source: ListSource = {
      query: { tool: 'list_workspace_connections', parent, category, target },
      makeSmallerWith: 'connection_name, category or target',
      read: (from, limits) =>
        workspaceConnections.pages({ parent, category, target, limits, nextLink: from?.nextLink }, call),
    };
    return runList({ cursor }, source, context);
  },
});
