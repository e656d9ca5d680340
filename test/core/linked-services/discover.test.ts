import { afterEach, expect, test } from 'vitest';
import { type LinkedServiceKind, linkedServiceKinds } from '../../../src/core/linked-services/linked-service.ts';
import { testCall } from '../../support/call.ts';
import {
  type ArmRoutes,
  type LinkedConnection,
  type LinkedConnectionOptions,
  openLinkedConnection,
} from '../../support/linked-connection.ts';
import { testIdentity } from '../../support/test-token.ts';

let opened: LinkedConnection | undefined;

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function discover(options: LinkedConnectionOptions, kinds: readonly LinkedServiceKind[] = linkedServiceKinds) {
  opened = await openLinkedConnection(options);
  const call = testCall();
  const services = await opened.linkedServices.discover(opened.connection, kinds, call);
  return { services, call, ...opened };
}

const subscription = `/subscriptions/${testIdentity.subscriptionId}`;
const idOf = (type: string, name: string) => `${subscription}/resourceGroups/rg-data/providers/${type}/${name}`;

const account = {
  id: idOf('Microsoft.Storage/storageAccounts', 'stdata'),
  name: 'stdata',
  type: 'microsoft.storage/storageaccounts',
  location: 'westeurope',
  kind: 'StorageV2',
  sku: { name: 'Standard_LRS' },
  properties: {
    primaryEndpoints: { blob: 'https://stdata.z3.blob.storage.azure.net/' },
    allowSharedKeyAccess: false,
    creationTime: 'x',
  },
};
const files = {
  ...account,
  id: idOf('Microsoft.Storage/storageAccounts', 'stfiles'),
  name: 'stfiles',
  kind: 'FileStorage',
};
const gremlin = {
  id: idOf('Microsoft.DocumentDB/databaseAccounts', 'graph'),
  name: 'graph',
  type: 'Microsoft.DocumentDB/databaseAccounts',
  location: 'westeurope',
  properties: { capabilities: [{ name: 'EnableGremlin' }], disableLocalAuth: true },
};
const documents = {
  ...gremlin,
  id: idOf('Microsoft.DocumentDB/databaseAccounts', 'docs'),
  name: 'docs',
  properties: { capabilities: [] },
};
const graphPath = 'POST /providers/microsoft.resourcegraph/resources';

function graphAnswer(data: readonly unknown[], skipToken?: string) {
  const rest = { totalRecords: 9, count: data.length, resultTruncated: 'false' };
  return { status: 200, body: { ...rest, data, ...(skipToken === undefined ? {} : { $skipToken: skipToken }) } };
}

test('one query finds the services of all kinds, with their addresses and telling properties', async () => {
  const { services, armRequests, armBodies } = await discover({
    arm: { [graphPath]: graphAnswer([gremlin, documents, files, account]) },
  });
  expect(armRequests).toHaveLength(1);
  expect(armBodies[0]).toMatchObject({ subscriptions: [testIdentity.subscriptionId] });
  expect(services).toEqual([
    {
      service: 'blob',
      id: account.id,
      name: 'stdata',
      resource_group: 'rg-data',
      subscription_id: testIdentity.subscriptionId,
      location: 'westeurope',
      endpoint: 'https://stdata.z3.blob.storage.azure.net',
      properties: {
        kind: 'StorageV2',
        sku: { name: 'Standard_LRS' },
        primaryEndpoints: { blob: 'https://stdata.z3.blob.storage.azure.net/' },
        allowSharedKeyAccess: false,
      },
    },
    expect.objectContaining({
      service: 'cosmos-gremlin',
      name: 'graph',
      endpoint: 'wss://graph.gremlin.cosmos.azure.com',
    }),
  ]);
});

test('the query names the types that were asked for, and pages to the end', async () => {
  const answers = [
    graphAnswer([account], 'more'),
    graphAnswer([{ ...account, id: `${account.id}2`, name: 'stdata2' }]),
  ];
  const { services, armBodies } = await discover({ arm: { [graphPath]: () => answers.shift() ?? { status: 500 } } }, [
    'blob',
  ]);
  expect(services.map(({ name }) => name)).toEqual(['stdata', 'stdata2']);
  expect(armBodies).toMatchObject([
    { query: expect.stringContaining("type in~ ('microsoft.storage/storageaccounts')") },
    { options: { $skipToken: 'more' } },
  ]);
});

test('nothing is asked for when no kind is', async () => {
  const { services, armRequests } = await discover({}, []);
  expect(services).toEqual([]);
  expect(armRequests).toEqual([]);
});

test('a connection to a management group asks for the group', async () => {
  const { armBodies } = await discover({
    arm: { [graphPath]: graphAnswer([]) },
    record: { scope_level: 'management_group', identity: { management_group_id: 'mg-contoso' } },
  });
  expect(armBodies[0]).toMatchObject({ managementGroups: ['mg-contoso'] });
  expect(armBodies[0]).not.toHaveProperty('subscriptions');
});

test('a connection to a workspace looks in its resource group', async () => {
  const { armBodies } = await discover({
    arm: { [graphPath]: graphAnswer([]) },
    record: {
      scope_level: 'ml_workspace',
      identity: { subscription_id: testIdentity.subscriptionId, resource_group: "rg-o'neill", workspace_name: 'ws' },
    },
  });
  expect(armBodies[0]).toMatchObject({ query: expect.stringContaining("resourceGroup =~ 'rg-o\\'neill'") });
});

const refusedGraph = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } };
const list = (...value: unknown[]) => ({ status: 200, body: { value } });

test('when Resource Graph refuses, the types are listed one by one, and the answer says so', async () => {
  const routes: ArmRoutes = {
    [graphPath]: refusedGraph,
    [`GET ${subscription}/providers/microsoft.storage/storageaccounts`]: list(account, files),
    [`GET ${subscription}/providers/microsoft.search/searchservices`]: {
      status: 409,
      body: { error: { code: 'MissingSubscriptionRegistration', message: 'Not registered.' } },
    },
  };
  const { services, call, armRequests } = await discover({ arm: routes }, ['blob', 'azure-search']);
  expect(services.map(({ name }) => name)).toEqual(['stdata']);
  expect(call.record.notes).toContain(
    'Resource Graph did not answer (`AuthorizationFailed`); the services were listed type by type.',
  );
  expect(armRequests.some((line) => line.includes('storageAccounts?api-version=2025-01-01'))).toBe(true);
});

test('without Resource Graph, the subscriptions of a management group are listed first', async () => {
  const routes: ArmRoutes = {
    [graphPath]: refusedGraph,
    'GET /providers/microsoft.management/managementgroups/mg/descendants': list(
      { type: 'Microsoft.Management/managementGroups', name: 'mg-below' },
      { type: 'Microsoft.Management/managementGroups/subscriptions', name: testIdentity.subscriptionId },
    ),
    [`GET ${subscription}/providers/microsoft.storage/storageaccounts`]: list(account),
  };
  const record = { scope_level: 'management_group', identity: { management_group_id: 'mg' } } as const;
  const { services } = await discover({ arm: routes, record }, ['blob']);
  expect(services).toHaveLength(1);
});

test('a refused list is the error of the call', async () => {
  const routes: ArmRoutes = {
    [graphPath]: refusedGraph,
    [`GET ${subscription}/providers/microsoft.storage/storageaccounts`]: refusedGraph,
  };
  await expect(discover({ arm: routes }, ['blob'])).rejects.toMatchObject({ code: 'permission_denied' });
});
