import { afterEach, describe, expect, test } from 'vitest';
import { Caller, localCaller } from '../../src/core/base/caller.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { testCall } from '../support/call.ts';
import { openSandboxTools, type SandboxTools, type SandboxToolsOptions } from '../support/sandbox-tools.ts';
import { propertiesOf, workspace } from '../support/workspace-connections.ts';

let tools: SandboxTools;

afterEach(() => tools.close());

type Input = Readonly<Record<string, unknown>>;

const place = { organization: 'contoso', project: 'Payments' };
const federation = { scheme: 'WorkloadIdentityFederation', automatic: true };
const writes: readonly (readonly [string, Input])[] = [
  ['provision_connection', { name: 'made', credential: 'secret', roles: [] }],
  ['convert_connection', { connection: 'sandbox', revert: true }],
  ['convert_connection', { connection: 'sandbox' }],
  ['create_workspace_connection', { ...workspace, connection_name: 'made', properties: propertiesOf('PAT') }],
  ['delete_workspace_connection', { ...workspace, connection_name: 'models-git' }],
  ['create_service_connection', { ...place, ...federation, name: 'made' }],
  ['convert_service_connection', { ...place, all: true }],
  ['convert_service_connection', { ...place, all: true, revert: true }],
  ['convert_service_connection', { ...place, all: true, dry_run: true }],
  ['delete_service_connection', { ...place, id: 'azure-production' }],
];
const reads: readonly (readonly [string, Input])[] = [
  ['list_workspace_connections', workspace],
  ['list_service_connections', { ...place, verify: true }],
];

describe.each<readonly [string, SandboxToolsOptions]>([
  ['a read-only connection', { access: 'read_only' }],
  ['a read-only process', { readOnly: true }],
])('%s', (_, options) => {
  test('refuses what writes before a request, and reads', async () => {
    tools = await openSandboxTools({ users: 5, ...options });
    for (const [tool, input] of writes) {
      const { response } = await tools.call(tool, input);
      expect([tool, response.error?.code]).toEqual([tool, 'refused']);
    }
    expect(tools.seen()).toEqual([]);
    for (const [tool, input] of reads) {
      const { response } = await tools.call(tool, input);
      expect([tool, response.success]).toEqual([tool, true]);
    }
  });
});

test('the core sends no write of a read-only connection, whoever calls it', async () => {
  tools = await openSandboxTools({ users: 5, access: 'read_only' });
  const { connections, opener } = tools.runtime;
  const open = await opener.open(await connections.get('sandbox', localCaller), localCaller);
  const { subscriptionId } = tools.sandbox.credentials;
  const call = testCall();
  const parent = { kind: 'workspace', resourceGroup: 'rg-contoso-ml', workspaceName: 'mlw-contoso-research' } as const;
  const target = { level: 'Subscription', subscriptionId } as const;
  const object = '5a11d0c5-7e4a-4c0d-8b0a-de05000000ff';
  const application = { kind: 'application', objectId: object } as const;
  const trust = { name: 'made', issuer: 'https://issuer.example', subject: 'a', audience: 'b' };
  const properties = { authType: 'PAT', category: 'Git', credentials: { pat: new Secret('abc') } } as const;
  const made = { ...place, name: 'made', scheme: 'WorkloadIdentityFederation', target } as const;
  const attempts: readonly (() => Promise<unknown>)[] = [
    () => open.identities.ensureApplication({ uniqueName: 'made', displayName: 'made' }, call),
    () => open.identities.ensureServicePrincipal(object, call),
    () => open.identities.ensureFederatedCredential(application, trust, call),
    () => open.identities.removeFederatedCredential(application, 'made', call),
    () => open.identities.addPassword(object, { displayName: 'made', lifetimeDays: 1 }, call),
    () => open.identities.removePassword(object, object, call),
    () => open.identities.removeApplication(object, call),
    () =>
      open.identities.ensureRoleAssignment(
        { principalId: object, role: 'Reader', scope: `/subscriptions/${subscriptionId}` },
        call,
      ),
    () => open.workspaceConnections.put({ parent, name: 'made', properties, replace: true }, call),
    () => open.workspaceConnections.remove({ parent, name: 'models-git' }, call),
    () => open.serviceConnections.create({ ...made, credential: { kind: 'automatic' } }, call),
    () => open.serviceConnections.remove({ ...place, id: 'azure-production' }, call),
    () => connections.provision({ name: 'made', credential: 'secret', roles: [] }, open, localCaller, call),
    () => connections.convert('sandbox', {}, localCaller, call),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ name: expect.any(String) });
  const [converted] = await open.serviceConnections.convert({ ...place, ids: ['azure-production'] }, call);
  expect(converted?.outcome).toBe('failed');
  const written = tools.seen().filter(({ method, service }) => method !== 'GET' && service !== 'login');
  expect(written.map(({ method, url }) => `${method} ${url}`)).toEqual([]);
});

test('connections of another caller are neither used nor changed', async () => {
  tools = await openSandboxTools({ users: 5 });
  const { connections, opener } = tools.runtime;
  const open = await opener.open(await connections.get('sandbox', localCaller), localCaller);
  const call = testCall();
  await connections.create(
    { name: 'theirs', cloud: 'sandbox', access: 'read_write' },
    new Caller({ id: 'somebody' }),
    testCall(),
  );
  tools.forget();
  await expect(connections.convert('theirs', {}, localCaller, call)).rejects.toMatchObject({ code: 'not_found' });
  const provision = { name: 'theirs', credential: 'secret', roles: [] } as const;
  await expect(connections.provision({ ...provision, name: 'sandbox' }, open, localCaller, call)).rejects.toMatchObject(
    {
      code: 'conflict',
    },
  );
  const writes = tools.seen().filter(({ method, service }) => method !== 'GET' && service !== 'login');
  expect(writes).toEqual([]);
  // A name belongs to its owner: the same one of another caller is another connection.
  const theirs = await connections.get('theirs', new Caller({ id: 'somebody' }));
  const { record } = await connections.provision(provision, open, localCaller, call);
  expect(record).toMatchObject({ name: 'theirs', owner: 'local' });
  expect(record.id).not.toBe(theirs.id);
  expect(await connections.get('theirs', new Caller({ id: 'somebody' }))).toEqual(theirs);
});
