import { createHmac } from 'node:crypto';
import { canonical } from '../base/canonical.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { drawCode } from '../base/short-code.ts';
import { createSealer } from '../secrets/sealed-text.ts';
import { type ReceiptStore, receiptBinding, type StoredReceipt } from '../storage/receipt-store.ts';
import type { SavedState } from '../storage/saved-state.ts';
import { type Receipt, receiptLifeMs } from './receipt.ts';

/** A write, for telling whether it was tried with a dry run. */
export interface TriedWrite {
  readonly caller: string;
  readonly connectionId: string;
  readonly tool: string;
  /** As the handler gets them. */
  readonly args: unknown;
}

/** Receipts of writes: encrypted, kept for 30 days, and read by the caller that wrote alone. */
export interface Receipts {
  /** Remembers for ten minutes that a dry run of exactly this write was made. */
  noteDryRun(write: TriedWrite): Promise<void>;
  hadDryRun(write: TriedWrite): Promise<boolean>;
  /** Keeps a new one and gives it its id. Throws `configuration` when it cannot be kept. */
  keep(receipt: Omit<Receipt, 'id' | 'expiresAt' | 'revision'>): Promise<Receipt>;
  /** Undefined for one that is unknown, has expired, belongs to another caller or was changed in the store. */
  find(id: string, owner: string): Promise<Receipt | undefined>;
  /** Replaces the receipt of this revision. Undefined, and nothing is changed, when another change was faster. */
  replace(receipt: Receipt): Promise<Receipt | undefined>;
  forget(receipt: Receipt): Promise<void>;
}

export interface ReceiptsOptions {
  readonly store: ReceiptStore;
  readonly state: SavedState;
  /** 32 bytes, shared by the processes of one storage. */
  readonly key: () => Promise<Uint8Array>;
  /** What receipts are opened with: during a rotation of the master key the earlier one as well. Default: `key`. */
  readonly openKeys?: () => Promise<readonly Uint8Array[]>;
  readonly clock: Clock;
}

/** How long a dry run makes the same write keep a receipt. */
const dryRunMs = 10 * 60_000;
/** One in many billions of ids is in use at most. */
const idLength = 8;
const mostDraws = 5;

/** Arguments that change nothing about what is written. */
const freeArguments: ReadonlySet<string> = new Set(['dry_run', 'confirm', 'wait']);

export function createReceipts({ store, state, clock, ...keys }: ReceiptsOptions): Receipts {
  const { key } = keys;
  const sealer = createSealer<{ readonly receipt: Receipt }>({ ...keys, clock, ttlMs: receiptLifeMs });
  const toStored = async (receipt: Receipt): Promise<StoredReceipt> => {
    const { id, owner, revision, expiresAt } = receipt;
    const row = { id, owner, revision, expiresAt };
    return { ...row, sealed: await sealer.seal({ receipt }, receiptBinding(row)) };
  };
  const stateKey = async (write: TriedWrite) => {
    const { caller, connectionId } = write;
    return { caller, connectionId, name: ['dry_run', digestOf(write, await key())] };
  };
  return {
    async noteDryRun(write) {
      await state.set(await stateKey(write), true, { expiresAt: clock.now() + dryRunMs });
    },
    hadDryRun: async (write) => (await state.get(await stateKey(write))) === true,
    async keep(receipt) {
      for (let draw = 0; draw < mostDraws; draw++) {
        const id = drawCode(idLength);
        const kept: Receipt = { ...receipt, id, expiresAt: receipt.at + receiptLifeMs, revision: 1 };
        if (await store.insert(await toStored(kept))) return kept;
      }
      throw new AppError('conflict', 'No id was free for the receipt.', { hint: 'Send the call again.' });
    },
    async find(id, owner) {
      const row = await store.find(id, owner);
      return row && (await sealer.open(row.sealed, receiptBinding(row)))?.content.receipt;
    },
    async replace(receipt) {
      const changed: Receipt = { ...receipt, revision: receipt.revision + 1 };
      return (await store.replace(await toStored(changed))) ? changed : undefined;
    },
    forget: ({ id, owner }) => store.remove(id, owner),
  };
}

/** Made with a key: arguments may hold a secret that could be guessed from a plain digest. */
function digestOf({ tool, args }: TriedWrite, key: Uint8Array): string {
  const bound = Object.entries(args ?? {}).filter(([name]) => !freeArguments.has(name));
  const text = JSON.stringify([tool, canonical(Object.fromEntries(bound))]);
  return createHmac('sha256', key).update(text).digest('base64url');
}
