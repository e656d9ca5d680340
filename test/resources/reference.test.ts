import { expect, test } from 'vitest';
import { errorCodes } from '../../src/core/base/errors.ts';
import type { ResourceContext } from '../../src/resources/define-resource.ts';
import { referenceResource, topics } from '../../src/resources/reference.ts';

// No topic looks at anything of the process: what it would look at throws.
const context = new Proxy({} as ResourceContext, {
  get() {
    throw new Error('The reference is the same for everybody.');
  },
});

function read(uri: string): Promise<unknown> {
  const match = referenceResource.pattern.exec(uri);
  return match ? referenceResource.read(match.groups ?? {}, context) : Promise.resolve(undefined);
}

test('every topic can be read, and is plain data', async () => {
  expect(Object.keys(topics)).toEqual([
    'errors',
    'sign_in',
    'sign_in_errors',
    'graph_permissions',
    'graph_operations',
    'azure_roles',
    'linked_services',
    'workspace_connections',
    'service_connections',
    'graph_limits',
    'clouds',
  ]);
  for (const topic of Object.keys(topics)) {
    const content = await read(`tenantry://reference/${topic}`);
    expect(JSON.parse(JSON.stringify(content))).not.toEqual({});
    expect(referenceResource.description).toContain(topic);
  }
});

test('the topic errors has every code', async () => {
  expect(Object.keys((await read('tenantry://reference/errors')) as object)).toEqual(['codes']);
  expect(await read('tenantry://reference/errors')).toMatchObject({
    codes: Object.fromEntries(errorCodes.map((code) => [code, expect.any(String)])),
  });
});

test('the topic azure_roles names the data role of storage', async () => {
  expect(JSON.stringify(await read('tenantry://reference/azure_roles'))).toContain('Storage Blob Data Contributor');
});

test('the topic graph_permissions names the least permission first', async () => {
  expect(await read('tenantry://reference/graph_permissions')).toMatchObject({
    needs: expect.arrayContaining([
      { purpose: 'read users', access: 'read_only', any_of: expect.arrayContaining(['User.Read.All']) },
    ]),
  });
});

test('the topic graph_operations has what administrators ask for most, with permissions and advice', async () => {
  const { operations } = (await read('tenantry://reference/graph_operations')) as {
    readonly operations: readonly object[];
  };
  expect(operations.length).toBeGreaterThan(100);
  expect(operations[0]).toMatchObject({ method: 'GET', path: '/users', application: 'User.ReadBasic.All' });
  expect(operations).toContainEqual(expect.objectContaining({ method: 'POST', path: '/groups/{id}/members/$ref' }));
});

test('the topic linked_services has host and audience of each cloud', async () => {
  expect(await read('tenantry://reference/linked_services')).toMatchObject({
    services: expect.arrayContaining([
      {
        kind: 'blob',
        type: 'Microsoft.Storage/storageAccounts',
        clouds: expect.arrayContaining([
          {
            cloud: 'public',
            host: expect.stringContaining('blob.core.windows.net'),
            audience: 'https://storage.azure.com',
          },
        ]),
      },
    ]),
  });
});

test('the topic service_connections says what each scheme takes', async () => {
  expect(await read('tenantry://reference/service_connections')).toMatchObject({
    credentials: expect.arrayContaining([
      expect.objectContaining({ credential: 'client_id', schemes: ['WorkloadIdentityFederation'] }),
    ]),
    converts: { from: 'ServicePrincipal', to: 'WorkloadIdentityFederation' },
  });
});

test('the topic workspace_connections has the members of every auth type, and the metadata that categories want', async () => {
  const content = (await read('tenantry://reference/workspace_connections')) as {
    readonly auth_types: object;
    readonly categories: readonly unknown[];
  };
  expect(Object.keys(content.auth_types)).toHaveLength(12);
  expect(content.categories).toHaveLength(102);
  expect(content.categories).toContainEqual({
    category: 'CognitiveSearch',
    auth_types: ['ApiKey', 'AAD'],
    metadata: ['ApiVersion', 'ApiType', 'ResourceId'],
  });
});

test('the topic sign_in_errors says what a refused federated token means', async () => {
  const { aadsts } = (await read('tenantry://reference/sign_in_errors')) as { readonly aadsts: object };
  expect(Object.keys(aadsts)).toEqual(expect.arrayContaining(['70021', '700211', '700212', '700213', '700024']));
});

test.each(['nothing', 'constructor', '__proto__', 'errors/..', 'toString'])('there is no topic %s', async (topic) => {
  expect(await read(`tenantry://reference/${topic}`)).toBeUndefined();
});
