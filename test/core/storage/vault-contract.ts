import { describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../src/core/secrets/secret.ts';
import type { Storage, Vault } from '../../../src/core/storage/storage.ts';
import { failureOf } from '../connections/support.ts';

const binding = { connectionId: 'connection-1', field: 'client_secret' };

/**
 * What the vault of every storage does. `openStorage` gives a new, empty one. Another implementation of `SecretRows`
 * calls this, and `secretRowsContract`, in a test of its own folder.
 */
export function vaultContract(name: string, openStorage: () => Storage): void {
  const open = (): Vault => {
    const storage = openStorage();
    onTestFinished(() => storage.close());
    return storage.vault;
  };

  describe(`${name} as a vault`, () => {
    test('gives back what was put in, whatever the text', async () => {
      const vault = open();
      for (const text of ['s3cret', 'ünïcödé ✓ \u0000', 'x'.repeat(60_000)]) {
        const ref = await vault.put(binding, new Secret(text));
        expect((await vault.get(binding, ref)).reveal()).toBe(text);
      }
    });

    test('the same secret gets another reference each time', async () => {
      const vault = open();
      const one = await vault.put(binding, new Secret('same'));
      const two = await vault.put(binding, new Secret('same'));
      expect(one).not.toBe(two);
    });

    test('a reference opens only for the connection and field it was made for', async () => {
      const vault = open();
      const ref = await vault.put(binding, new Secret('s3cret'));
      for (const other of [
        { ...binding, connectionId: 'connection-2' },
        { ...binding, field: 'certificate' },
      ]) {
        expect(await failureOf(vault.get(other, ref))).toMatchObject({ code: 'configuration' });
      }
    });

    test('a destroyed secret is gone, and can be destroyed again', async () => {
      const vault = open();
      const ref = await vault.put(binding, new Secret('s3cret'));
      await vault.destroy(ref);
      await vault.destroy(ref);
      expect(await failureOf(vault.get(binding, ref))).toMatchObject({ code: 'not_found', retryable: true });
      expect(await vault.list()).toEqual([]);
    });

    test('lists what is stored, without material', async () => {
      const vault = open();
      const ref = await vault.put(binding, new Secret('s3cret'));
      expect(await vault.list()).toEqual([{ ...binding, ref, storedAt: '2026-01-01T00:00:00.000Z' }]);
    });
  });
}
