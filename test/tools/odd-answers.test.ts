import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRewritingClient } from '../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

// Whatever a service leaves out of an answer, a tool says what is wrong with the answer: nothing is an unexpected failure.

const network = createRewritingClient();
let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ watch: network.watch, users: 5 });
});

afterAll(async () => {
  await tools.close();
});

const bodies = [
  'null',
  '{}',
  '[]',
  '"text"',
  '{"value":null}',
  '{"value":[null]}',
  '{"value":[{}]}',
  '{"value":{"x":1}}',
  '{"id":7,"name":null,"properties":null}',
  '{"value":[{"id":null,"name":7,"displayName":null,"properties":null,"resourceTypes":[null]}]}',
];

const parent = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };
const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-x';
const user = '00000000-0000-4000-8000-00000000ada0';

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['validate_connection', {}],
  ['list_linked_services', { probe: true }],
  ['list_service_connections', { project: 'Payments' }],
  ['list_workspace_connections', parent],
  ['resource_graph_query', { query: 'resources' }],
  ['arm_query', { path: `${group}/providers/Microsoft.Web/sites` }],
  ['arm_write', { method: 'PUT', path: group, body: { location: 'westeurope' }, dry_run: true }],
  ['graph_query', { endpoint: '/groups', params: { $expand: 'members' } }],
  ['graph_query', { endpoint: '/directory/deletedItems' }],
  ['graph_delta', { endpoint: '/users/delta' }],
  ['assign_license', { user, add: [{ sku: 'SPE_E3' }] }],
])('%s %j', async (tool, input) => {
  for (const body of bodies) {
    network.rewrite = ({ url }) =>
      /login|oauth2|openid/.test(url)
        ? undefined
        : { status: 200, headers: { 'content-type': 'application/json' }, body };
    const { text } = await tools.call(tool, input);
    expect(text, `${tool} with ${body}`).not.toMatch(/unexpected failure/i);
  }
});
