import { AppError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import { notAllReadable, type ReadRow, RecordRows, recordPlace, soundOf, soundRecord } from '../record-rows.ts';
import { openRowSealer, type RowSealer } from '../row-sealer.ts';
import { sharedPlace } from '../shared-records.ts';
import { type Keys, nameTaken, type RecordStore } from '../storage.ts';
import { isShared } from './migrations.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import { recordChannel } from './record-changes.ts';

type RecordReadings = Omit<RecordStore, 'insert' | 'replace' | 'remove' | 'removeDamaged'>;

/**
 * Connection records in a table that all nodes share, as sealed JSON beside what they are found by. Every change is one
 * statement that compares the revision, and is told to the other nodes in the same transaction.
 */
export function createPostgresRecords(database: PostgresDatabase, keys: Keys): RecordStore {
  const { schema } = database;
  const table = `"${schema}".connections`;
  const select = `SELECT id, owner, name, revision, record FROM ${table}`;
  const tell = `SELECT pg_notify('${recordChannel}', '${schema} ' || id) FROM changed`;
  const rows = new RecordRows({ place: 'the database', backup: 'the table of connections from a backup' });
  const fixed = lazy(() => fixKey(database, keys));
  const sealer = async () => {
    await fixed.get();
    return openRowSealer(keys);
  };

  /** Undefined while there is nothing to read: an empty store asks for no key. */
  async function forReading(): Promise<RowSealer | undefined> {
    if (fixed.peek() === undefined) {
      const check = await database.read(`SELECT 1 FROM "${schema}".meta WHERE name = 'seal_check'`);
      if (check.rows.length === 0) return undefined;
    }
    return sealer();
  }

  async function readAll(where: string, values: readonly unknown[] = []): Promise<readonly ReadRow[]> {
    const key = await forReading();
    if (key === undefined) return [];
    const read = async (opened: RowSealer) => {
      const asked = rows.now();
      const found = await database.read(`${select} ${where}`, values);
      return found.rows.map((row) => rows.read(row, opened, asked));
    };
    const all = await read(key);
    if (all.every(({ damage }) => damage === undefined)) return all;
    // A key that was rotated is no damage.
    await keys.confirm();
    return read(await openRowSealer(keys));
  }

  const put = createPut(database, keys, sealer);

  return {
    ...readings(database, readAll),
    async removeDamaged(name, owner) {
      if ((await forReading()) === undefined) return false;
      // A row under a key that is not known here is not damaged.
      await keys.confirm();
      const key = await openRowSealer(keys);
      const asked = rows.now();
      return database.transaction(async (run) => {
        const found = await run(`${select} WHERE owner = $1 AND name = $2 FOR UPDATE`, [owner, name]);
        const [row] = found.rows;
        if (row === undefined || rows.read(row, key, asked).record !== undefined) return false;
        await run(`DELETE FROM ${table} WHERE owner = $1 AND name = $2`, [owner, name]);
        return true;
      });
    },
    async insert(record) {
      if (record.revision !== 1) throw new Error('A new record begins with revision 1.');
      const { id, name } = record;
      const isDone = await put(
        record,
        `INSERT INTO ${table} (id, owner, name, revision, record)
          SELECT $1, $2, $3, $4::integer, $5 WHERE EXISTS (SELECT 1 FROM fixed)
          ON CONFLICT DO NOTHING RETURNING id`,
      );
      if (!isDone) throw nameTaken(name);
      rows.note(id, 1);
    },
    async replace(record) {
      const { id, revision } = record;
      const isDone = await put(
        record,
        `UPDATE ${table} SET revision = $4, record = $5
          WHERE id = $1 AND owner = $2 AND name = $3 AND revision = $4 - 1 AND EXISTS (SELECT 1 FROM fixed)
          RETURNING id`,
      );
      if (isDone) rows.note(id, revision);
      return isDone;
    },
    async remove(id, revision) {
      const text = `WITH changed AS (DELETE FROM ${table} WHERE id = $1 AND revision = $2 RETURNING id) ${tell}`;
      const isDone = await settled(
        async () => (await database.write(text, [id, revision])).rows.length === 1,
        async () => (await database.read(`SELECT 1 FROM ${table} WHERE id = $1`, [id])).rows.length === 0,
      );
      if (isDone) rows.note(id, Number.POSITIVE_INFINITY);
      return isDone;
    },
  };
}

type ReadAll = (where: string, values?: readonly unknown[]) => Promise<readonly ReadRow[]>;

function readings({ schema, read }: PostgresDatabase, readAll: ReadAll): RecordReadings {
  const table = `"${schema}".connections`;
  const byName = 'ORDER BY name COLLATE "C"';
  return {
    async list(owner) {
      return soundOf(await readAll(`WHERE owner = $1 ${byName}`, [owner]));
    },
    async listAll() {
      const all = await readAll(`${byName}, owner`);
      return all.map(({ record }) => {
        if (record === undefined) throw notAllReadable();
        return record;
      });
    },
    async shared(name) {
      const [named, values] = name === undefined ? ['', []] : [' AND name = $1', [name]];
      return soundOf(await readAll(`WHERE ${isShared}${named} ${byName}, owner COLLATE "C"`, values));
    },
    async owners() {
      const { rows: found } = await read(`SELECT DISTINCT owner COLLATE "C" AS owner FROM ${table} ORDER BY 1`);
      return found.map(({ owner }) => String(owner));
    },
    async get(name, owner) {
      const [found] = await readAll('WHERE owner = $1 AND name = $2', [owner, name]);
      return found && soundRecord(found);
    },
    async revisions(owner) {
      const { rows: found } = await read(`SELECT id, name, revision FROM ${table} WHERE owner = $1`, [owner]);
      return new Map(found.map(({ id, name, revision }) => [String(name), `${id} ${revision}`]));
    },
    async sharedPlaces() {
      const { rows: found } = await read(`SELECT id, owner, name, revision FROM ${table} WHERE ${isShared}`);
      return found.map(sharedPlace);
    },
    async damaged(owner) {
      const own = await readAll(`WHERE owner = $1 ${byName}`, [owner]);
      return own.flatMap(({ record, damage }) => (record === undefined ? [damage] : []));
    },
  };
}

/** Writes a record under the key of the store; once more where that has changed meanwhile. */
function createPut(database: PostgresDatabase, keys: Keys, sealer: () => Promise<RowSealer>) {
  const { schema } = database;
  // Only under the key that the store has at that moment: a rotation waits for the change, or the change sees it.
  const fence = `fixed AS (SELECT 1 FROM "${schema}".meta WHERE name = 'seal_check' AND value = $6 FOR SHARE)`;
  const told = `SELECT (SELECT count(*) FROM fixed) AS fits, (SELECT count(*) FROM changed) AS changed,
    (SELECT count(pg_notify('${recordChannel}', '${schema} ' || id)) FROM changed) AS told`;

  async function attempt(record: ConnectionRecord, change: string): Promise<boolean | 'other key'> {
    const { id, owner, name, revision } = record;
    const { seal, check } = await sealer();
    const sealed = seal(recordPlace(record), JSON.stringify(record));
    return settled(
      async () => {
        const text = `WITH ${fence}, changed AS (${change}) ${told}`;
        const [row] = (await database.write(text, [id, owner, name, revision, sealed, check])).rows;
        return Number(row?.['fits']) === 0 ? 'other key' : Number(row?.['changed']) === 1;
      },
      () => stands(record, sealed, database),
    );
  }

  return async (record: ConnectionRecord, change: string): Promise<boolean> => {
    const first = await attempt(record, change);
    if (first !== 'other key') return first;
    await keys.confirm();
    const second = await attempt(record, change);
    if (second === 'other key') throw keyChanged();
    return second;
  };
}

/** A change whose answer was lost was made if the row stands there as it was sent. */
async function stands(
  { id, revision }: ConnectionRecord,
  sealed: string,
  { schema, read }: PostgresDatabase,
): Promise<boolean> {
  const text = `SELECT 1 FROM "${schema}".connections WHERE id = $1 AND revision = $2 AND record = $3`;
  return (await read(text, [id, revision, sealed])).rows.length === 1;
}

/** Whether a change was made, also where the connection broke before its answer came. */
async function settled<T>(change: () => Promise<T>, wasMade: () => Promise<boolean>): Promise<T | true> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'outcome_unknown') throw error;
    const isMade = await wasMade().catch(() => undefined);
    if (isMade === true) return true;
    throw error;
  }
}

/** The first record fixes the key of the whole schema: a node with another master key reads and writes nothing. */
async function fixKey(database: PostgresDatabase, keys: Keys): Promise<void> {
  const { check } = await openRowSealer(keys);
  const meta = `"${database.schema}".meta`;
  const read = async () =>
    (await database.read(`SELECT value FROM ${meta} WHERE name = 'seal_check'`)).rows[0]?.['value'];
  if ((await read()) === undefined) {
    const text = `INSERT INTO ${meta} (name, value) VALUES ('seal_check', $1) ON CONFLICT DO NOTHING`;
    await database.write(text, [check]);
  }
  await keys.confirm();
  if ((await openRowSealer(keys)).check === (await read())) return;
  throw new AppError('configuration', 'The master key is not the one that the stored connections were sealed with.', {
    hint: 'Give every node the master key of the first one.',
  });
}

function keyChanged(): AppError {
  return new AppError('conflict', 'The master key of the store was changed at the same moment.', {
    hint: 'Nothing was changed. Call again.',
    retryable: true,
  });
}
