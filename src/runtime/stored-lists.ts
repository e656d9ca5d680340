import type { Clock } from '../core/base/clock.ts';
import { type Lazy, lazyObject } from '../core/base/lazy.ts';
import { createListCollector } from '../core/results/create-list-collector.ts';
import { createListExporter } from '../core/results/create-list-exporter.ts';
import { createCursorHandles } from '../core/results/cursor-handles.ts';
import type { ExportFolder } from '../core/storage/export-folder.ts';
import { maskResults, type ResultMask } from '../core/storage/mask-results.ts';
import type { Keys, Storage } from '../core/storage/storage.ts';
import type { Logger } from '../core/telemetry/logger.ts';
import type { Runtime } from './runtime.ts';

export interface StoredListsOptions {
  readonly storage: Lazy<Storage>;
  readonly keys: Keys;
  readonly secrets: Pick<Runtime['secrets'], 'maskJson' | 'isIn'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where `save_as` writes. */
  readonly folder: Lazy<ExportFolder>;
}

export interface StoredLists extends Pick<Runtime, 'lists' | 'results' | 'exports' | 'state'> {
  /** Ends the sweeping of what has expired. */
  stop(): void;
}

/** Lists that are longer than an answer, and the handles that lead to their rest. */
export function createStoredLists({ storage, keys, secrets, clock, logger, folder }: StoredListsOptions): StoredLists {
  const mask: ResultMask = { mask: secrets.maskJson, holdsSecret: secrets.isIn };
  const results = maskResults(
    lazyObject(async () => (await storage.get()).results),
    mask,
  );
  const state = lazyObject(async () => (await storage.get()).state);
  const cursors = createCursorHandles({ state, key: (purpose) => keys.derive(purpose), clock });
  return {
    lists: createListCollector({ store: results, cursors, clock }),
    results,
    exports: createListExporter({ folder: lazyObject(folder.get), mask, clock }),
    state,
    stop: sweepRegularly({ storage, folder, logger }),
  };
}

const sweepEveryMs = 600_000;

/** Removes what has expired, also where nobody looks any more. Keeps no process alive, and opens nothing. */
function sweepRegularly({
  storage,
  folder,
  logger,
}: Pick<StoredListsOptions, 'storage' | 'folder' | 'logger'>): () => void {
  const sweep = async () => {
    const opened = await storage.peek();
    const { results, state, receipts } = opened ?? {};
    await Promise.all([results?.sweep(), state?.sweep(), receipts?.sweep(), (await folder.peek())?.sweep()]);
  };
  const onError = (error: unknown) => logger.warn('expired results could not be removed', { error });
  const timer = setInterval(() => void sweep().catch(onError), sweepEveryMs).unref();
  return () => clearInterval(timer);
}
