import { z } from 'zod';
import { quoted } from '../../core/base/plain-text.ts';
import { defineTool, destructive } from '../define-tool.ts';
import { confirm, connection } from '../params.ts';
import { readWorkspaceParent } from '../pasted/workspace-parents.ts';
import { describeParent, parentOf, parentParams, workspaceConnectionName } from './ml-params.ts';

export const deleteWorkspaceConnection = defineTool({
  name: 'delete_workspace_connection',
  title: 'Delete a workspace connection',
  description:
    'Removes a connection of a machine learning (ML) workspace or AI Foundry project, for example to OpenAI, a storage account or git, and its secret.',
  toolset: 'ml',
  permissions: [
    'Microsoft.MachineLearningServices/workspaces/connections/read',
    'Microsoft.MachineLearningServices/workspaces/connections/delete',
  ],
  annotations: destructive,
  takesOutcomes: true,
  bindsConnection: true,
  readPasted: readWorkspaceParent,
  input: z.strictObject({ connection, ...parentParams, connection_name: workspaceConnectionName, confirm }),
  async run(args, context) {
    const parent = parentOf(args, context);
    await context.guard.askForTask(
      {
        summary: `Delete the workspace connection ${quoted(args.connection_name)}`,
        details: [describeParent(parent)],
        covers: [],
      },
      context.call,
    );
    const removed = await context.workspaceConnections.remove({ parent, name: args.connection_name }, context.call);
    return { status: 200, data: { deleted: removed } };
  },
});
