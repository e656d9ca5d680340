import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createFingerprints } from '../../../../src/core/secrets/fingerprints.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../../src/core/storage/open-local-storage.ts';
import { failureOf, fullRecord, handClock, temporaryFolder, testRecord } from '../../connections/support.ts';
import { addOldSecret, oldFingerprint, writeOldDatabase, writeOldKey } from '../old-homes.ts';
import { behindItsBack, notOurs, openHome } from '../tampered-homes.ts';

describe('a home of an earlier version', () => {
  const other = testRecord({ id: 'b', name: 'lab', owner: 'ada', revision: 3 });

  test.each([1, 2] as const)('(%i) keeps its records, and their names are free for other owners', async (version) => {
    const home = temporaryFolder();
    const mine = testRecord({ revision: 7 });
    writeOldDatabase(home, version, [mine, other], { damaged: 'no JSON' }).close();
    const [one, two] = [openHome(home).records, openHome(home).records];
    expect(await Promise.all([one.get('prod', 'local'), two.get('lab', 'ada')])).toEqual([mine, other]);
    expect(await one.list('ada')).toEqual([other]);
    expect(await one.damaged('local')).toMatchObject([{ name: 'damaged' }]);
    await one.insert(testRecord({ id: 'd', owner: 'ada' }));
    expect(await failureOf(two.insert(testRecord({ id: 'e', owner: 'ada' })))).toMatchObject({ code: 'conflict' });
    expect(await two.replace({ ...mine, revision: 8 })).toBe(true);
  });

  test('keeps every field, also of a newer version, and every secret', async () => {
    const home = temporaryFolder();
    const derive = writeOldKey(home);
    const db = writeOldDatabase(home, 2, []);
    const info = addOldSecret(db, derive, fullRecord.id, { ref: 'ref-1', material: 'hunter2' });
    const live = { ...info, field: 'federated_token', ref: 'file:/run/token', fingerprint: 'abcdef01' } as const;
    const record = { ...fullRecord, secrets: [info, live], future: { kept: true } };
    const { id, owner, name, revision } = record;
    db.prepare('INSERT INTO connections VALUES (?, ?, ?, ?, ?)').run(id, owner, name, revision, JSON.stringify(record));
    db.close();

    const { records, vault } = openHome(home);
    const read = await records.get('full', 'local');
    const withoutFingerprints = (value: unknown) =>
      JSON.parse(JSON.stringify(value).replaceAll(/"fingerprint":"[0-9a-f]{8}"/g, '"fingerprint":""'));
    expect(withoutFingerprints(read)).toEqual(withoutFingerprints(record));
    expect((await vault.get({ connectionId: id, field: 'client_secret' }, 'ref-1')).reveal()).toBe('hunter2');
  });

  test('gets keyed fingerprints, the same as a secret that is supplied now', async () => {
    const home = temporaryFolder();
    const derive = writeOldKey(home);
    const db = writeOldDatabase(home, 2, []);
    const info = addOldSecret(db, derive, 'a', { ref: 'ref-1', material: 'hunter2' });
    const record = testRecord({ id: 'a', secrets: [info], previousSecrets: [{ ...info, ref: 'gone' }] });
    db.prepare('INSERT INTO connections VALUES (?, ?, ?, ?, ?)').run('a', 'local', 'prod', 1, JSON.stringify(record));
    db.close();
    const storage = openHome(home);
    const read = await storage.records.get('prod', 'local');
    const fingerprints = createFingerprints({
      key: () => storage.keys.derive('fingerprint'),
      isAtHand: storage.keys.isAtHand,
    });
    expect(read?.secrets[0]?.fingerprint).toBe(await fingerprints.of(new Secret('hunter2')));
    await storage.close();
    const files = readdirSync(home).map((file) => readFileSync(join(home, file), 'latin1'));
    expect(files.some((text) => text.includes(oldFingerprint('hunter2')))).toBe(false);
  });

  test('is sealed by the first that reads it; then a record without a seal is refused', async () => {
    const home = temporaryFolder();
    writeOldDatabase(home, 2, [testRecord()]).close();
    await openHome(home).records.list('local');
    behindItsBack(home, (db) => {
      const rows = db.prepare('SELECT record FROM sealed_connections').all();
      expect(rows.every((row) => String(row['record']).startsWith('seal-1:'))).toBe(true);
      db.prepare('UPDATE sealed_connections SET record = ?').run(JSON.stringify(testRecord({ cloud: 'china' })));
    });
    expect(await failureOf(openHome(home).records.get('prod', 'local'))).toMatchObject(notOurs);
  });

  const stripped = { code: 'configuration', message: expect.stringContaining('lost their seals') };

  test('cannot be pretended: who takes off seals and marks is noticed, since the key remembers', async () => {
    const home = temporaryFolder();
    const storage = openLocalStorage({ home, vault: 'file', clock: handClock() });
    await storage.records.insert(testRecord());
    await storage.vault.put({ connectionId: 'c', field: 'f' }, new Secret('s'));
    await storage.close();
    behindItsBack(home, (db) => {
      db.exec('DELETE FROM vault_meta; DELETE FROM secrets');
      db.prepare('UPDATE sealed_connections SET record = ?').run(JSON.stringify(testRecord({ cloud: 'china' })));
    });
    const { records } = openHome(home);
    expect(await failureOf(records.get('prod', 'local'))).toMatchObject(stripped);
    expect(await failureOf(records.list('local'))).toMatchObject(stripped);
    expect(await failureOf(records.insert(testRecord({ id: 'z', name: 'z' })))).toMatchObject(stripped);
  });

  test('cannot be pretended with secrets either, whose key check was deleted', async () => {
    const home = temporaryFolder();
    const derive = writeOldKey(home);
    const db = writeOldDatabase(home, 2, [testRecord()]);
    addOldSecret(db, derive, 'a', { ref: 'r', material: 'm' });
    db.exec('DELETE FROM vault_meta');
    db.close();
    expect(await failureOf(openHome(home).records.list('local'))).toMatchObject(stripped);
  });

  test('is none where nothing is stored: a copied key begins a new home', async () => {
    const home = temporaryFolder();
    const storage = openLocalStorage({ home, vault: 'file', clock: handClock() });
    await storage.records.insert(testRecord());
    await storage.close();
    const twin = temporaryFolder();
    copyFileSync(join(home, 'master.key'), join(twin, 'master.key'));
    const { records } = openHome(twin);
    expect(await records.list('local')).toEqual([]);
    await records.insert(testRecord());
    expect(await openHome(twin).records.list('local')).toEqual([testRecord()]);
  });

  test('cannot be brought back by a copy of the database alone', async () => {
    const home = temporaryFolder();
    writeOldKey(home);
    writeOldDatabase(home, 2, [testRecord()]).close();
    copyFileSync(join(home, 'tenantry.db'), join(home, 'copy'));
    const storage = openLocalStorage({ home, vault: 'file', clock: handClock() });
    await storage.records.list('local');
    await storage.close();
    copyFileSync(join(home, 'copy'), join(home, 'tenantry.db'));
    expect(await failureOf(openHome(home).records.list('local'))).toMatchObject(stripped);
  });

  test('that was sealed by a process which ended before the key remembered it is finished by the next one', async () => {
    const home = temporaryFolder();
    writeOldKey(home);
    const path = join(home, 'master.key');
    const before = readFileSync(path, 'utf8');
    writeOldDatabase(home, 2, [testRecord()]).close();
    await openHome(home).records.list('local');
    const after = readFileSync(path, 'utf8');
    expect(after).not.toBe(before);
    writeFileSync(path, before);
    expect(await openHome(home).records.list('local')).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe(after);
  });

  test('of which a row cannot be sealed stays as it was', async () => {
    const home = temporaryFolder();
    const key = writeOldKey(home);
    const db = writeOldDatabase(home, 2, [testRecord(), testRecord({ id: 'b', name: 'lab' })]);
    addOldSecret(db, key, 'a', { ref: 'r', material: 'm' });
    // The second row makes the transaction fail in its middle.
    db.exec(
      "CREATE TRIGGER stop BEFORE UPDATE ON connections WHEN old.name = 'lab' BEGIN SELECT raise(ABORT, 'full'); END",
    );
    db.close();
    await expect(openHome(home).records.list('local')).rejects.toThrow();
    behindItsBack(home, (db2) => {
      const texts = db2
        .prepare('SELECT record FROM sealed_connections ORDER BY name')
        .all()
        .map((row) => String(row['record']));
      expect(texts.map((text) => JSON.parse(text).name)).toEqual(['lab', 'prod']);
      db2.exec('DROP TRIGGER stop');
    });
    expect(await openHome(home).records.list('local')).toHaveLength(2);
  });

  test('whose key is missing although it has secrets says so, and nothing is changed', async () => {
    const home = temporaryFolder();
    const db = writeOldDatabase(home, 2, [testRecord()]);
    addOldSecret(db, writeOldKey(home), 'a', { ref: 'r', material: 'm' });
    db.close();
    rmSync(join(home, 'master.key'));
    expect(await failureOf(openHome(home).records.list('local'))).toMatchObject({
      message: expect.stringContaining('missing'),
    });
    expect(existsSync(join(home, 'master.key'))).toBe(false);
    behindItsBack(home, (db2) => {
      expect(db2.prepare('SELECT record FROM sealed_connections').get()?.['record']).toBe(JSON.stringify(testRecord()));
    });
  });

  test('is not sealed with a key that is not its own', async () => {
    const home = temporaryFolder();
    const db = writeOldDatabase(home, 2, [testRecord()]);
    addOldSecret(db, writeOldKey(home), 'a', { ref: 'r', material: 'm' });
    db.close();
    writeOldKey(home);
    expect(await failureOf(openHome(home).records.list('local'))).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('not the one'),
    });
    behindItsBack(home, (db2) => {
      expect(db2.prepare('SELECT record FROM sealed_connections').get()?.['record']).toBe(JSON.stringify(testRecord()));
    });
  });

  test('is sealed once by many processes that open it at the same time', async () => {
    const home = temporaryFolder();
    const derive = writeOldKey(home);
    const db = writeOldDatabase(
      home,
      1,
      Array.from({ length: 30 }, (_, n) => testRecord({ id: `i${n}`, name: `n${n}` })),
    );
    addOldSecret(db, derive, 'a', { ref: 'r', material: 'm' });
    db.close();
    const source = fileURLToPath(new URL('../../../../src/core/storage/open-local-storage.ts', import.meta.url));
    const script = `
      const { openLocalStorage } = await import(${JSON.stringify(source)});
      const { records, close } = openLocalStorage({ home: ${JSON.stringify(home)}, vault: 'file', clock: { now: () => Date.now() } });
      console.log((await records.list('local')).length);
      await close();`;
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const counts = await Promise.all(
      children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()),
    );
    expect(counts).toEqual(['30', '30', '30']);
    expect(readFileSync(join(home, 'master.key'), 'utf8')).toMatch(/^tenantry-key-1:[\w-]{43}:sealed\n$/);
    expect(await openHome(home).records.damaged('local')).toEqual([]);
  });

  test('of which a process is still running keeps what that process cannot write any more', async () => {
    const home = temporaryFolder();
    const old = writeOldDatabase(home, 2, [testRecord()]);
    const update = () =>
      old.prepare('UPDATE connections SET record = ?').run(JSON.stringify(testRecord({ revision: 2 })));
    expect(update).not.toThrow();
    await openHome(home).records.list('local');
    expect(update).toThrow('no such table');
    old.close();
  });
});
