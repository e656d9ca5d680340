import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../../src/core/storage/open-local-storage.ts';
import { failureOf, handClock, temporaryFolder, testRecord } from '../../connections/support.ts';

const binding = { connectionId: 'connection-1', field: 'client_secret' };

function openStorage(home: string) {
  return openLocalStorage({ home, vault: 'file', clock: handClock() });
}

/** All bytes of a folder, by file name. */
function contentOf(home: string): Record<string, string> {
  return Object.fromEntries(readdirSync(home).map((file) => [file, readFileSync(join(home, file)).toString('base64')]));
}

test('reading touches no file', async () => {
  const home = join(temporaryFolder(), 'home');
  const storage = openStorage(home);
  expect(await storage.vault.list()).toEqual([]);
  expect(await failureOf(storage.vault.get(binding, 'none'))).toMatchObject({ code: 'not_found' });
  expect(existsSync(home)).toBe(false);
});

test('neither secret nor master key is readable in the files', async () => {
  const home = temporaryFolder();
  const storage = openStorage(home);
  await storage.vault.put(binding, new Secret('MARKED-SECRET-VALUE'));
  await storage.records.insert(testRecord());
  const all = readdirSync(home).map((file) => readFileSync(join(home, file)));
  expect(all.some((bytes) => bytes.includes('MARKED-SECRET-VALUE'))).toBe(false);
  const key = readFileSync(join(home, 'master.key'), 'utf8').trim().split(':')[1] ?? '';
  const databases = readdirSync(home).filter((file) => file.startsWith('tenantry.db'));
  for (const file of databases) {
    const bytes = readFileSync(join(home, file));
    expect(bytes.includes(key)).toBe(false);
    expect(bytes.includes(Buffer.from(key, 'base64url'))).toBe(false);
  }
  expect(statSync(join(home, 'master.key')).mode & 0o777).toBe(0o600);
  await storage.close();
});

test('a row that was copied to another connection or changed by one bit does not open', async () => {
  const home = temporaryFolder();
  const storage = openStorage(home);
  const mine = await storage.vault.put(binding, new Secret('mine'));
  const other = await storage.vault.put({ ...binding, connectionId: 'connection-2' }, new Secret('other'));
  await storage.close();
  const database = new DatabaseSync(join(home, 'tenantry.db'));
  database
    .prepare(
      'UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE ref = ?), sealed_key = (SELECT sealed_key FROM secrets WHERE ref = ?) WHERE ref = ?',
    )
    .run(other, other, mine);
  const sealed = database.prepare('SELECT sealed FROM secrets WHERE ref = ?').get(other)?.['sealed'];
  const changed = Buffer.from(sealed instanceof Uint8Array ? sealed : []);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  database.prepare('UPDATE secrets SET sealed = ? WHERE ref = ?').run(changed, other);
  database.close();

  const again = openStorage(home);
  expect(await failureOf(again.vault.get(binding, mine))).toMatchObject({ code: 'configuration' });
  expect(await failureOf(again.vault.get({ ...binding, connectionId: 'connection-2' }, other))).toMatchObject({
    code: 'configuration',
  });
  await again.close();
});

test('an earlier secret of the same connection does not open in the place of a later one', async () => {
  const home = temporaryFolder();
  const storage = openStorage(home);
  const earlier = await storage.vault.put(binding, new Secret('earlier'));
  const later = await storage.vault.put(binding, new Secret('later'));
  const database = new DatabaseSync(join(home, 'tenantry.db'));
  database.prepare('DELETE FROM secrets WHERE ref = ?').run(later);
  database.prepare('UPDATE secrets SET ref = ? WHERE ref = ?').run(later, earlier);
  database.close();
  expect(await failureOf(storage.vault.get(binding, later))).toMatchObject({ code: 'configuration' });
  await storage.close();
});

test('a wrong master key is a configuration error that changes nothing', async () => {
  const home = temporaryFolder();
  const storage = openStorage(home);
  const ref = await storage.vault.put(binding, new Secret('s3cret'));
  await storage.close();
  const other = temporaryFolder();
  await openStorage(other).keys.derive('vault');
  copyFileSync(join(home, 'master.key'), join(other, 'original.key'));
  copyFileSync(join(other, 'master.key'), join(home, 'master.key'));

  const before = contentOf(home);
  const wrong = openStorage(home);
  for (const work of [wrong.vault.get(binding, ref), wrong.vault.put(binding, new Secret('new'))]) {
    expect(await failureOf(work)).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('master key'),
    });
  }
  await wrong.close();
  expect(contentOf(home)).toEqual(before);

  copyFileSync(join(other, 'original.key'), join(home, 'master.key'));
  const right = openStorage(home);
  expect((await right.vault.get(binding, ref)).reveal()).toBe('s3cret');
  await right.close();
});

test('a missing master key is not replaced while secrets exist', async () => {
  const home = temporaryFolder();
  const storage = openStorage(home);
  const ref = await storage.vault.put(binding, new Secret('s3cret'));
  await storage.close();
  rmSync(join(home, 'master.key'));
  const before = contentOf(home);

  const without = openStorage(home);
  for (const work of [
    without.vault.get(binding, ref),
    without.vault.put(binding, new Secret('new')),
    without.keys.derive('cursor'),
  ]) {
    expect(await failureOf(work)).toMatchObject({ code: 'configuration', message: expect.stringContaining('missing') });
  }
  await without.close();
  expect(contentOf(home)).toEqual(before);
});

test('a master key that others can read, or that is no key, is refused', async () => {
  const home = temporaryFolder();
  await openStorage(home).keys.derive('vault');
  const path = join(home, 'master.key');
  chmodSync(path, 0o644);
  expect(await failureOf(openStorage(home).keys.derive('vault'))).toMatchObject({
    code: 'configuration',
    hint: expect.stringContaining('chmod 600'),
  });
  chmodSync(path, 0o600);
  for (const text of ['', 'hello', 'tenantry-key-1:c2hvcnQ']) {
    writeFileSync(path, text);
    expect(await failureOf(openStorage(home).keys.derive('vault'))).toMatchObject({ code: 'configuration' });
  }
});
