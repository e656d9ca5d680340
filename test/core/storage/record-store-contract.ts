import { describe, expect, test } from 'vitest';
import type { ConnectionStore } from '../../../src/core/storage/record-store.ts';
import { failureOf, testRecord } from '../connections/support.ts';

/** What every store does. `open` gives a new, empty one. */
export function storeContract(name: string, open: () => ConnectionStore): void {
  describe(`${name} as a connection store`, () => {
    test('gives back what was inserted, and lists by name', async () => {
      const store = open();
      const second = testRecord({ id: 'b', name: 'beta', settings: { retry: { max_attempts: 6 } } });
      await store.insert(second);
      await store.insert(testRecord({ id: 'a', name: 'alpha' }));
      expect(await store.get('beta')).toEqual(second);
      expect((await store.list()).map((record) => record.name)).toEqual(['alpha', 'beta']);
      await store.close();
    });

    test('knows nothing at first', async () => {
      const store = open();
      expect(await store.list()).toEqual([]);
      expect(await store.get('prod')).toBeUndefined();
      await store.close();
    });

    test('refuses a second record of a name', async () => {
      const store = open();
      await store.insert(testRecord({ id: 'a' }));
      expect(await failureOf(store.insert(testRecord({ id: 'b' })))).toMatchObject({ code: 'conflict' });
      expect((await store.get('prod'))?.id).toBe('a');
      await store.close();
    });

    test('replaces only the revision that the writer saw', async () => {
      const store = open();
      await store.insert(testRecord());
      expect(await store.replace(testRecord({ revision: 2, health: 'healthy' }))).toBe(true);
      expect(await store.replace(testRecord({ revision: 2, health: 'failing' }))).toBe(false);
      expect(await store.replace(testRecord({ revision: 4, health: 'failing' }))).toBe(false);
      expect(await store.get('prod')).toEqual(testRecord({ revision: 2, health: 'healthy' }));
      await store.close();
    });

    test('does not replace a record that was deleted or made anew', async () => {
      const store = open();
      expect(await store.replace(testRecord({ revision: 2 }))).toBe(false);
      await store.insert(testRecord({ id: 'new' }));
      expect(await store.replace(testRecord({ id: 'old', revision: 2 }))).toBe(false);
      expect((await store.get('prod'))?.revision).toBe(1);
      await store.close();
    });

    test('removes only the revision that the caller saw', async () => {
      const store = open();
      await store.insert(testRecord({ id: 'a' }));
      expect(await store.remove('a', 2)).toBe(false);
      expect(await store.remove('b', 1)).toBe(false);
      expect(await store.remove('a', 1)).toBe(true);
      expect(await store.remove('a', 1)).toBe(false);
      expect(await store.list()).toEqual([]);
      await store.close();
    });

    test('keeps its own copy', async () => {
      const store = open();
      const scopes: 'directory'[] = ['directory'];
      await store.insert(testRecord({ scopes }));
      scopes.pop();
      expect((await store.get('prod'))?.scopes).toEqual(['directory']);
      await store.close();
    });
  });
}
