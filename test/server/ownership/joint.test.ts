import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import { keyOfNames, readConnectionNames } from '../../../src/core/record/connection-names.ts';
import { createSurface, type Surface } from '../../../src/server/surface.ts';
import { tools as registry } from '../../../src/tools/registry.ts';
import { testCall } from '../../support/call.ts';
import { ada, bob, bobsGrant, giveConnection, requestOf } from '../../support/people.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { textOf } from './world.ts';

// A connection of Ada's that Bob may use as well: nothing but the caller tells apart what each has done with it.

let box: SandboxTools;
let surface: Surface;

beforeAll(async () => {
  box = await openSandboxTools({
    users: 40,
    frozenClock: true,
    maxResultBytes: 4_000,
    policy: { confirm: 'always' },
  });
  surface = createSurface(box.runtime, { listed: registry, callable: registry }, 'http');
  await giveConnection(box, bob, 'zebra');
  await lend(ada, 'joint');
});
afterAll(() => box.close());

/** Gives somebody a connection that Bob may use too; resolves with its id. */
async function lend(owner: Caller, name: string): Promise<string> {
  const id = await giveConnection(box, owner, name);
  await box.runtime.connections.share(name, { add: [bobsGrant] }, owner, testCall());
  return id;
}

function takeBack(owner: Caller, name: string): Promise<unknown> {
  return box.runtime.connections.share(name, { remove: [{ user: bobsGrant.user }] }, owner, testCall());
}

async function call(caller: Caller, tool: string, args: Readonly<Record<string, unknown>>): Promise<string> {
  const called = surface.callTool({ name: tool, arguments: { connection: 'joint', ...args } }, requestOf(caller));
  return textOf(await called.catch((error: unknown) => error));
}

/** Work that goes on behind a handle, as after a call whose time was up. */
async function leaveJob(caller: Caller, connectionId: string, reads: readonly string[] = []): Promise<string> {
  const request = { tool: 'graph_query', caller: caller.id, connectionId, reads, checkWith: 'Repeat it.' };
  const begun = await box.runtime.jobs.begin(request);
  if (begun.kind !== 'new') throw new Error('The job is a new one.');
  begun.job.run(async () => ({ status: 200, data: 'what it found' }), {
    abort: () => undefined,
    progress: () => undefined,
    notes: [],
    isCancelled: () => false,
  });
  return (await begun.job.goOn()) ?? '';
}

const list = { endpoint: '/users', params: { $select: 'id,displayName,mail,userPrincipalName' } };

describe('of what Ada has done with it, Bob', () => {
  test('goes on with no list', async () => {
    const cursor = /"cursor":"([\w-]{24})"/.exec(await call(ada, 'graph_query', list))?.[1];
    box.forget();
    expect(await call(bob, 'graph_query', { ...list, cursor })).toContain('cursor: it is malformed');
    expect(box.seen()).toEqual([]);
    expect(await call(ada, 'graph_query', { ...list, cursor })).toContain('userPrincipalName');
  });

  test('reads no stored result', async () => {
    const id = /tenantry:\/\/results\/[\w-]{16}/.exec(await call(ada, 'graph_query', list))?.[0] ?? '';
    await expect(surface.readResource({ uri: id }, requestOf(bob))).rejects.toThrow('not found');
    expect(textOf(await surface.readResource({ uri: id }, requestOf(ada)))).toContain('userPrincipalName');
  });

  test('follows no changes: his position of the same name is his own', async () => {
    const delta = { endpoint: '/users/delta', params: { $select: 'id' }, name: 'staff' };
    const first = await call(ada, 'graph_delta', delta);
    expect(await call(ada, 'graph_delta', delta)).toContain('"value":[]');
    expect(await call(bob, 'graph_delta', delta)).not.toContain('"value":[]');
    expect(first).not.toContain('"value":[]');
  });

  test('sees no operation', async () => {
    const { id } = await box.runtime.connections.get('joint', ada);
    const operation = await leaveJob(ada, id);
    expect(await call(bob, 'get_operation', { operation })).toBe(
      await call(bob, 'get_operation', { operation: `job.${'A'.repeat(200)}` }),
    );
    expect(await call(ada, 'get_operation', { operation })).toContain('what it found');
  });

  test('confirms nothing: her handle is for her call alone', async () => {
    const user = /"id":"([\w-]{36})"/.exec(await call(ada, 'graph_query', { ...list, limit: 1 }))?.[1];
    const change = { requests: [{ method: 'PATCH', endpoint: `/users/${user}`, body: { city: 'Lund' } }] };
    const confirm = /"confirm":"([^"]+)"/.exec(await call(ada, 'graph_write', change))?.[1];
    expect(confirm).toBeDefined();
    box.forget();
    expect(await call(bob, 'graph_write', { ...change, confirm })).toContain('"code":"refused"');
    expect(box.seen().filter(({ method }) => method === 'PATCH')).toEqual([]);
    expect(await call(ada, 'graph_write', { ...change, confirm })).toContain('"success":true');
  });
});

test('what a read of several has found is shown as long as Bob may use all of them', async () => {
  const names = 'lent,zebra';
  const lent = await lend(ada, 'lent');
  const { id: zebra } = await box.runtime.connections.get('zebra', bob);
  const named = readConnectionNames(names);
  if (named.kind === 'one') throw new Error('They are two.');
  const operation = await leaveJob(bob, keyOfNames(named), [lent, zebra]);
  const look = () => call(bob, 'get_operation', { connection: names, operation });
  expect(await look()).toContain('what it found');
  expect(await call(ada, 'get_operation', { connection: names, operation })).not.toContain('what it found');
  await takeBack(ada, 'lent');
  expect(await look()).not.toContain('what it found');
});

test('where Bob has been with a connection is not offered for another one that comes to have its name', async () => {
  const eve = new Caller({ id: ada.id.replace(/a(?=-0000)/, 'e') });
  const subscriptions = async () => {
    const ref = { type: 'ref/prompt' as const, name: 'onboard_tenant' };
    const typed = { ref, argument: { name: 'subscription_id', value: 'ffff' } };
    return (await surface.complete(typed, requestOf(bob))).completion.values;
  };
  const seen = 'ffffffff-0000-4000-8000-000000000001';
  await lend(ada, 'moved');
  // Where he asks counts, whatever he is answered.
  await call(bob, 'resource_graph_query', {
    connection: 'moved',
    query: `resources | project a = '/subscriptions/${seen}'`,
  });
  expect(await subscriptions()).toEqual([seen]);
  await takeBack(ada, 'moved');
  expect(await subscriptions()).toEqual([]);
  await lend(eve, 'moved');
  expect(await subscriptions()).toEqual([]);
});
