import { expect, test } from 'vitest';
import { createSandboxClient, sendRaw } from '../support/sandbox-client.ts';

/** Starts a copy of a file; `look` asks the monitor without a token. */
async function startCopy(body: Record<string, unknown>, from = 'Welcome.txt') {
  const client = await createSandboxClient();
  const { body: users } = await client.get('/users?$top=1&$select=id');
  const drive = `/users/${users.value[0].id}/drive`;
  const started = await client.send('POST', `${drive}/root:/${from}:/copy`, { body });
  const monitor = started.headers['location'] ?? '';
  const look = (headers = {}) => sendRaw(client.sandbox, 'GET', monitor, { headers });
  return { ...client, drive, started, monitor, look };
}

test('a copy is followed on another host, by the sandbox clock, with 202 to the end', async () => {
  const { started, monitor, look, sandbox, get, drive } = await startCopy({ name: 'Hello.txt' });
  expect([started.status, started.text]).toEqual([202, '']);
  expect(monitor).toMatch(/^https:\/\/monitor\.sandbox\.invalid\//);
  expect((await look()).body).toMatchObject({ status: 'notStarted', percentageComplete: 0 });
  sandbox.advance(2.78);
  expect(await look()).toMatchObject({
    status: 202,
    body: { operation: 'ItemCopy', status: 'inProgress', percentageComplete: 27.8 },
  });
  expect((await get(`${drive}/root:/Hello.txt`)).status).toBe(404);
  sandbox.advance(7.3);
  const { body: copy } = await get(`${drive}/root:/Hello.txt`);
  expect(await look()).toMatchObject({
    status: 202,
    body: { status: 'completed', percentageComplete: 100, resourceId: copy.id },
  });
});

test('a token does not belong there, and nobody else may look', async () => {
  const { monitor, look, sandbox } = await startCopy({ name: 'Hello.txt' });
  expect((await look({ authorization: 'Bearer x' })).status).toBe(401);
  expect((await sendRaw(sandbox, 'GET', monitor.replace(/\?.*/, ''))).status).toBe(401);
});

test('a folder is copied with everything in it', async () => {
  const { sandbox, get, drive } = await startCopy({ name: 'Old' }, 'Archive');
  sandbox.advance(10);
  expect((await get(`${drive}/root:/Old`)).body.folder.childCount).toBe(450);
});

test.each([
  ['a name that is taken', {}, 'nameAlreadyExists'],
  ['a name that is taken by a folder', { name: 'Documents' }, 'nameAlreadyExists'],
])('%s fails the copy, in the body', async (_what, body, code) => {
  const { sandbox, look } = await startCopy(body);
  sandbox.advance(10);
  expect(await look()).toMatchObject({ status: 202, body: { status: 'failed', error: { code } } });
});

test.each([
  ['a folder into itself', 'self'],
  ['a folder that does not exist', '01NOTHING'],
])('%s is refused at once', async (_what, id) => {
  const { send, get, drive } = await startCopy({ name: 'x.txt' });
  const { body: folder } = await get(`${drive}/root:/Documents`);
  const body = { name: 'Inner', parentReference: { id: id === 'self' ? folder.id : id } };
  expect([400, 404]).toContain((await send('POST', `${drive}/root:/Documents:/copy`, { body })).status);
});
