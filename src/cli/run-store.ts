import { resolve } from 'node:path';
import { AppError } from '../core/base/errors.ts';
import type { StoreUpkeep } from '../runtime/store-upkeep.ts';
import type { StoreFlags } from './commands/store.ts';
import { exitCodes } from './exit-codes.ts';
import { errorText } from './explain-failure.ts';
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
