import { describe, expect, onTestFinished, test } from 'vitest';
import type { SecretRow, SecretRows } from '../../../src/core/storage/vault/vault.ts';

/** What the rows below every vault do. `openRows` gives new, empty ones. */
export function secretRowsContract(
  name: string,
  openRows: () => { readonly rows: SecretRows; close(): Promise<void> },
): void {
  const open = () => {
    const { rows, close } = openRows();
    onTestFinished(close);
    return rows;
  };
  const row = (ref: string, storedAt = '2026-01-01T00:00:00.000Z'): SecretRow => ({
    ref,
    connectionId: 'connection-1',
    field: 'client_secret',
    storedAt,
    sealed: Buffer.from([1, 2, 3]),
    sealedKey: Buffer.from([4, 5]),
  });

  describe(`${name} as rows of secrets`, () => {
    test('give back what was put in, and nothing before or after', async () => {
      const rows = open();
      expect(await rows.get('a')).toBeUndefined();
      await rows.put(row('a'), '00');
      expect(await rows.get('a')).toEqual(row('a'));
      await rows.delete('a');
      await rows.delete('a');
      expect(await rows.get('a')).toBeUndefined();
    });

    test('are listed from the oldest, without material', async () => {
      const rows = open();
      expect(await rows.list()).toEqual([]);
      await rows.put(row('a', '2026-01-01T00:00:00.000Z'), '00');
      await rows.put(row('b', '2026-01-02T00:00:00.000Z'), '00');
      expect(await rows.list()).toEqual(
        [row('a'), row('b', '2026-01-02T00:00:00.000Z')].map(({ sealed: _sealed, sealedKey: _key, ...rest }) => rest),
      );
    });

    test('the first one fixes the key; another key adds nothing', async () => {
      const rows = open();
      expect(await rows.keyCheck()).toBeUndefined();
      expect(await rows.put(row('a'), '0a')).toBe('0a');
      expect(await rows.keyCheck()).toBe('0a');
      expect(await rows.put(row('b'), '0b')).toBe('0a');
      expect(await rows.put(row('c'), '0a')).toBe('0a');
      expect((await rows.list()).map(({ ref }) => ref)).toEqual(['a', 'c']);
    });

    test('stays fixed when the last row is gone', async () => {
      const rows = open();
      await rows.put(row('a'), '0a');
      await rows.delete('a');
      expect(await rows.keyCheck()).toBe('0a');
    });

    test('of two keys at once, one is fixed and the rows of the other are not there', async () => {
      const rows = open();
      const fixed = await Promise.all([rows.put(row('0a'), '0a'), rows.put(row('0b'), '0b')]);
      expect(new Set(fixed)).toEqual(new Set([await rows.keyCheck()]));
      expect((await rows.list()).map(({ ref }) => ref)).toEqual([fixed[0]]);
    });
  });
}
