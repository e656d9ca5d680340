import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { connection, cursor, shortText } from '../params.ts';
import { readProjectAddress } from '../pasted/service-connection-places.ts';
import { runList, wholeList } from '../run-list.ts';
import { listedServiceConnection } from './brief-service-connection.ts';
import { projectParams } from './devops-params.ts';

export const listServiceConnections = defineTool({
  name: 'list_service_connections',
  title: 'List the service connections of an Azure DevOps project',
  description:
    'Lists the Azure Resource Manager service connections (service endpoints) of an Azure DevOps (ADO) project, without secrets, and which still use a secret and can be converted to federation; ' +
    'id or name shows all about one.',
  toolset: 'devops',
  permissions: ['User on the service connections; a personal access token needs vso.serviceendpoint_query'],
  annotations: readOnly,
  goesOn: 'always',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  readPasted: readProjectAddress,
  input: z.strictObject({
    connection,
    ...projectParams,
    id: shortText(300).optional().describe('Only this one, whole.'),
    name: shortText(300).optional().describe('Only this one.'),
    scheme: shortText(60).optional().describe('E.g. ServicePrincipal.'),
    convertible: z.boolean().optional(),
    verify: z.boolean().optional().describe('Test each.'),
    cursor: cursor.optional(),
  }),
  run({ connection: _, cursor, ...filter }, context) {
    const bound = {
      // In a field of its own: the collector means a projection by `project`.
      query: { tool: 'list_service_connections', filter: withoutUndefined(filter) },
      makeSmallerWith: 'name, scheme or convertible',
    };
    const isOne = filter.id !== undefined || filter.name !== undefined;
    const fetch = async () => {
      const found = await context.serviceConnections.list(filter, context.call);
      return isOne ? found : found.map(listedServiceConnection);
    };
    return runList({ cursor }, wholeList(bound, fetch, context), context);
  },
});
