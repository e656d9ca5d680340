import { afterEach, expect, test, vi } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import { call, type HttpLab, openHttpLab } from '../../support/http-lab.ts';

let lab: HttpLab;
afterEach(() => lab.close());

const hour = 3_600_000;

test('a session that is idle ends by itself, also where nobody opens another; one that is in use does not', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const clock = { time: 0, now: () => clock.time };
  lab = await openHttpLab({ clock });
  const idle = { 'mcp-session-id': await lab.openSession('alice') };
  const listening = { 'mcp-session-id': await lab.openSession('alice') };
  const calling = { 'mcp-session-id': await lab.openSession('bob') };
  const stream = await lab.ask('GET', 'alice', listening);
  const held = lab.post('bob', call('hold'), calling);
  await lab.holding(1);
  expect(lab.told()).toBe(3);
  clock.time = hour;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lab.told()).toBe(2);
  expect((await lab.post('alice', call('who'), idle)).status).toBe(404);
  expect((await lab.post('alice', call('who'), listening)).status).toBe(200);
  lab.release();
  expect(await (await held).text()).toContain('released');
  await stream.body?.cancel();
});

test('nothing that the server keeps doing keeps the process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  lab = await openHttpLab();
  await lab.openSession('alice');
  // Only timers that hold the process are listed.
  expect(timers()).toBeLessThanOrEqual(before);
});

test('each request builds one server, and one session builds one', async () => {
  lab = await openHttpLab();
  for (let round = 0; round < 5; round++) await (await lab.post('alice', call('who'))).text();
  expect(lab.built()).toBe(5);
  const session = { 'mcp-session-id': await lab.openSession('alice') };
  for (let round = 0; round < 5; round++) await (await lab.post('alice', call('who'), session)).text();
  expect(lab.built()).toBe(6);
});

test('what a session wants to be told of is asked for as its caller has signed in by then', async () => {
  lab = await openHttpLab({
    gate: {
      admit: async ({ headers: { 'x-groups': groups } }) => ({
        caller: new Caller({ id: 'alice', groups: typeof groups === 'string' ? [groups] : [] }),
      }),
      refuse: () => undefined,
    },
  });
  const session = { 'mcp-session-id': await lab.openSession('alice') };
  const wish = { jsonrpc: '2.0', id: 3, method: 'resources/subscribe', params: { uri: 'tenantry://connections' } };
  await (await lab.post('alice', wish, { ...session, 'x-groups': 'staff' })).text();
  expect([...(lab.begun.at(-1)?.groups ?? [])]).toEqual(['staff']);
});
