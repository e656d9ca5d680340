import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Caller, localCaller } from '../../../src/core/base/caller.ts';
import { type ConnectionChange, createConnectionWatch } from '../../../src/core/connections/connection-watch.ts';
import { createConnectionWatches } from '../../../src/core/connections/connection-watches.ts';

/** A watch over revisions that the test sets, in fake time. */
function watchOver(first: Readonly<Record<string, string>>) {
  vi.useFakeTimers();
  const store: { revisions: Readonly<Record<string, string>>; failure?: Error } = { revisions: first };
  const errors: unknown[] = [];
  const looks = vi.fn(async () => {
    if (store.failure) throw store.failure;
    return new Map(Object.entries(store.revisions));
  });
  const watch = createConnectionWatch({
    connections: { revisions: looks },
    caller: () => localCaller,
    onError: (error) => errors.push(error),
    everyMs: 1_000,
  });
  onTestFinished(() => watch.stop());
  const told: ConnectionChange[] = [];
  const unsubscribe = watch.subscribe((change) => told.push(change));
  return { watch, store, errors, looks, told, unsubscribe };
}

test('tells what was added, changed and removed since the last look', async () => {
  const { watch, store, told } = watchOver({ a: '1', b: '1' });
  await watch.begin();
  store.revisions = { a: '2', b: '1' };
  await vi.advanceTimersByTimeAsync(1_000);
  store.revisions = { a: '2', c: '1' };
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual([
    { names: ['a'], isListChanged: false },
    { names: ['b', 'c'], isListChanged: true },
  ]);
});

test('reads nothing before it begins, nor when nobody is told', async () => {
  const { watch, looks, unsubscribe } = watchOver({});
  await watch.look();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks).not.toHaveBeenCalled();
  await watch.begin();
  await watch.begin();
  expect(looks).toHaveBeenCalledTimes(1);
  unsubscribe();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks).toHaveBeenCalledTimes(1);
});

test('tells a change once, however many look at the same time', async () => {
  const { watch, store, told } = watchOver({ a: '1' });
  await watch.begin();
  store.revisions = { a: '2' };
  await Promise.all([watch.look(), watch.look(), vi.advanceTimersByTimeAsync(1_000)]);
  expect(told).toEqual([{ names: ['a'], isListChanged: false }]);
});

test('that a store cannot be read is said once until it can, and what changed meanwhile is told later', async () => {
  const { watch, store, errors, told } = watchOver({ a: '1' });
  await watch.begin();
  store.failure = new Error('locked');
  store.revisions = { a: '1', b: '1' };
  await vi.advanceTimersByTimeAsync(2_000);
  expect(errors).toHaveLength(1);
  delete store.failure;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([{ names: ['b'], isListChanged: true }]);
  store.failure = new Error('locked again');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(errors).toHaveLength(2);
});

test('is silent once stopped', async () => {
  const { watch, store, told, looks } = watchOver({ a: '1' });
  await watch.begin();
  watch.stop();
  store.revisions = {};
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks).toHaveBeenCalledTimes(1);
  expect(told).toEqual([]);
});

describe('callers whose sign-in ends', () => {
  const caller = (expiresAt: number, group: string) => new Caller({ id: 'tenant/ada', groups: [group], expiresAt });

  /** Each group has a connection of its own; none begins to be watched before the test says so. */
  function watchGroups() {
    const clock = { time: 0, now: () => clock.time };
    const revisions = vi.fn(async ({ groups }: Caller) => new Map([...groups].map((group) => [group, '1'])));
    const watches = createConnectionWatches({
      connections: { revisions },
      clock,
      onError: () => undefined,
      everyMs: 1e9,
    });
    onTestFinished(() => watches.stop());
    const told: ConnectionChange[] = [];
    return { clock, watches, revisions, told, tell: (change: ConnectionChange) => void told.push(change) };
  }

  test('are told nothing more by it, and of everything since by the next', async () => {
    const { clock, watches, revisions, told, tell } = watchGroups();
    const first = caller(1_000, 'a');
    watches.subscribe(first, tell);
    await watches.begin(first);
    clock.time = 1_000;
    await watches.look(first);
    expect(revisions).toHaveBeenCalledTimes(1);
    watches.renew(caller(2_000, 'b'));
    await watches.look(first);
    expect(told).toEqual([{ names: ['a', 'b'], isListChanged: true }]);
  });

  test('are seen as they signed in last, also while they still use an older sign-in', async () => {
    const { watches, told, tell } = watchGroups();
    const [older, newer] = [caller(1_000, 'a'), caller(2_000, 'b')];
    watches.subscribe(newer, tell);
    await watches.begin(newer);
    await watches.begin(older);
    watches.renew(older);
    await watches.look(older);
    expect(told).toEqual([]);
  });

  test('are not watched because they have signed in anew', async () => {
    const { watches, revisions } = watchGroups();
    watches.renew(caller(1_000, 'a'));
    await watches.look(caller(1_000, 'a'));
    expect(revisions).not.toHaveBeenCalled();
  });
});
