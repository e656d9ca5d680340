import { resolve } from 'node:path';
import { AppError } from '../core/base/errors.ts';
import type { StoreUpkeep } from '../runtime/store-upkeep.ts';
import type { StoreFlags } from './commands/store.ts';
import { exitCodes } from './exit-codes.ts';
import { errorText } from './explain-failure.ts';
import { createProgressBar } from './output/progress-bar.ts';
import { startTenantry } from './start-tenantry.ts';
import { within } from './until.ts';

/** `tenantry store migrate`. */
export async function migrateStore(flags: StoreFlags): Promise<number> {
  return withStore(flags, async (store) => {
    const { before, after } = await store.migrate();
    if (before === after) return `The store has version ${after} already.`;
    if (before === 0) return `Made the tables of the store, version ${after}.`;
    return `Brought the store from version ${before} to ${after}.`;
  });
}

/** `tenantry store export <file>`. */
export async function exportStore(file: string, flags: StoreFlags, signal: AbortSignal): Promise<number> {
  const path = resolve(file);
  return withStore(flags, async (store) => {
    const { connections, secrets, named_secrets: named, receipts } = await store.exportTo(path, signal);
    return [
      `Exported to ${path}: connections ${connections}, stored secrets ${secrets}, named secrets ${named}, receipts ${receipts}.`,
      'Secrets are in it only encrypted: the store that imports it needs the same master key.',
      'Delta positions, stored results, the audit log, what waits for a yes and writes under way are not in it.',
    ].join('\n');
  });
}

/** `tenantry store import <file>`. */
export async function importStore(
  file: string,
  flags: StoreFlags & { readonly replace?: boolean },
  signal: AbortSignal,
): Promise<number> {
  return withStore(flags, async (store) => {
    const counts = await store.importFrom(resolve(file), { replace: flags.replace === true, signal });
    return `Imported: ${counts.added} added, ${counts.replaced} replaced, ${counts.kept} there already.`;
  });
}

/** `tenantry store rotate-key`. */
export async function rotateKey(flags: StoreFlags, signal: AbortSignal): Promise<number> {
  return withStore(flags, async (store) => {
    const bar = createProgressBar(process.stderr);
    const onProgress = (progress: number, total: number) =>
      bar.update({ progress, total, message: `${progress} of ${total} rows` });
    const counts = await store.rotateKey({ signal, onProgress }).finally(() => bar.end());
    const { resealed, unreadable, isForgotten } = counts;
    const damaged = unreadable === 0 ? '' : ` ${unreadable} rows open with neither key and were left as they are.`;
    return [
      `Everything is under the new master key now: ${resealed} rows were brought under it.${damaged}`,
      isForgotten
        ? 'The earlier key is removed. Backups and exports that were made before need it: they hold what it opens.'
        : 'The earlier key may go: take store.previous_master_key out and restart the nodes. Backups and exports that were made before still need it.',
    ].join('\n');
  });
}

/** What it says goes to stderr: nothing of it is data. */
async function withStore(flags: StoreFlags, work: (store: StoreUpkeep) => Promise<string>): Promise<number> {
  const tenantry = await startTenantry(flags);
  try {
    if (tenantry.runtime.configurationError) throw tenantry.runtime.configurationError;
    process.stderr.write(`${await work(tenantry.runtime.store)}\n`);
    return exitCodes.success;
  } catch (error) {
    // Wrong usage and configuration have their own code; the rest is an answer.
    if (!(error instanceof AppError) || ['configuration', 'invalid_argument'].includes(error.code)) throw error;
    process.stderr.write(`${errorText(error)}\n`);
    return error.code === 'cancelled' ? exitCodes.interrupted : exitCodes.toolError;
  } finally {
    await within(2_000, tenantry.close());
  }
}
