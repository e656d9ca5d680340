import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createLocalDatabase } from '../../../../src/core/storage/sqlite/local-database.ts';
import { failureOf, temporaryFolder } from '../../connections/support.ts';

const count = (db: DatabaseSync) => Number(db.prepare('SELECT count(*) AS n FROM vault_meta').get()?.['n']);
const add = (db: DatabaseSync, name: string) => db.prepare('INSERT INTO vault_meta VALUES (?, ?)').run(name, 'x');

test('a change that fails half-way leaves nothing, and the next one goes through', async () => {
  const database = createLocalDatabase(join(temporaryFolder(), 'tenantry.db'));
  const failing = database.write((db) => {
    add(db, 'half');
    throw new Error('enough');
  });
  await expect(failing).rejects.toThrow('enough');
  expect(await database.read(count)).toBe(0);
  await database.write((db) => add(db, 'whole'));
  expect(await database.read(count)).toBe(1);
  await database.close();
});

test('a change holds the write lock from its beginning', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  const database = createLocalDatabase(path);
  await database.write((db) => add(db, 'first'));
  const other = new DatabaseSync(path, { timeout: 0 });
  await database.write((db) => {
    expect(count(db)).toBe(1);
    expect(() => add(other, 'between')).toThrow('locked');
  });
  other.close();
  await database.close();
});

test('what could not be opened is tried again by the next call', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  mkdirSync(path);
  const database = createLocalDatabase(path);
  expect(await failureOf(database.write(count))).toMatchObject({ code: 'configuration' });
  rmdirSync(path);
  expect(await database.write(count)).toBe(0);
  await database.close();
});

test('once it is closed, calls are refused, and an opening that was under way is closed as well', async () => {
  const home = temporaryFolder();
  const path = join(home, 'tenantry.db');
  const database = createLocalDatabase(path);
  await database.write((db) => add(db, 'first'));
  await database.close();
  expect(await failureOf(database.read(count))).toMatchObject({ code: 'cancelled' });
  expect(await failureOf(database.write(count))).toMatchObject({ code: 'cancelled' });

  const second = createLocalDatabase(path);
  const reading = second.read(count);
  await second.close();
  await reading.catch(() => undefined);
  // The last one that closes the database tidies up its journal.
  expect(readdirSync(home)).toEqual(['tenantry.db']);
});

test('nothing of a deleted row is left in the file', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  const database = createLocalDatabase(path);
  await database.write((db) => db.prepare('INSERT INTO vault_meta VALUES (?, ?)').run('n', 'MARKED'.repeat(100)));
  await database.write((db) => db.exec('PRAGMA user_version'));
  await database.write((db) => db.exec('DELETE FROM vault_meta'));
  await database.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  expect(readFileSync(path).includes('MARKED')).toBe(false);
});
