import { expect, test } from 'vitest';
import type { SavedState, StateKey } from '../../../src/core/storage/saved-state.ts';
import { createStoredPages, type StoredSecretPage } from '../../../src/pages/signed-in/stored-pages.ts';

const page: StoredSecretPage = {
  id: 'page',
  expiresAt: 600_000,
  wish: 'wish',
  asked: { input: { secrets: {} }, fields: ['client_secret'], granted: [] },
  wasPending: true,
  isCompleted: false,
  isWorking: false,
};
const place = { caller: 'ada', connectionId: 'payroll' };

function openPages() {
  const kept = new Map<string, unknown>();
  const keyOf = (key: StateKey) => JSON.stringify([key.caller, key.connectionId, key.name]);
  const state: Pick<SavedState, 'get' | 'set' | 'remove'> = {
    get: async (key) => kept.get(keyOf(key)),
    set: async (key, value) => void kept.set(keyOf(key), value),
    remove: async (key) => void kept.delete(keyOf(key)),
  };
  return { kept, pages: createStoredPages({ key: async () => new Uint8Array(32), state, clock: { now: () => 0 } }) };
}

const others = [
  ['another caller, of the same connection', { ...place, caller: 'bob' }],
  ['the same caller, of another connection', { ...place, connectionId: 'finance' }],
] as const;

test.each(others)('a page is not that of %s', async (_, other) => {
  const { pages } = openPages();
  await pages.write(place, page);
  expect(await pages.read(other)).toBeUndefined();
  await pages.remove(other);
  expect(await pages.read(place)).toEqual(page);
});

test.each(others)('a page that somebody has moved in the store is none of %s', async (_, other) => {
  const { pages, kept } = openPages();
  await pages.write(other, { ...page, id: 'theirs' });
  await pages.write(place, page);
  const [theirs, own] = [...kept.keys()];
  kept.set(String(theirs), kept.get(String(own)));
  expect(await pages.read(other)).toBeUndefined();
});
