import { expect, test } from 'vitest';
import { sendRaw, signIn } from '../support/sandbox-client.ts';
import { createDevOpsClient, endpoints, game } from './support/devops-client.ts';

test('a project is found by its id and by its name in any case, with spaces', async () => {
  const client = await createDevOpsClient();
  const names = ['Space game web agent', 'space GAME web agent', game.id, game.id.toUpperCase()];
  for (const name of names) {
    expect((await client.get(`/_apis/projects/${name}`)).body.id).toBe(game.id);
    expect((await client.get(`/${name}${endpoints}`)).body.count).toBe(3);
  }
});

test('an unknown id has an error of its own', async () => {
  const answer = await (await createDevOpsClient()).get('/_apis/projects/5a11d0c5-7e4a-4c0d-8b0a-000000000000');
  expect([answer.status, answer.body.typeKey]).toEqual([404, 'ProjectDoesNotExistException']);
});

test('projects come in pages with a continuation token', async () => {
  const client = await createDevOpsClient();
  client.sandbox.placeObject('devops', 'project', { name: 'A placed one' });
  const first = await client.get('/_apis/projects?$top=3');
  expect([first.body.value.map(({ name }: { name: string }) => name), first.headers['x-ms-continuationtoken']]).toEqual(
    [['A placed one', 'Empty', 'Payments'], '3'],
  );
  const second = await client.get('/_apis/projects?$top=3&continuationToken=3');
  expect([second.body.count, second.headers['x-ms-continuationtoken']]).toEqual([1, undefined]);
  expect((await client.get('/_apis/projects?$skip=2')).body.count).toBe(2);
});

test('the profile tells who is signed in', async () => {
  const client = await createDevOpsClient();
  const { sandbox, authorization } = client;
  const url = `${sandbox.cloud.devops}/_apis/profile/profiles/me?api-version=7.1`;
  const answer = await sendRaw(sandbox, 'GET', url, { headers: { authorization } });
  expect([answer.status, answer.body.displayName]).toEqual([200, 'tenantry-sandbox']);
});

test('the apps behind service connections are in the directory from the start, not because somebody looked', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  const headers = {
    authorization: `Bearer ${await signIn(sandbox, sandbox.credentials)}`,
    ConsistencyLevel: 'eventual',
  };
  const count = async () =>
    Number((await sendRaw(sandbox, 'GET', `${sandbox.cloud.graph}/v1.0/applications/$count`, { headers })).text);
  const before = await count();
  await client.get('/_apis/projects');
  await client.get('/Payments/_apis/serviceendpoint/endpoints');
  expect(await count()).toBe(before);
  const name = 'contoso-Payments-azure-production';
  const filter = encodeURIComponent(`displayName eq '${name}'`);
  const url = `${sandbox.cloud.graph}/v1.0/applications?$filter=${filter}`;
  expect((await sendRaw(sandbox, 'GET', url, { headers })).body.value).toMatchObject([{ displayName: name }]);
});

test('a reset puts everything back', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  const before = await client.get(`/Payments${endpoints}?includeFailed=true&includeDetails=true`);
  sandbox.placeObject('devops', 'project', { name: 'New' });
  sandbox.placeObject('devops', 'throttleLimits', { tstu: 0 });
  sandbox.placeObject('devops', 'serviceEndpoint', { name: 'new-one' });
  sandbox.reset();
  const after = await client.get(`/Payments${endpoints}?includeFailed=true&includeDetails=true`);
  expect(after.body).toEqual(before.body);
  expect((await client.get('/_apis/projects')).body.count).toBe(3);
});
