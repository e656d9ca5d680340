import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openLocalStorage } from '../../../../src/core/storage/open-local-storage.ts';
import { failureOf, handClock, temporaryFolder, testRecord } from '../../connections/support.ts';

/** Records over a database of their own, in a home of their own. */
function openSqliteStore(path: string) {
  const { records, close } = openLocalStorage({ home: dirname(path), vault: 'file', clock: handClock() });
  return { ...records, close };
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
  side.exec(`UPDATE sealed_connections SET record = '{"name":"prod"}'`);
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
