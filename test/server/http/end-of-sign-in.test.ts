import { afterEach, expect, test, vi } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import type { Gate } from '../../../src/server/http/gate.ts';
import { call, type HttpLab, openHttpLab } from '../../support/http-lab.ts';

// What a client listens to ends with the sign-in that it began with: only a newer one goes on.

let lab: HttpLab;
afterEach(async () => {
  vi.useRealTimers();
  await lab.close();
});

// The client of this process gives up on a stream that says nothing for five minutes.
const life = 60_000;
const clock = { time: 0, now: () => clock.time };
/** Every token is good for a minute from now on; `forever` for ever. */
const hourlyGate: Gate = {
  async admit({ headers }) {
    const expiresAt = clock.now() + life;
    const id = 'tenant/alice';
    return {
      caller: headers.authorization === 'Bearer forever' ? new Caller({ id }) : new Caller({ id, expiresAt }),
    };
  },
  refuse: () => undefined,
};

const modern = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const listen = {
  jsonrpc: '2.0',
  id: 7,
  method: 'subscriptions/listen',
  params: { notifications: { resourcesListChanged: true }, _meta: modern },
};
const listenHeaders = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };

async function open(): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  clock.time = 0;
  lab = await openHttpLab({ clock, gate: hourlyGate });
}

async function pass(ms: number): Promise<void> {
  clock.time += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

test.each([
  ['a subscription of the modern family', (as: string) => lab.post(as, listen, listenHeaders)],
  [
    'the stream of a session',
    async (as: string) => lab.ask('GET', as, { 'mcp-session-id': await lab.openSession(as) }),
  ],
])('%s ends when its sign-in does', async (_, begin) => {
  await open();
  const lasting = await begin('forever');
  const stream = await begin('alice');
  expect(stream.status).toBe(200);
  const text = stream.text();
  await pass(life - 1);
  lab.tell({ isListChanged: true, uris: [] });
  await pass(1);
  // It has ended as a stream does, and is not torn off.
  expect(await text).toContain('list_changed');
  const reader = lasting.body?.getReader();
  lab.tell({ isListChanged: true, uris: [] });
  let heard = '';
  while (!/list_changed.*list_changed/s.test(heard)) {
    heard += Buffer.from((await reader?.read())?.value ?? []).toString();
  }
  await reader?.cancel();
});

test('a session goes on with a newer sign-in, and its stream can be opened again', async () => {
  await open();
  const session = { 'mcp-session-id': await lab.openSession('alice') };
  const first = await lab.ask('GET', 'alice', session);
  await pass(life);
  await first.text();
  expect((await lab.post('alice', call('who'), session)).status).toBe(200);
  const again = await lab.ask('GET', 'alice', session);
  expect(again.status).toBe(200);
  await again.body?.cancel();
});

test('a call that runs when its sign-in ends is answered', async () => {
  await open();
  const running = lab.post('alice', call('hold'));
  await lab.holding(1);
  await pass(2 * life);
  lab.release();
  expect(await (await running).text()).toContain('released');
});

test('an answer that takes long is opened without a word: clients and proxies wait for its headers', async () => {
  await open();
  let isOpen = false;
  const running = lab.post('alice', call('hold')).then((answer) => {
    isOpen = true;
    return answer;
  });
  await lab.holding(1);
  await pass(9_999);
  // Whatever has left by now would be here with this answer.
  await (await lab.post('alice', call('who'))).text();
  expect(isOpen).toBe(false);
  await pass(1);
  const answer = await running;
  lab.release();
  expect(await answer.text()).toContain('released');
});
