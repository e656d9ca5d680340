import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import { type ConnectionRecord, parseRecord } from '../../record/connection.ts';
import type { RowSealer } from '../row-sealer.ts';
import { type DamagedRecord, nameTaken, type RecordStore } from '../storage.ts';
import type { MasterKey } from '../vault/master-key.ts';
import type { LocalDatabase, Row } from './local-database.ts';
import { createRecordSealing, recordPlace } from './sealed-records.ts';

/**
 * Connection records in a table, as sealed JSON beside what they are found by. A record that was changed, swapped or
 * forged is never given out, nor one that is older than what this process has seen.
 */
export function createSqliteRecords(database: LocalDatabase, key: MasterKey): RecordStore {
  const sealing = createRecordSealing(database, key);
  /** The highest revision of each record that this process has seen; `Infinity` for what it has removed. */
  const newest = new Map<string, number>();
  const note = (id: string, revision: number) => newest.set(id, Math.max(revision, newest.get(id) ?? 0));

  return {
    async list(owner) {
      return (await readAll((db) => ownRows(db, owner))).flatMap(({ record }) =>
        record === undefined ? [] : [record],
      );
    },
    async listAll() {
      const all = await readAll((db) => db.prepare(`${selectRows} ORDER BY name, owner`).all());
      return all.map(({ record }) => {
        // Without the name: it may be the connection of another caller.
        if (record === undefined) throw notAllReadable();
        return record;
      });
    },
    async get(name, owner) {
      const [found] = await readAll((db) => db.prepare(`${selectRows} WHERE owner = ? AND name = ?`).all(owner, name));
      return found && soundRecord(found);
    },
    async revisions(owner) {
      const rows = await database.read((db) =>
        db.prepare('SELECT id, name, revision FROM sealed_connections WHERE owner = ?').all(owner),
      );
      return new Map((rows ?? []).map(({ id, name, revision }) => [String(name), `${id} ${revision}`]));
    },
    async damaged(owner) {
      const all = await readAll((db) => ownRows(db, owner));
      return all.flatMap(({ record, damage }) => (record === undefined ? [damage] : []));
    },
    async removeDamaged(name, owner) {
      const sealer = await sealing.forReading();
      if (sealer === undefined) return false;
      return database.write((db) => {
        const row = db.prepare(`${selectRows} WHERE owner = ? AND name = ?`).get(owner, name);
        if (row === undefined || read(row, sealer).record !== undefined) return false;
        db.prepare('DELETE FROM sealed_connections WHERE owner = ? AND name = ?').run(owner, name);
        return true;
      });
    },
    async insert(record) {
      if (record.revision !== 1) throw new Error('A new record begins with revision 1.');
      const sealer = await sealing.forWriting();
      await database.write((db) => insert(db, record, sealer));
      note(record.id, 1);
    },
    async replace(record) {
      const { id, owner, name, revision } = record;
      const sealed = (await sealing.forWriting()).seal(recordPlace(record), JSON.stringify(record));
      const { changes } = await database.write((db) =>
        db
          .prepare(
            'UPDATE sealed_connections SET revision = ?, record = ? WHERE id = ? AND owner = ? AND name = ? AND revision = ?',
          )
          .run(revision, sealed, id, owner, name, revision - 1),
      );
      if (Number(changes) === 1) note(id, revision);
      return Number(changes) === 1;
    },
    async remove(id, revision) {
      const { changes } = await database.write((db) =>
        db.prepare('DELETE FROM sealed_connections WHERE id = ? AND revision = ?').run(id, revision),
      );
      if (Number(changes) === 1) note(id, Number.POSITIVE_INFINITY);
      return Number(changes) === 1;
    },
  };

  async function readAll(select: (db: DatabaseSync) => readonly Row[]): Promise<readonly ReadRow[]> {
    const sealer = await sealing.forReading();
    if (sealer === undefined) return [];
    // Judged inside of the read: nothing newer can be noted in between.
    return (await database.read((db) => select(db).map((row) => read(row, sealer)))) ?? [];
  }

  function read(row: Row, sealer: RowSealer): ReadRow {
    const [id, name, revision] = [String(row['id']), String(row['name']), Number(row['revision'])];
    const text = sealer.open(recordPlace(row), String(row['record']));
    const shown = /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name) ? name : '(unreadable name)';
    if (text === undefined) return { damage: { name: shown, error: changedRecord(shown) } };
    if (revision < (newest.get(id) ?? 0)) return { damage: { name: shown, error: olderRecord(shown) } };
    note(id, revision);
    try {
      return { record: parseRecord(name, text) };
    } catch (error) {
      if (error instanceof AppError) return { damage: { name: shown, error } };
      throw error;
    }
  }
}

type ReadRow =
  | { readonly record: ConnectionRecord; readonly damage?: never }
  | { readonly record?: never; readonly damage: DamagedRecord };

const selectRows = 'SELECT id, owner, name, revision, record FROM sealed_connections';

function ownRows(db: DatabaseSync, owner: string): readonly Row[] {
  return db.prepare(`${selectRows} WHERE owner = ? ORDER BY name`).all(owner);
}

function soundRecord({ record, damage }: ReadRow): ConnectionRecord {
  if (record === undefined) throw damage.error;
  return record;
}

function insert(db: DatabaseSync, record: ConnectionRecord, sealer: RowSealer): void {
  const { id, owner, name, revision } = record;
  const taken = db
    .prepare('SELECT 1 FROM sealed_connections WHERE (owner = ? AND name = ?) OR id = ?')
    .get(owner, name, id);
  if (taken !== undefined) throw nameTaken(name);
  db.prepare('INSERT INTO sealed_connections (id, owner, name, revision, record) VALUES (?, ?, ?, ?, ?)').run(
    id,
    owner,
    name,
    revision,
    sealer.seal(recordPlace(record), JSON.stringify(record)),
  );
}

const whatToDo =
  'Find out who can write to the home folder. Then restore tenantry.db from a backup, or delete the connection with delete_connection and create it again.';

function changedRecord(name: string): AppError {
  return new AppError(
    'configuration',
    `The stored connection ${name} is not as Tenantry wrote it: its row in the connection store was changed, copied or added by something else. It is not used.`,
    { hint: whatToDo },
  );
}

function notAllReadable(): AppError {
  return new AppError(
    'configuration',
    'A stored connection was changed by something else than Tenantry or cannot be read, so nobody knows what it relies on.',
    { hint: 'Let the person who runs Tenantry look at tenantry doctor and repair or delete that connection first.' },
  );
}

function olderRecord(name: string): AppError {
  return new AppError(
    'configuration',
    `The stored connection ${name} was set back to an earlier state by something else than Tenantry. It is not used.`,
    { hint: `After restoring a backup, start Tenantry again. Otherwise: ${whatToDo}` },
  );
}
