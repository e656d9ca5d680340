import { z } from 'zod';
import { withoutUndefined } from '../../core/without-undefined.ts';
import { defineTool, destructive } from '../define-tool.ts';
import { connection } from '../params.ts';
import { organization, project, serviceConnection } from './devops-params.ts';

export const deleteServiceConnection = defineTool({
  name: 'delete_service_connection',
  title: 'Delete a service connection',
  description:
    'Deletes a service connection, with the app if Azure DevOps made it and nothing else uses it; a shared one leaves this project only.',
  toolset: 'devops',
  permissions: ['Administrator on the service connection; a personal access token needs vso.serviceendpoint_manage'],
  annotations: destructive,
  bindsConnection: true,
  input: z.strictObject({
    connection,
    organization: organization.optional(),
    project,
    id: serviceConnection,
  }),
  output: z.looseObject({ deleted: z.string() }),
  async run({ connection: _, ...input }, { serviceConnections, call }) {
    const { id, name, scheme, client_id, remains_in, app_removed } = await serviceConnections.remove(input, call);
    return {
      status: 200,
      data: withoutUndefined({ deleted: name, id, scheme, client_id, app_removed, remains_in }),
    };
  },
});
