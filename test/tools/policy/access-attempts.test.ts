import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeclaredConnection } from '../../../src/core/record/declared-connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { changesAmong } from './attempt.ts';

const { tenantId, subscriptionId, clientId, clientSecret, organization } = createSandbox().credentials;

/** Signs in as the same app as `sandbox`, under another name. */
const twin = (name: string, overrides: Partial<DeclaredConnection> = {}): DeclaredConnection => ({
  name,
  provider: 'azure',
  scopes: ['directory', 'resources'],
  cloud: 'sandbox',
  access: 'read_write',
  auth_type: 'azure',
  scope_level: 'subscription',
  settings: {},
  identity: { tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId },
  secrets: { client_secret: new Secret(clientSecret) },
  ...overrides,
});

const user = '00000000-0000-4000-8000-000000000001';
const patch = { method: 'PATCH', endpoint: `/users/${user}`, body: { city: 'x' } };
const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-contoso-web`;

/** Changes over a connection that only reads, by every tool that changes something. */
const changes: readonly (readonly [tool: string, args: Readonly<Record<string, unknown>>])[] = [
  ['graph_write', { requests: [patch] }],
  ['graph_write', { requests: [patch], dry_run: true }],
  ['graph_write', { requests: [{ method: 'POST', endpoint: '/$batch', body: { requests: [] } }] }],
  ['graph_write', { requests: [{ method: 'POST', endpoint: '/directoryObjects/getByIds', body: { ids: [user] } }] }],
  ['assign_license', { user, add: [{ sku: 'SPE_E5' }] }],
  ['arm_write', { method: 'POST', path: `${group}/providers/Microsoft.Storage/storageAccounts/stcontosoweb/listKeys` }],
  ['arm_write', { method: 'DELETE', path: group }],
  ['provision_connection', { name: 'fresh', credential: 'secret', roles: [] }],
  [
    'create_workspace_connection',
    {
      resource_group: 'rg-contoso-ml',
      workspace_name: 'mlw-contoso-research',
      connection_name: 'attack',
      properties: { authType: 'None', category: 'CustomKeys', target: 'https://example.com' },
    },
  ],
  [
    'delete_workspace_connection',
    { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research', connection_name: 'attack' },
  ],
  [
    'create_service_connection',
    { organization, project: 'Payments', name: 'x', scheme: 'WorkloadIdentityFederation', automatic: true },
  ],
  ['convert_service_connection', { organization, project: 'Payments', all: true }],
  ['delete_service_connection', { organization, project: 'Payments', id: 'x' }],
  [
    'convert_connection',
    { connection: 'sandbox', issuer: 'https://evil.example', subject: 's', federated_token: 'aaa.bbb.ccc' },
  ],
];

describe('a connection that only reads', () => {
  let tools: SandboxTools;

  beforeAll(async () => {
    tools = await openSandboxTools({ access: 'read_only' });
  });

  afterAll(async () => {
    await tools.close();
  });

  test.each(changes)('%s changes nothing, and the answer says whom to ask (%#)', async (tool, args) => {
    tools.forget();
    const { response } = await tools.call(tool, args);
    expect(response.error).toMatchObject({ code: 'refused', hint: expect.stringMatching(/^Ask the person/) });
    expect(changesAmong(tools.seen())).toEqual([]);
  });

  test.each([
    ['graph_query', { endpoint: '/users', headers: { 'X-HTTP-Method-Override': 'DELETE' } }],
    ['graph_batch', { requests: [{ url: `/users/${user}`, method: 'DELETE' }] }],
    ['graph_query', { endpoint: '/users', method: 'DELETE' }],
    ['arm_query', { path: group, params: { 'x-http-method': 'DELETE' }, method: 'DELETE' }],
  ])('no argument of %s makes a read a write (%#)', async (tool, args) => {
    tools.forget();
    expect((await tools.call(tool, args)).isError).toBe(true);
    expect(changesAmong(tools.seen())).toEqual([]);
  });
});

test('a server that only reads refuses them all, and its hint names no flag', async () => {
  const tools = await openSandboxTools({ readOnly: true });
  for (const [tool, args] of changes) {
    const { response } = await tools.call(tool, args);
    expect(response.error).toMatchObject({ code: 'refused', hint: expect.not.stringContaining('--') });
  }
  expect(changesAmong(tools.seen())).toEqual([]);
  await tools.close();
});

describe('rules for one connection', () => {
  let tools: SandboxTools;

  beforeAll(async () => {
    tools = await openSandboxTools({
      declared: [
        twin('renamed'),
        twin('by_certificate', { settings: { rate_limit_key: 'other' } }),
        twin('beta', { settings: { base_url: 'https://graph.sandbox.invalid/beta' } }),
        twin('strict', {
          identity: { tenant_id: tenantId, client_id: clientId.toUpperCase(), subscription_id: subscriptionId },
        }),
      ],
      policy: { connections: { strict: { deny: [{ service: 'graph', methods: ['PATCH'], path: '/users/*' }] } } },
    });
  });

  afterAll(async () => {
    await tools.close();
  });

  test.each(['strict', 'renamed', 'by_certificate', 'beta', 'sandbox'])(
    'hold for the same app as %s',
    async (connection) => {
      tools.forget();
      const { response } = await tools.call('graph_write', { connection, requests: [patch] });
      expect(response.error).toMatchObject({ code: 'refused', message: expect.stringContaining('policy.deny') });
      expect(tools.seen().filter(({ service }) => service === 'graph')).toEqual([]);
    },
  );
});
