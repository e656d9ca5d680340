import { AppError } from '../base/errors.ts';

/**
 * What writes kept so that they can be undone, each under an id of its own. Texts go in and out as they are: they are
 * sealed above the store. Forgotten when they expire; where an owner has no room, the oldest of their own go first.
 */
export interface ReceiptStore {
  /** Resolves false, and changes nothing, when the id is taken. Throws `configuration` when the text is too long. */
  insert(receipt: StoredReceipt): Promise<boolean>;
  /** Undefined when there is none, it has expired, or it is another owner's. */
  find(id: string, owner: string): Promise<StoredReceipt | undefined>;
  /**
   * Replaces the receipt whose revision is `receipt.revision - 1`. Resolves false, and changes nothing, when another change
   * was faster or the receipt is gone.
   */
  replace(receipt: StoredReceipt): Promise<boolean>;
  /** Resolves also when it is gone. */
  remove(id: string, owner: string): Promise<void>;
  /** Removes what has expired. */
  sweep(): Promise<void>;
}

export interface StoredReceipt {
  readonly id: string;
  readonly owner: string;
  /** 1 when it is new. */
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly sealed: string;
}

/** What the text of a receipt is bound to: elsewhere it does not open. */
export function receiptBinding({ id, owner, revision, expiresAt }: Omit<StoredReceipt, 'sealed'>): readonly unknown[] {
  return ['receipt', id, owner, revision, expiresAt];
}

/** Of one owner. */
export const receiptLimits = { most: 2_000, mostBytes: 2 * 1024 * 1024, mostBytesTogether: 64 * 1024 * 1024 } as const;

/** Throws for a receipt that is too long to be kept. */
export function checkReceiptSize({ sealed }: Pick<StoredReceipt, 'sealed'>): void {
  if (sealed.length <= receiptLimits.mostBytes) return;
  throw new AppError(
    'configuration',
    `The receipt is too long to be kept: ${sealed.length} bytes, and at most ${receiptLimits.mostBytes} are.`,
    { hint: 'Write in several calls, each with fewer requests.' },
  );
}
