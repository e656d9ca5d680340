import { expect, onTestFinished, test, vi } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import { createConnectionWatches } from '../../../src/core/connections/connection-watches.ts';

/** Watches over a store in which everybody sees a connection named as themselves, and one of each of their groups. */
function openWatches() {
  vi.useFakeTimers();
  const asked: string[] = [];
  const state = { revision: 1 };
  const watches = createConnectionWatches({
    connections: {
      revisions: async ({ id, groups }) => {
        asked.push(id);
        return new Map([id, ...groups].map((name) => [name, String(state.revision)]));
      },
    },
    clock: { now: () => 0 },
    onError: () => undefined,
    everyMs: 1_000,
    mostIdle: 2,
  });
  onTestFinished(() => watches.stop());
  return { watches, asked, state };
}

const member = new Caller({ id: 'ada', groups: ['staff'] });
/** The same person, as the next token has her: of the group no longer. */
const outsider = new Caller({ id: 'ada' });

test('who has left a group is told no more of what it sees, from the next call on', async () => {
  const { watches, state } = openWatches();
  const told: string[] = [];
  watches.subscribe(member, ({ names }) => told.push(...names));
  await watches.begin(member);
  await watches.look(outsider);
  told.length = 0;
  state.revision = 2;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual(['ada']);
});

test('what is remembered of those to whom nobody listens is bounded, and takes nothing from those who listen', async () => {
  const { watches, asked, state } = openWatches();
  const told: string[] = [];
  const unsubscribe = watches.subscribe(member, ({ names }) => told.push(...names));
  await watches.begin(member);
  for (let nth = 0; nth < 100; nth++) await watches.begin(new Caller({ id: `visitor ${nth}` }));
  asked.length = 0;
  // The last two are known still, the first is not.
  for (const nth of [0, 98, 99]) await watches.look(new Caller({ id: `visitor ${nth}` }));
  expect(asked).toEqual(['visitor 98', 'visitor 99']);
  state.revision = 2;
  await watches.look(member);
  expect(told).toEqual(['ada', 'staff']);
  unsubscribe();
  asked.length = 0;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual([]);
});
