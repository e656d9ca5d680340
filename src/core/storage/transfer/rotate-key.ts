import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import type { RunStatement } from '../postgres/postgres-database.ts';
import type { KeyMarks, KnownKey, RotatingKeys } from '../vault/key-ring.ts';
import { markNames, readKeyMarks } from '../vault/read-key-marks.ts';
import { type KeyPair, type SealedTable, sealedTables } from './reseal-rows.ts';
import type { StoreTables } from './store-tables.ts';

export interface RotationOptions {
  readonly tables: StoreTables;
  readonly keys: RotatingKeys;
  readonly signal: AbortSignal;
  /** Told of how many rows are done of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** How long a process may go on with what it knew before the change of keys. Default 5,000 milliseconds. */
  readonly settleMs?: number;
}

export interface RotationCounts {
  /** Rows that were brought under the new key by this run. */
  resealed: number;
  /** Rows that neither key opens: they were damaged before. */
  unreadable: number;
  /** Whether nothing needs the earlier key any more, and it is forgotten; false where a person has to remove it. */
  isForgotten: boolean;
}

/** A process that had derived a key just before the change writes within this time. */
const defaultSettleMs = 5_000;

/**
 * Brings a store under the newest master key, in steps that may be interrupted anywhere: every row is under the old key or
 * the new one, every process that has both reads both, and the same command goes on where it was. First the store changes
 * over, so that everything new is under the new key; then each row that is still under the old one is sealed anew, unless
 * somebody else has changed it meanwhile.
 */
export async function rotateKey(options: RotationOptions): Promise<RotationCounts> {
  const { tables, keys, signal, settleMs = defaultSettleMs } = options;
  const counts: RotationCounts = { resealed: 0, unreadable: 0, isForgotten: false };
  await tables.versions();
  // Of two commands at once, one makes the key.
  await tables.change(async (run) => {
    await requireUse(run, tables);
    await keys.begin();
  });
  keys.reload();
  await keys.confirm();
  const [to, from] = await keys.known();
  if (to === undefined || from === undefined) throw new Error('Two keys are known by now.');
  const isUnsettled = await tables.change((run) => changeOver(run, options, { to, from }));
  const pass = new Pass(options, { to, from }, counts);
  await pass.through(sealedTables);
  if (isUnsettled) {
    await delay(settleMs, signal).catch(() => {
      throw interrupted();
    });
    // What a process has written with what it knew: records and secrets are compared with the store, these are not.
    await pass.through(sealedTables.filter(({ name }) => name === 'receipts' || name === 'approvals'));
  }
  await tables.change((run) => run(`DELETE FROM ${tables.names.meta} WHERE name = $1`, [markNames.rotating]));
  // Behind the same lock as its beginning, and only once the store has kept that it is done.
  counts.isForgotten = await tables.change(async (run) => {
    const marks = await marksOf(run, tables);
    return marks.rotating === undefined && isUnder(marks, to) && (await keys.end());
  });
  return counts;
}

async function marksOf(run: RunStatement, { names }: StoreTables): Promise<KeyMarks> {
  return readKeyMarks((await run(`SELECT name, value FROM ${names.meta}`)).rows);
}

function isUnder({ sealCheck, keyCheck }: KeyMarks, key: KnownKey): boolean {
  return sealCheck === key.sealCheck && keyCheck === key.keyCheck;
}

async function requireUse(run: RunStatement, tables: StoreTables): Promise<void> {
  const { sealCheck, keyCheck } = await marksOf(run, tables);
  if (sealCheck !== undefined || keyCheck !== undefined) return;
  throw new AppError('not_found', 'The store is empty: nothing is under a master key yet.', {
    hint: 'Nothing has to be rotated. Name another key in store.master_key, or remove master.key of the home folder.',
  });
}

/** From here on everything is written under the new key. Resolves whether a process may still hold the old one. */
async function changeOver(
  run: RunStatement,
  { tables, keys }: RotationOptions,
  { to, from }: KeyPair,
): Promise<boolean> {
  const marks = await marksOf(run, tables);
  if (isUnder(marks, to)) return marks.rotating !== undefined;
  const values: readonly (readonly [string, string])[] = [
    [markNames.sealCheck, to.sealCheck],
    [markNames.keyCheck, to.keyCheck],
    [markNames.rotating, from.sealCheck],
    [markNames.fingerprintKey, await keys.carriedFingerprintKey()],
  ];
  for (const [name, value] of values) {
    await run(
      `INSERT INTO ${tables.names.meta} (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value`,
      [name, value],
    );
  }
  return true;
}

/** Goes through tables page by page, each page a transaction. */
class Pass {
  readonly #options: RotationOptions;
  readonly #pair: KeyPair;
  readonly #counts: RotationCounts;
  #done = 0;

  constructor(options: RotationOptions, pair: KeyPair, counts: RotationCounts) {
    this.#options = options;
    this.#pair = pair;
    this.#counts = counts;
  }

  async through(wanted: readonly SealedTable[]): Promise<void> {
    const { tables, onProgress = () => undefined } = this.#options;
    const total = await tables.snapshot(async (run) => {
      let rows = this.#done;
      for (const { name } of wanted) {
        const counted = await run(`SELECT count(*) AS n FROM ${tables.names[name]}`);
        rows += Number(counted.rows[0]?.['n']);
      }
      return rows;
    });
    for (const table of wanted) {
      let last: unknown;
      do {
        if (this.#options.signal.aborted) throw interrupted();
        last = await tables.change((run) => this.#page(run, table, last));
        onProgress(Math.min(this.#done, total), total);
      } while (last !== undefined);
    }
  }

  /** Resolves with the key of the last row; undefined where there was none. */
  async #page(run: RunStatement, table: SealedTable, last: unknown): Promise<unknown> {
    const { key, sealed, columns, pageRows } = table;
    const name = this.#options.tables.names[table.name];
    const { rows } = await run(
      `SELECT ${columns.join(', ')} FROM ${name} ${last === undefined ? '' : `WHERE ${key} > $1`} ORDER BY ${key} LIMIT ${pageRows}`,
      last === undefined ? [] : [last],
    );
    for (const row of rows) {
      this.#done += 1;
      const now = table.reseal(row, this.#pair);
      if (now === 'unreadable') this.#counts.unreadable += 1;
      if (now === 'current' || now === 'unreadable') continue;
      // Where somebody was faster, the row is under the new key already.
      const { changed } = await run(`UPDATE ${name} SET ${sealed} = $1 WHERE ${key} = $2 AND ${sealed} = $3`, [
        now,
        row[key],
        row[sealed],
      ]);
      this.#counts.resealed += changed;
    }
    return rows.at(-1)?.[key];
  }
}

function interrupted(): AppError {
  return new AppError('cancelled', 'The rotation was interrupted: everything can be read with the two keys.', {
    hint: 'Keep both, and run the same command again: it goes on where it was.',
  });
}
