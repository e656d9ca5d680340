import { expect, onTestFinished, test } from 'vitest';
import type { StoreHealth } from '../../../src/core/storage/storage.ts';
import { call, type HttpLab, openHttpLab } from '../../support/http-lab.ts';

const clock = { time: 1_000_000, now: () => clock.time };

async function open(store?: () => Promise<StoreHealth>): Promise<HttpLab> {
  const lab = await openHttpLab({ clock, ...(store === undefined ? {} : { store }) });
  onTestFinished(() => lab.close());
  return lab;
}

async function ask(lab: HttpLab, path: string): Promise<readonly [number, unknown]> {
  const answer = await fetch(new URL(path, lab.url));
  return [answer.status, await answer.json()];
}

test('a server without a store that may be away is ready', async () => {
  const lab = await open();
  expect(await ask(lab, '/readyz')).toEqual([200, { status: 'ready' }]);
  expect(await ask(lab, '/healthz')).toEqual([200, { status: 'ok' }]);
});

test('a server is not ready before its store was reached, nor when it has been away for more than ten seconds', async () => {
  let known: StoreHealth = { isReady: false };
  const lab = await open(async () => known);
  const starting = [503, { status: 'starting', reason: 'the store is not open yet' }];
  expect(await ask(lab, '/readyz')).toEqual(starting);
  known = { isReady: false, awaySince: clock.time - 60_000 };
  expect(await ask(lab, '/readyz')).toEqual(starting);
  known = { isReady: true };
  expect(await ask(lab, '/readyz')).toEqual([200, { status: 'ready' }]);
  known = { isReady: true, awaySince: clock.time - 10_000 };
  expect(await ask(lab, '/readyz')).toEqual([200, { status: 'ready' }]);
  known = { isReady: true, awaySince: clock.time - 10_001 };
  expect(await ask(lab, '/readyz')).toEqual([503, { status: 'away', reason: 'the store does not answer' }]);
  // An outage of the store restarts no node.
  expect((await ask(lab, '/healthz'))[0]).toBe(200);
  known = { isReady: true };
  expect(await ask(lab, '/readyz')).toEqual([200, { status: 'ready' }]);
});

test('a store that cannot be opened is one that starts, and its words go nowhere', async () => {
  const lab = await open(async () => {
    throw new Error('postgres://user:password@host');
  });
  expect(await ask(lab, '/readyz')).toEqual([503, { status: 'starting', reason: 'the store is not open yet' }]);
});

test('the store is looked after from the start, before anybody asks', async () => {
  let asked = 0;
  await open(async () => {
    asked += 1;
    return { isReady: true };
  });
  expect(asked).toBe(1);
});

test('a server that ends says so at once, goes on serving, and asks clients to connect anew', async () => {
  const lab = await open();
  const held = lab.post('alice', call('hold'));
  await lab.holding(1);
  lab.server.drain();
  expect(await ask(lab, '/readyz')).toEqual([503, { status: 'draining', reason: 'the process ends' }]);
  const answer = await lab.post('alice', call('who'));
  expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
  lab.release();
  expect(await (await held).text()).toContain('released');
});

test('a server that closes lets calls end, ends event streams and sessions, and takes nothing new', async () => {
  const lab = await open();
  const session = { 'mcp-session-id': await lab.openSession('alice') };
  const stream = await lab.ask('GET', 'alice', session);
  const held = lab.post('alice', call('hold'), session);
  await lab.holding(1);
  const closing = lab.server.close(20_000);
  await expect(lab.post('bob', call('who'))).rejects.toThrow();
  lab.release();
  expect(await (await held).text()).toContain('released');
  await closing;
  await stream.text();
  expect(lab.told()).toBe(0);
});

test('a server that is closed a second time waits for nothing more', async () => {
  const lab = await open();
  const held = lab.post('alice', call('hold')).then((answer) => answer.text());
  await lab.holding(1);
  const closing = lab.server.close(20_000);
  await lab.server.close(0);
  await held.catch(() => undefined);
  await closing;
});
