import type { Clock } from '../core/base/clock.ts';
import { type Lazy, lazyObject } from '../core/base/lazy.ts';
import { createJobs } from '../core/operations/create-jobs.ts';
import { createOperationHandles } from '../core/operations/operation.ts';
import { createReceipts } from '../core/receipts/receipts.ts';
import { isOperationOpen, type ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Keys, Storage } from '../core/storage/storage.ts';
import type { Logger } from '../core/telemetry/logger.ts';

export interface UnfinishedWorkOptions {
  readonly storage: Lazy<Storage>;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What calls leave behind: operations at a service, work that goes on in this process, and receipts of writes. */
export function createUnfinishedWork({ storage, keys, clock, logger }: UnfinishedWorkOptions) {
  const key = () => keys.derive('operation');
  const openKeys = () => keys.deriveEach('operation');
  const jobs = createJobs<ToolOutcome>({
    store: lazyObject(async () => (await storage.get()).openWrites),
    key,
    openKeys,
    clock,
    isOperationOpen,
    onUnavailable: (error) =>
      logger.warn('open writes cannot be remembered: other processes may repeat them', { error }),
  });
  const receipts = createReceipts({
    store: lazyObject(async () => (await storage.get()).receipts),
    state: lazyObject(async () => (await storage.get()).state),
    // Kept for long: under the key that the store has now.
    key: async () => {
      await keys.confirm();
      return keys.derive('receipt');
    },
    openKeys: () => keys.deriveEach('receipt'),
    clock,
  });
  return { jobs, handles: createOperationHandles({ key, openKeys, clock }), receipts };
}
