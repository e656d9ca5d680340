import { AppError } from '../../base/errors.ts';
import type { RunStatement } from '../postgres/postgres-database.ts';
import { openRowSealer } from '../row-sealer.ts';
import type { Keys } from '../storage.ts';
import type { StoreTables } from './store-tables.ts';

/** What tells which master key a store was sealed with, by its name in the store. */
export type KeyChecks = ReadonlyMap<string, string>;

export async function keyChecksOf(keys: Keys): Promise<KeyChecks> {
  const [{ check }, vault] = await Promise.all([openRowSealer(keys), keys.derive('vault check')]);
  return new Map([
    ['seal_check', check],
    ['key_check', vault.toString('hex')],
  ]);
}

/** Throws `configuration` where the store was sealed with another master key. */
export async function requireChecks(run: RunStatement, { names }: StoreTables, checks: KeyChecks): Promise<void> {
  const { rows } = await run(`SELECT name, value FROM ${names.meta} WHERE name IN ('seal_check', 'key_check')`);
  if (rows.every(({ name, value }) => checks.get(String(name)) === value)) return;
  throw new AppError('configuration', 'The master key is not the one that this store was sealed with.', {
    hint: 'Give this command the master key of the nodes that use the store.',
  });
}

/** Fixes the master key of a store that has none yet. */
export async function fixChecks(run: RunStatement, { names }: StoreTables, checks: KeyChecks): Promise<void> {
  for (const [name, value] of checks) {
    await run(`INSERT INTO ${names.meta} (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [name, value]);
  }
}
