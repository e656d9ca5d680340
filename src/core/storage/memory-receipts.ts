import type { Clock } from '../base/clock.ts';
import { checkReceiptSize, type ReceiptStore, receiptLimits, type StoredReceipt } from './receipt-store.ts';

/** Receipts for the life of the process. */
export function createMemoryReceipts(clock: Clock): ReceiptStore {
  // A Map keeps the order in which they came.
  const kept = new Map<string, StoredReceipt>();
  const sweep = () => {
    for (const [id, { expiresAt }] of kept) if (expiresAt <= clock.now()) kept.delete(id);
  };
  const makeRoom = (owner: string) => {
    const own = [...kept].filter(([, receipt]) => receipt.owner === owner);
    let bytes = own.reduce((sum, [, { sealed }]) => sum + sealed.length, 0);
    let count = own.length;
    for (const [id, { sealed }] of own) {
      if (count <= receiptLimits.most && bytes <= receiptLimits.mostBytesTogether) return;
      kept.delete(id);
      bytes -= sealed.length;
      count -= 1;
    }
  };
  return {
    async insert(receipt) {
      checkReceiptSize(receipt);
      sweep();
      if (kept.has(receipt.id)) return false;
      kept.set(receipt.id, { ...receipt });
      makeRoom(receipt.owner);
      return true;
    },
    async find(id, owner) {
      sweep();
      const found = kept.get(id);
      return found?.owner === owner ? { ...found } : undefined;
    },
    async replace(receipt) {
      checkReceiptSize(receipt);
      const found = kept.get(receipt.id);
      if (found?.owner !== receipt.owner || found.revision !== receipt.revision - 1) return false;
      kept.set(receipt.id, { ...found, revision: receipt.revision, sealed: receipt.sealed });
      return true;
    },
    async remove(id, owner) {
      if (kept.get(id)?.owner === owner) kept.delete(id);
    },
    async sweep() {
      sweep();
    },
  };
}
