import { prompts } from '../../../src/resources/prompts.ts';
import { templateResources } from '../../../src/resources/resources.ts';
import { listTools } from '../../../src/server/list-tools.ts';
import { tools } from '../../../src/tools/registry.ts';

// Every way to ask for something by a name or a handle. What a test tries at each of them is in the tests beside this file.

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000001';
const place = { resource_group: 'rg-ml', workspace_name: 'mlw' };

/** Arguments of each tool that takes a connection: right ones, so that nothing but the connection can be wrong. */
export const toolArguments: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  complete_connection: { access: 'read_only' },
  validate_connection: {},
  delete_connection: {},
  provision_connection: { name: 'brandnew', credential: 'secret', roles: [{ role: 'Reader' }] },
  convert_connection: {
    issuer: 'https://token.actions.githubusercontent.com',
    subject: 'repo:a/b:ref:refs/heads/main',
  },
  list_linked_services: {},
  graph_query: { endpoint: '/users' },
  graph_batch: { requests: [{ url: '/users' }] },
  graph_write: { requests: [{ method: 'PATCH', endpoint: '/users/x', body: { jobTitle: 'a' } }] },
  graph_delta: { endpoint: '/users/delta', name: 'staff' },
  assign_license: { user: 'a@contoso.example', add: [{ sku: 'SPE_E5' }] },
  arm_query: { path: '/subscriptions' },
  arm_write: { method: 'DELETE', path: `${subscription}/resourceGroups/rg` },
  resource_graph_query: { query: 'resources' },
  get_operation: { operation: 'job.unknown' },
  list_workspace_connections: place,
  create_workspace_connection: {
    ...place,
    connection_name: 'c',
    properties: { category: 'CustomKeys', target: 'https://x.example', authType: 'None' },
  },
  delete_workspace_connection: { ...place, connection_name: 'c' },
  list_service_connections: { project: 'shop' },
  create_service_connection: {
    project: 'shop',
    name: 'sc',
    scheme: 'WorkloadIdentityFederation',
    scope_level: 'Subscription',
    subscription_id: '00000000-0000-0000-0000-000000000001',
    subscription_name: 'Main',
  },
  convert_service_connection: { project: 'shop', all: true },
  delete_service_connection: { project: 'shop', id: '00000000-0000-0000-0000-000000000009' },
};

/** Tools that name no connection of the caller, with what is tried at them in `unbound-doors.test.ts`. */
export const unboundTools = ['create_connection', 'list_connections', 'describe_graph'];

const takes = (field: string) =>
  listTools(tools)
    .filter(({ inputSchema }) => Object.hasOwn(inputSchema['properties'] ?? {}, field))
    .map(({ name }) => name);

export const connectionTools = takes('connection');
export const cursorTools = takes('cursor');

/** Resources that take a name or an id, with the variable. */
export const namedResources = templateResources.filter(({ variables }) =>
  Object.values(variables).includes('connection'),
);
export const resultResources = templateResources.filter(({ uriTemplate }) => uriTemplate.includes('/results/'));
/** The same for everybody. */
export const publicResources = ['tenantry://reference/{topic}'];

/** Every argument that can be completed. */
export const completions = [
  ...prompts.flatMap(({ name, arguments: args }) =>
    args.map((argument) => ({
      of: `prompt ${name}`,
      ref: { type: 'ref/prompt' as const, name },
      argument: argument.name,
    })),
  ),
  ...templateResources.flatMap(({ uriTemplate: uri, variables }) =>
    Object.keys(variables).map((argument) => ({ of: uri, ref: { type: 'ref/resource' as const, uri }, argument })),
  ),
];
