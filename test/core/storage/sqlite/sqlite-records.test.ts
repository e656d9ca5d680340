import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createLocalDatabase } from '../../../../src/core/storage/sqlite/local-database.ts';
import { createSqliteRecords } from '../../../../src/core/storage/sqlite/sqlite-records.ts';
import { failureOf, temporaryFolder, testRecord } from '../../connections/support.ts';

/** Records over a database of their own. */
function openSqliteStore(path: string) {
  const database = createLocalDatabase(path);
  return { ...createSqliteRecords(database), close: database.close };
}

test('reading creates no file', async () => {
  const home = join(temporaryFolder(), 'home');
  const store = openSqliteStore(join(home, 'tenantry.db'));
  expect(await store.list('local')).toEqual([]);
  expect(await store.get('prod', 'local')).toBeUndefined();
  await store.close();
  expect(existsSync(home)).toBe(false);
});

test('folder and files are private', async () => {
  const home = join(temporaryFolder(), 'home');
  const store = openSqliteStore(join(home, 'tenantry.db'));
  await store.insert(testRecord());
  expect(statSync(home).mode & 0o777).toBe(0o700);
  const files = readdirSync(home);
  expect(files).toContain('tenantry.db-wal');
  expect(files.map((file) => statSync(join(home, file)).mode & 0o777)).toEqual(files.map(() => 0o600));
  await store.close();
});

test('two open stores see each other’s changes', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  const [one, two] = [openSqliteStore(path), openSqliteStore(path)];
  await one.insert(testRecord());
  expect((await two.get('prod', 'local'))?.revision).toBe(1);
  expect(await two.replace(testRecord({ revision: 2 }))).toBe(true);
  expect(await one.replace(testRecord({ revision: 2 }))).toBe(false);
  await one.close();
  await two.close();
});

test('a store of a newer version is left alone', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  const newer = new DatabaseSync(path);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  const store = openSqliteStore(path);
  expect(await failureOf(store.list('local'))).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('newer'),
  });
  await store.close();
});

test('a file that is no database is a configuration error', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  writeFileSync(
    path,
    'This is a letter to somebody, and far longer than the header of a database file would be.'.repeat(4),
  );
  const store = openSqliteStore(path);
  expect(await failureOf(store.list('local'))).toMatchObject({ code: 'configuration' });
  await store.close();
});

test('a damaged record is named', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  const store = openSqliteStore(path);
  await store.insert(testRecord());
  const side = new DatabaseSync(path);
  side.exec(`UPDATE connections SET record = '{"name":"prod"}'`);
  side.close();
  expect(await failureOf(store.get('prod', 'local'))).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('prod'),
  });
  await store.close();
});

test('waits for a writer in another process instead of failing', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  const store = openSqliteStore(path);
  await store.insert(testRecord());
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const replaced = store.replace(testRecord({ revision: 2 }));
  setImmediate(() => other.exec('COMMIT'));
  expect(await replaced).toBe(true);
  other.close();
  await store.close();
});

/** The statements of the first version, whose names were unique for all owners together. */
const firstVersion = `
  CREATE TABLE connections (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE secrets (
    ref TEXT PRIMARY KEY NOT NULL,
    connection_id TEXT NOT NULL,
    field TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    sealed BLOB NOT NULL,
    sealed_key BLOB NOT NULL
  ) STRICT;
  CREATE TABLE vault_meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
  PRAGMA user_version = 1;
`;

test('a home of the first version keeps its records, and their names become free for other owners', async () => {
  const path = join(temporaryFolder(), 'tenantry.db');
  const old = new DatabaseSync(path);
  old.exec(firstVersion);
  const insert = old.prepare('INSERT INTO connections (id, name, revision, record) VALUES (?, ?, ?, ?)');
  const mine = testRecord({ revision: 7 });
  const other = testRecord({ id: 'b', name: 'lab', owner: 'ada', revision: 3 });
  for (const record of [mine, other]) insert.run(record.id, record.name, record.revision, JSON.stringify(record));
  insert.run('c', 'damaged', 1, 'no JSON');
  old.exec("INSERT INTO vault_meta VALUES ('key_check', '0a')");
  old.close();

  const [one, two] = [openSqliteStore(path), openSqliteStore(path)];
  expect(await Promise.all([one.get('prod', 'local'), two.get('lab', 'ada')])).toEqual([mine, other]);
  expect(await one.list('ada')).toEqual([other]);
  expect(await failureOf(one.get('damaged', 'local'))).toMatchObject({ message: expect.stringContaining('damaged') });
  await one.insert(testRecord({ id: 'd', owner: 'ada' }));
  expect(await failureOf(two.insert(testRecord({ id: 'e', owner: 'ada' })))).toMatchObject({ code: 'conflict' });
  expect(await two.replace({ ...mine, revision: 8 })).toBe(true);
  await one.close();
  await two.close();

  const after = new DatabaseSync(path);
  expect(after.prepare('SELECT value FROM vault_meta').get()).toMatchObject({ value: '0a' });
  after.close();
});
