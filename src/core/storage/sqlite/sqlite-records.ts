import type { DatabaseSync } from 'node:sqlite';
import type { ConnectionRecord } from '../../record/connection.ts';
import { notAllReadable, type ReadRow, RecordRows, recordPlace, soundOf, soundRecord } from '../record-rows.ts';
import type { RowSealer } from '../row-sealer.ts';
import { sharedPlace } from '../shared-records.ts';
import { nameTaken, type RecordStore } from '../storage.ts';
import type { MasterKey } from '../vault/master-key.ts';
import { isShared, type LocalDatabase, type Row } from './local-database.ts';
import { createRecordSealing } from './sealed-records.ts';

/**
 * Connection records in a table, as sealed JSON beside what they are found by. A record that was changed, swapped or
 * forged is never given out, nor one that is older than what this process has seen.
 */
export function createSqliteRecords(database: LocalDatabase, key: MasterKey): RecordStore {
  const sealing = createRecordSealing(database, key);
  const rows = new RecordRows({ place: 'the home folder', backup: 'tenantry.db from a backup' });

  return {
    async list(owner) {
      return soundOf(await readAll((db) => ownRows(db, owner)));
    },
    async listAll() {
      const all = await readAll((db) => db.prepare(`${selectRows} ORDER BY name, owner`).all());
      return all.map(({ record }) => {
        if (record === undefined) throw notAllReadable();
        return record;
      });
    },
    async shared(name) {
      const named = name === undefined ? '' : ' AND name = ?';
      const text = `${selectRows} WHERE ${isShared}${named} ORDER BY name, owner`;
      return soundOf(await readAll((db) => db.prepare(text).all(...(name === undefined ? [] : [name]))));
    },
    async owners() {
      const text = 'SELECT DISTINCT owner FROM sealed_connections ORDER BY owner';
      return ((await database.read((db) => db.prepare(text).all())) ?? []).map(({ owner }) => String(owner));
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
    async sharedPlaces() {
      const text = `SELECT id, owner, name, revision FROM sealed_connections WHERE ${isShared}`;
      return ((await database.read((db) => db.prepare(text).all())) ?? []).map(sharedPlace);
    },
    async damaged(owner) {
      const all = await readAll((db) => ownRows(db, owner));
      return all.flatMap(({ record, damage }) => (record === undefined ? [damage] : []));
    },
    async removeDamaged(name, owner) {
      if ((await sealing.forReading()) === undefined) return false;
      // A row under a key that is not known here is not damaged.
      await key.confirm();
      return sealing.write((db, sealer) => {
        const row = db.prepare(`${selectRows} WHERE owner = ? AND name = ?`).get(owner, name);
        if (row === undefined || rows.read(row, sealer).record !== undefined) return false;
        db.prepare('DELETE FROM sealed_connections WHERE owner = ? AND name = ?').run(owner, name);
        return true;
      });
    },
    async insert(record) {
      if (record.revision !== 1) throw new Error('A new record begins with revision 1.');
      await sealing.write((db, sealer) => insert(db, record, sealer));
      rows.note(record.id, 1);
    },
    async replace(record) {
      const { id, owner, name, revision } = record;
      const { changes } = await sealing.write((db, { seal }) =>
        db
          .prepare(
            'UPDATE sealed_connections SET revision = ?, record = ? WHERE id = ? AND owner = ? AND name = ? AND revision = ?',
          )
          .run(revision, seal(recordPlace(record), JSON.stringify(record)), id, owner, name, revision - 1),
      );
      if (Number(changes) === 1) rows.note(id, revision);
      return Number(changes) === 1;
    },
    async remove(id, revision) {
      const { changes } = await database.write((db) =>
        db.prepare('DELETE FROM sealed_connections WHERE id = ? AND revision = ?').run(id, revision),
      );
      if (Number(changes) === 1) rows.note(id, Number.POSITIVE_INFINITY);
      return Number(changes) === 1;
    },
  };

  async function readAll(select: (db: DatabaseSync) => readonly Row[]): Promise<readonly ReadRow[]> {
    const first = await sealing.forReading();
    if (first === undefined) return [];
    // Judged inside of the read: nothing newer can be noted in between.
    const read = async (sealer: RowSealer) =>
      (await database.read((db) => select(db).map((row) => rows.read(row, sealer)))) ?? [];
    const all = await read(first);
    if (all.every(({ damage }) => damage === undefined)) return all;
    // A key that was rotated is no damage.
    await key.confirm();
    return read((await sealing.forReading()) ?? first);
  }
}

const selectRows = 'SELECT id, owner, name, revision, record FROM sealed_connections';

function ownRows(db: DatabaseSync, owner: string): readonly Row[] {
  return db.prepare(`${selectRows} WHERE owner = ? ORDER BY name`).all(owner);
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
