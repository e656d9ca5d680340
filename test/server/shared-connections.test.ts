import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tenantry } from '../../src/cli/start-tenantry.ts';
import { Caller, localCaller } from '../../src/core/base/caller.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { testCall } from '../support/call.ts';
import { startTestTenantry } from '../support/runtime.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const readerId = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const team = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
const reader = new Caller({ id: `${tenant}/${readerId}`, name: 'Bob' });
const writer = new Caller({ id: `${tenant}/dddddddd-dddd-4ddd-8ddd-dddddddddddd`, groups: [team] });
const stranger = new Caller({ id: `${tenant}/eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee` });
const toReader = { user: readerId, access: 'read' } as const;

let tenantry: Tenantry;

beforeAll(async () => {
  tenantry = await startTestTenantry();
  const { connections, declared } = tenantry.runtime;
  const [sandbox] = declared;
  const secret = sandbox?.secrets.client_secret;
  if (sandbox === undefined || !(secret instanceof Secret)) throw new Error('There is no sandbox.');
  const { scopes, cloud, identity } = sandbox;
  await connections.create({ name: 'lab', access: 'read_write', scopes, cloud }, localCaller, testCall());
  await connections.complete('lab', { ...identity, secrets: { client_secret: secret } }, localCaller, testCall());
  await connections.share('lab', { add: [toReader, { group: team, access: 'write' }] }, localCaller, testCall());
});

afterAll(() => tenantry.close());

async function callAs(caller: Caller, name: string, args: object) {
  const tool = tenantry.tools.callable.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`There is no tool ${name}.`);
  const { signal } = new AbortController();
  const { structured } = await runTool(tool, args, { caller, channel: 'http', signal }, tenantry.runtime);
  return structured as { readonly response: Record<string, never>; readonly meta: { readonly cursor?: string } };
}

const newGroup = { connection: 'lab', method: 'POST', endpoint: '/groups', body: group('Shared') };

function group(displayName: string) {
  return { displayName, mailNickname: displayName.toLowerCase(), mailEnabled: false, securityEnabled: true };
}

test('who may write writes, who may read reads, and others find no such connection, in whatever order they come', async () => {
  const read = { connection: 'lab', endpoint: '/users', limit: 1 };
  for (let round = 0; round < 2; round++) {
    const body = group(`Shared${round}`);
    expect((await callAs(writer, 'graph_write', { ...newGroup, body })).response).toMatchObject({ success: true });
    expect((await callAs(reader, 'graph_query', read)).response).toMatchObject({ success: true });
    expect((await callAs(reader, 'graph_write', newGroup)).response).toMatchObject({
      success: false,
      error: { code: 'refused', message: expect.stringContaining('shared with you to read') },
    });
    const unknown = (await callAs(stranger, 'graph_query', { ...read, connection: 'lib' })).response;
    const foreign = (await callAs(stranger, 'graph_query', read)).response;
    expect(JSON.stringify(foreign).replaceAll('lab', 'lib')).toBe(JSON.stringify(unknown));
    expect(foreign).toMatchObject({ error: { code: 'not_found' } });
  }
});

test('a validation by somebody else tells nothing of the secret, and is remembered nowhere', async () => {
  const { connections } = tenantry.runtime;
  const before = await connections.get('lab', localCaller);
  const { response } = await callAs(reader, 'validate_connection', { connection: 'lab' });
  expect(response).toMatchObject({
    success: true,
    data: { checks: expect.arrayContaining([{ check: 'identity', status: 'pass' }]) },
  });
  expect(JSON.stringify(response)).not.toMatch(/expiry|fingerprint|rotation/);
  expect(await connections.get('lab', localCaller)).toEqual(before);
  expect(before.secrets[0]?.validatedAt).toBeUndefined();
  await callAs(localCaller, 'validate_connection', { connection: 'lab' });
  expect((await connections.get('lab', localCaller)).secrets[0]?.validatedAt).toBeDefined();
});

test('the next page of a list is refused once the connection is no longer shared', async () => {
  const { connections } = tenantry.runtime;
  const first = await callAs(reader, 'graph_query', { connection: 'lab', endpoint: '/users', limit: 5 });
  const next = { connection: 'lab', endpoint: '/users', limit: 5, cursor: first.meta.cursor };
  expect((await callAs(reader, 'graph_query', next)).response).toMatchObject({ success: true });
  const { access: _access, ...subject } = toReader;
  await connections.share('lab', { remove: [subject] }, localCaller, testCall());
  expect((await callAs(reader, 'graph_query', next)).response).toMatchObject({ error: { code: 'not_found' } });
  await connections.share('lab', { add: [toReader] }, localCaller, testCall());
  expect((await callAs(reader, 'graph_query', next)).response).toMatchObject({ success: true });
});

test('no tool takes a grant', async () => {
  for (const name of ['create_connection', 'complete_connection']) {
    const named = name === 'create_connection' ? { name: 'mine' } : { connection: 'lab' };
    const args = { ...named, shared_with: [{ everyone: true, access: 'write' }] };
    expect((await callAs(localCaller, name, args)).response).toMatchObject({ error: { code: 'invalid_argument' } });
  }
});
