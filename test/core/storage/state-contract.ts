import { describe, expect, onTestFinished, test } from 'vitest';
import type { SavedState, StateKey } from '../../../src/core/storage/saved-state.ts';
import type { Storage } from '../../../src/core/storage/storage.ts';

const key: StateKey = { caller: 'local', connectionId: 'c1', name: ['graph_delta', 'staff'] };

/**
 * What the saved state of every storage does. `openStorage` gives a new, empty one. Another implementation calls this in
 * a test of its own folder.
 */
export function stateContract(name: string, openStorage: () => Storage): void {
  const open = (): SavedState => {
    const storage = openStorage();
    onTestFinished(() => storage.close());
    return storage.state;
  };

  describe(`${name} as saved state`, () => {
    test('gives back what was set last, and nothing before or after', async () => {
      const state = open();
      expect(await state.get(key)).toBeUndefined();
      await state.set(key, { link: 'a' });
      await state.set(key, { link: 'b' });
      expect(await state.get(key)).toEqual({ link: 'b' });
      await state.remove(key);
      await state.remove(key);
      expect(await state.get(key)).toBeUndefined();
    });

    test('keeps callers, connections and names apart', async () => {
      const state = open();
      await state.set(key, 1);
      for (const other of [
        { ...key, caller: 'someone' },
        { ...key, connectionId: 'c2' },
        { ...key, name: ['graph_delta', 'other'] },
        { ...key, name: ['graph_delta,staff'] },
      ]) {
        expect(await state.get(other)).toBeUndefined();
      }
    });

    test('lets many writers at once leave one whole value', async () => {
      const state = open();
      const values = Array.from({ length: 20 }, (_, index) => ({ index, padding: 'x'.repeat(10_000) }));
      await Promise.all(values.map((value) => state.set(key, value)));
      expect(values).toContainEqual(await state.get(key));
    });
  });
}
