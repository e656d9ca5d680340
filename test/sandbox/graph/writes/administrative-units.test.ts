import { expect, test } from 'vitest';
import { createSandboxClient } from '../../support/sandbox-client.ts';

const units = '/directory/administrativeUnits';

async function openUnits() {
  const client = await createSandboxClient();
  const { body: all } = await client.get(units);
  const { body: users } = await client.get('/users?$top=3&$select=id');
  const ref = (id: string) => ({ '@odata.id': `${client.sandbox.cloud.graph}/v1.0/directoryObjects/${id}` });
  const ids: readonly string[] = users.value.map(({ id }: { id: string }) => id);
  return { ...client, unit: `${units}/${all.value[0].id}`, ids, ref };
}

test('an administrative unit is made, changed and deleted, and can be restored', async () => {
  const { send, get } = await openUnits();
  const made = await send('POST', units, { body: { displayName: 'Plant Leipzig' } });
  expect(made).toMatchObject({ status: 201, body: { displayName: 'Plant Leipzig', visibility: null } });
  const address = `${units}/${made.body.id}`;
  expect((await send('PATCH', address, { body: { description: 'Assembly' } })).status).toBe(204);
  expect((await get(address)).body.description).toBe('Assembly');
  expect((await send('DELETE', address)).status).toBe(204);
  expect((await get(address)).status).toBe(404);
  const deleted = await get('/directory/deletedItems/microsoft.graph.administrativeUnit');
  expect(deleted.body.value.map(({ id }: { id: string }) => id)).toContain(made.body.id);
  expect((await send('POST', `/directory/deletedItems/${made.body.id}/restore`)).status).toBe(200);
  expect((await get(address)).status).toBe(200);
});

test('members come and go one by one, or together with the unit', async () => {
  const { send, get, unit, ids, ref } = await openUnits();
  const members = async () => (await get(`${unit}/members?$select=id`)).body.value.map(({ id }: { id: string }) => id);
  const [first = '', second = '', third = ''] = ids;
  expect((await send('POST', `${unit}/members/$ref`, { body: ref(first) })).status).toBe(204);
  const bind = { 'members@odata.bind': [second, third].map((id) => ref(id)['@odata.id']) };
  expect((await send('PATCH', unit, { body: bind })).status).toBe(204);
  expect(await members()).toEqual([first, second, third]);
  expect((await get(`/users/${first}/memberOf/microsoft.graph.administrativeUnit`)).body.value).toHaveLength(1);
  expect((await send('POST', `${unit}/members/$ref`, { body: ref(first) })).status).toBe(400);
  expect((await send('DELETE', `${unit}/members/${first}/$ref`)).status).toBe(204);
  expect((await send('DELETE', `${unit}/members/${first}/$ref`)).status).toBe(404);
  expect(await members()).toEqual([second, third]);
});

test.each([
  [{ displayName: '' }],
  [{ visibility: 'Everybody' }],
  [{ isMemberManagementRestricted: true }],
  [{ colour: 'blue' }],
])('a change to %j is refused', async (body) => {
  const { send, unit } = await openUnits();
  expect((await send('PATCH', unit, { body })).body.error.code).toBe('Request_BadRequest');
});

test('an application cannot be a member', async () => {
  const { send, get, unit, ref } = await openUnits();
  const { body: apps } = await get('/applications?$top=1&$select=id');
  expect((await send('POST', `${unit}/members/$ref`, { body: ref(apps.value[0].id) })).status).toBe(400);
});
