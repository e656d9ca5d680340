import { describe, expect, test } from 'vitest';
import { type ArmClient, createArmClient, production } from './support/arm-client.ts';
import { namesOf } from './support/workspace-connections.ts';

const version = '2025-06-01';
const account = `${production}/resourceGroups/rg-contoso-ml/providers/Microsoft.CognitiveServices/accounts/aif-contoso`;
const project = `${account}/projects/assist`;
const accountType = 'Microsoft.CognitiveServices/accounts/connections';
const projectType = 'Microsoft.CognitiveServices/accounts/projects/connections';
const storage = {
  properties: {
    authType: 'AccountKey',
    category: 'AzureStorageAccount',
    target: 'https://stcontosoml.blob.core.windows.net/',
    metadata: { ApiType: 'Azure', location: 'swedencentral' },
    credentials: { key: 'MARKED' },
  },
};

const put = (arm: ArmClient, parent: string, body: unknown = storage) =>
  arm.put(`${parent}/connections/made`, version, body);

describe.each([
  ['an account', account, accountType, 'account-search'],
  ['a project', project, projectType, 'project-insights'],
])('connections of %s', (_, parent, type, seeded) => {
  test('are written, read, changed and removed like those of a workspace', async () => {
    const arm = await createArmClient();
    const made = await put(arm, parent);
    const { credentials: _hidden, ...shown } = storage.properties;
    expect(made).toMatchObject({
      status: 200,
      body: { id: `${parent}/connections/made`, name: 'made', type, properties: { ...shown, group: 'Azure' } },
    });
    const changed = await arm.send('PATCH', `${parent}/connections/made`, {
      version,
      body: { properties: { authType: 'AccountKey', target: 'https://other.example' } },
    });
    expect(changed).toMatchObject({ status: 200, body: { properties: { target: 'https://other.example' } } });
    const read = await arm.get(`${parent}/connections/MADE`, version);
    expect([read.status, read.body.type]).toEqual([200, type]);
    expect([made.text, changed.text, read.text].join()).not.toMatch(/MARKED|credentials/);
    expect((await put(arm, parent, { properties: { authType: 'SAS', value: 'x' } })).status).toBe(400);
    expect((await arm.send('DELETE', `${parent}/connections/made`, { version })).status).toBe(200);
    expect((await arm.send('DELETE', `${parent}/connections/made`, { version })).status).toBe(204);
  });

  test('are listed with ids of their own spelling', async () => {
    const arm = await createArmClient();
    const list = await arm.get(`${parent}/connections`, version);
    expect(list.body.value).toMatchObject([{ id: `${account}/linkedaccounts/${seeded}`, name: seeded, type }]);
    expect(namesOf(await arm.get(`${parent}/connections?category=Git`, version))).toEqual([]);
  });

  test('show their secrets to nobody', async () => {
    const arm = await createArmClient();
    await put(arm, parent);
    const answer = await arm.send('POST', `${parent}/connections/made/listsecrets`, { version });
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'ResourceNotFound' } } });
    expect(JSON.stringify(arm.sandbox.requests())).not.toContain('MARKED');
  });

  test('have api-versions of their own', async () => {
    const arm = await createArmClient();
    expect((await arm.get(`${parent}/connections`, '2025-04-01-preview')).status).toBe(200);
    expect((await arm.get(`${parent}/connections`, '2024-10-01')).body.error.code).toBe('NoRegisteredProviderFound');
    const provider = await arm.get('/providers/Microsoft.CognitiveServices', '2022-12-01');
    const known = provider.body.resourceTypes.find(
      ({ resourceType }: { resourceType: string }) => `Microsoft.CognitiveServices/${resourceType}` === type,
    );
    expect(known.apiVersions).toContain(version);
  });

  test('need their parent', async () => {
    const arm = await createArmClient();
    expect(await put(arm, `${parent}-none`)).toMatchObject({
      status: 404,
      body: { error: { code: 'ParentResourceNotFound' } },
    });
  });
});

test('a list that asks for all shows what the account shares', async () => {
  const arm = await createArmClient();
  expect(namesOf(await arm.get(`${project}/connections?includeAll=true`, version))).toEqual([
    'project-insights',
    'account-search',
  ]);
  expect(namesOf(await arm.get(`${project}/connections?includeAll=false`, version))).toEqual(['project-insights']);
  expect((await arm.get(`${project}/connections/account-search`, version)).status).toBe(404);
  expect(namesOf(await arm.get(`${account}/connections?includeAll=true`, version))).toEqual(['account-search']);
});
