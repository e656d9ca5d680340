import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { Page } from '../../core/http/page.ts';
import type { CollectOptions } from '../../core/results/create-list-collector.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { connection, cursor, shortText } from '../params.ts';
import { organization, project } from './devops-params.ts';

export const listServiceConnections = defineTool({
  name: 'list_service_connections',
  title: 'List service connections',
  description:
    'Lists the Azure service connections of an Azure DevOps project, without secrets, and whether each can be converted to federation.',
  toolset: 'devops',
  permissions: ['User on the service connections; a personal access token needs vso.serviceendpoint_query'],
  annotations: readOnly,
  bindsConnection: true,
  input: z.strictObject({
    connection,
    organization: organization.optional(),
    project,
    id: shortText(300).optional(),
    name: shortText(300).optional(),
    scheme: shortText(60).optional().describe('E.g. ServicePrincipal.'),
    convertible: z.boolean().optional(),
    verify: z.boolean().optional().describe('Test each.'),
    cursor: cursor.optional(),
  }),
  output: z.unknown(),
  async run({ connection: _, cursor: opaque, ...filter }, { serviceConnections, lists, call, caller, record }) {
    const collect: CollectOptions = {
      // In a field of its own: the collector means a projection by `project`.
      query: { tool: 'list_service_connections', filter: withoutUndefined(filter) },
      connectionId: record.id,
      caller,
      makeSmallerWith: 'name, scheme or convertible',
    };
    if (opaque !== undefined) {
      const opened = await lists.openCursor(opaque, collect);
      if (opened.kind !== 'stored') throw new Error('A list of service connections is never continued at the service.');
      return opened.outcome;
    }
    const items = await serviceConnections.list(filter, call);
    return lists.collect(once({ items, status: 200, requestId: call.record.requestId }), collect, call);
  },
});

async function* once(page: Page): AsyncGenerator<Page, void> {
  yield page;
}
