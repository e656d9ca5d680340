import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../src/core/base/clock.ts';
import { receiptLimits, type StoredReceipt } from '../../../src/core/storage/receipt-store.ts';
import type { Storage } from '../../../src/core/storage/storage.ts';
import { failureOf, handClock } from '../connections/support.ts';

/** What the receipts of every storage do. `openStorage` gives a new, empty one. */
export function receiptsContract(name: string, openStorage: (clock: Clock) => Storage): void {
  const open = () => {
    const clock = handClock();
    const storage = openStorage(clock);
    onTestFinished(() => storage.close());
    const receipt = (id: string, changes: Partial<StoredReceipt> = {}): StoredReceipt => ({
      id,
      owner: 'local',
      revision: 1,
      expiresAt: clock.now() + 1_000,
      sealed: 'sealed',
      ...changes,
    });
    return { receipts: storage.receipts, clock, receipt };
  };

  describe(`${name} as a store of receipts`, () => {
    test('has one under each id, and shows it to its owner alone', async () => {
      const { receipts, receipt } = open();
      expect(await receipts.find('a', 'local')).toBeUndefined();
      expect(await receipts.insert(receipt('a'))).toBe(true);
      expect(await receipts.insert(receipt('a', { owner: 'ada', sealed: 'other' }))).toBe(false);
      expect(await receipts.find('a', 'local')).toEqual(receipt('a'));
      expect(await receipts.find('a', 'ada')).toBeUndefined();
    });

    test('of several changes to one revision the first counts', async () => {
      const { receipts, receipt } = open();
      await receipts.insert(receipt('a'));
      const changed = ['x', 'y', 'z'].map((sealed) => receipt('a', { revision: 2, sealed }));
      const done = await Promise.all(changed.map((one) => receipts.replace(one)));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await receipts.find('a', 'local')).toEqual(changed[done.indexOf(true)]);
      expect(await receipts.replace(receipt('a', { revision: 3, owner: 'ada' }))).toBe(false);
      expect(await receipts.replace(receipt('b', { revision: 2 }))).toBe(false);
    });

    test('removes for the owner alone', async () => {
      const { receipts, receipt } = open();
      await receipts.insert(receipt('a'));
      await receipts.remove('a', 'ada');
      expect(await receipts.find('a', 'local')).toBeDefined();
      await receipts.remove('a', 'local');
      await receipts.remove('a', 'local');
      expect(await receipts.find('a', 'local')).toBeUndefined();
    });

    test('forgets what has expired, and its id is free again after a sweep', async () => {
      const { receipts, clock, receipt } = open();
      await receipts.sweep();
      await receipts.insert(receipt('a'));
      clock.advance(1_000);
      expect(await receipts.find('a', 'local')).toBeUndefined();
      await receipts.sweep();
      expect(await receipts.insert(receipt('a'))).toBe(true);
    });

    test('refuses one that is too long, and lets the oldest go where all are too many', async () => {
      const { receipts, receipt } = open();
      const sealed = 'x'.repeat(receiptLimits.mostBytes);
      expect(await failureOf(receipts.insert(receipt('a', { sealed: `${sealed}x` })))).toMatchObject({
        code: 'configuration',
      });
      const most = receiptLimits.mostBytesTogether / receiptLimits.mostBytes;
      const ids = Array.from({ length: most + 1 }, (_, index) => `r${index}`);
      await receipts.insert(receipt('adas', { owner: 'ada', sealed }));
      for (const id of ids) await receipts.insert(receipt(id, { sealed }));
      expect(await receipts.find('r0', 'local')).toBeUndefined();
      expect(await receipts.find('r1', 'local')).toBeDefined();
      expect(await receipts.find(`r${most}`, 'local')).toBeDefined();
      expect(await receipts.find('adas', 'ada')).toBeDefined();
    });
  });
}
