import { z } from 'zod';
import { quoted } from '../../core/base/plain-text.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { defineTool, destructive } from '../define-tool.ts';
import { confirm, connection } from '../params.ts';
import { readProjectAddress } from '../pasted/service-connection-places.ts';
import { projectParams, serviceConnection } from './devops-params.ts';

export const deleteServiceConnection = defineTool({
  name: 'delete_service_connection',
  title: 'Delete a service connection',
  description:
    'Removes an Azure service connection (service endpoint) of pipelines from an Azure DevOps (ADO) project, and the app registration that was made for it alone. ' +
    'A shared one leaves this project only.',
  toolset: 'devops',
  permissions: ['Administrator on the service connection; a personal access token needs vso.serviceendpoint_manage'],
  annotations: destructive,
  takesOutcomes: true,
  goesOn: 'always',
  checkWith: 'Look at list_service_connections.',
  bindsConnection: true,
  readPasted: readProjectAddress,
  input: z.strictObject({
    connection,
    ...projectParams,
    id: serviceConnection.describe('Or name.'),
    confirm,
  }),
  async run({ connection: _, ...input }, { serviceConnections, guard, call }) {
    await guard.askForTask(
      {
        summary: `Delete the service connection ${quoted(input.id)}`,
        details: [`in the project ${quoted(input.project)}`],
        covers: [],
      },
      call,
    );
    const { id, name, scheme, client_id, remains_in, app_removed } = await serviceConnections.remove(input, call);
    return {
      status: 200,
      data: withoutUndefined({ deleted: name, id, scheme, client_id, app_removed, remains_in }),
    };
  },
});
