import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lazy } from '../../src/core/base/lazy.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../src/core/storage/open-local-storage.ts';
import type { NamedSecret, Storage } from '../../src/core/storage/storage.ts';
import { createStoreUpkeep } from '../../src/runtime/store-upkeep.ts';
import { failureOf, handClock, temporaryFolder, testRecord } from '../core/connections/support.ts';

const { signal } = new AbortController();

function openHome(home = join(temporaryFolder(), 'home')) {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const storage = openLocalStorage({ home, vault: 'file', clock: handClock() });
  onTestFinished(() => storage.close());
  return { home, storage, upkeep: createStoreUpkeep(lazy(async () => storage)) };
}

/** A home with the master key of another one and nothing else. */
function openTwin(home: string) {
  const twin = join(temporaryFolder(), 'home');
  mkdirSync(twin, { mode: 0o700 });
  copyFileSync(join(home, 'master.key'), join(twin, 'master.key'));
  return openHome(twin);
}

const named: NamedSecret = {
  name: 'app',
  owner: 'local',
  ref: 'r',
  fingerprint: 'f',
  source: 'person',
  use: ['sign_in'],
  to: [],
  cloud: 'public',
  storedAt: '2026-01-01T00:00:00Z',
};
const receipt = { id: 'R1', owner: 'local', revision: 1, expiresAt: Date.parse('2027-01-01'), sealed: 'sealed' };

async function fill({ records, vault, secrets, receipts }: Storage): Promise<string> {
  const ref = await vault.put({ connectionId: 'id-1', field: 'client_secret' }, new Secret('hunter2-hunter2'));
  await records.insert(testRecord({ id: 'id-1', name: 'prod' }));
  await records.insert(testRecord({ id: 'id-2', name: 'dev', owner: 'another' }));
  await secrets.put(named);
  await receipts.insert(receipt);
  return ref;
}

async function exported(): Promise<{ file: string; home: string; ref: string; upkeep: ReturnType<typeof openHome> }> {
  const source = openHome();
  const ref = await fill(source.storage);
  const file = join(temporaryFolder(), 'export.ndjson');
  await source.upkeep.exportTo(file, signal);
  return { file, home: source.home, ref, upkeep: source };
}

const bring = (to: ReturnType<typeof openHome>, file: string, replace = false) =>
  to.upkeep.importFrom(file, { replace, signal });

describe('an export and its import', () => {
  test('carry connections, secrets, named secrets and receipts; once more changes nothing', async () => {
    const { file, home, ref } = await exported();
    const target = openTwin(home);
    expect(await bring(target, file)).toEqual({ added: 5, replaced: 0, kept: 0 });
    expect(await bring(target, file)).toEqual({ added: 0, replaced: 0, kept: 5 });
    const { records, vault, secrets, receipts } = target.storage;
    expect(await records.get('prod', 'local')).toEqual(testRecord({ id: 'id-1', name: 'prod' }));
    expect(await records.get('dev', 'another')).toMatchObject({ id: 'id-2' });
    const secret = await vault.get({ connectionId: 'id-1', field: 'client_secret' }, ref);
    expect(secret.reveal()).toBe('hunter2-hunter2');
    expect(await secrets.get('app', 'local')).toEqual(named);
    expect(await receipts.find('R1', 'local')).toEqual(receipt);
  });

  test('the file is for its owner only, has no secret in clear, and replaces no other file', async () => {
    const { file, upkeep } = await exported();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('hunter2');
    expect(await failureOf(upkeep.upkeep.exportTo(file, signal))).toMatchObject({ code: 'configuration' });
  });

  test('a file that was cut, changed or continued is refused as a whole', async () => {
    const { file, home } = await exported();
    const text = readFileSync(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    const broken = [
      '',
      lines.slice(0, -1).join('\n'),
      [...lines.slice(0, 2), ...lines.slice(3)].join('\n'),
      text.replace('"prod"', '"proc"'),
      text.replace(/"rows":5/, '"rows":4'),
      `${text}${lines[1]}\n`,
      text.slice(0, -5),
    ];
    const target = openTwin(home);
    for (const one of broken) {
      expect(one).not.toBe(text);
      writeFileSync(file, one);
      expect(await failureOf(bring(target, file))).toMatchObject({ code: 'invalid_argument' });
      expect(await target.storage.records.listAll()).toEqual([]);
      expect(await target.storage.vault.list()).toEqual([]);
    }
  });

  test('another master key is refused by the file and by the store', async () => {
    const { file } = await exported();
    const stranger = openHome();
    await stranger.storage.records.insert(testRecord({ id: 'x', name: 'own' }));
    expect(await failureOf(bring(stranger, file))).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('another master key'),
    });
    expect(await stranger.storage.records.listAll()).toHaveLength(1);
  });

  test('the later revision of a connection stays, whichever side has it', async () => {
    const { file, home, upkeep } = await exported();
    const target = openTwin(home);
    await bring(target, file);
    await target.storage.records.replace(testRecord({ id: 'id-1', name: 'prod', revision: 2 }));
    expect(await bring(target, file)).toEqual({ added: 0, replaced: 0, kept: 5 });
    expect(await target.storage.records.get('prod', 'local')).toMatchObject({ revision: 2 });
    const back = join(temporaryFolder(), 'back.ndjson');
    await target.upkeep.exportTo(back, signal);
    expect(await bring(upkeep, back)).toEqual({ added: 0, replaced: 1, kept: 4 });
    expect(await upkeep.storage.records.get('prod', 'local')).toMatchObject({ revision: 2 });
  });

  test('another connection or secret of the same name is refused with a list, or replaced where that is wanted', async () => {
    const { file, home } = await exported();
    const target = openTwin(home);
    await target.storage.records.insert(testRecord({ id: 'other', name: 'prod' }));
    await target.storage.secrets.put({ ...named, ref: 'other' });
    const refusal = await failureOf(bring(target, file));
    expect(refusal).toMatchObject({ code: 'conflict', message: expect.stringMatching(/`prod`.*`app`/) });
    expect(await target.storage.records.get('dev', 'another')).toBeUndefined();
    expect(await bring(target, file, true)).toEqual({ added: 3, replaced: 2, kept: 0 });
    expect(await target.storage.records.get('prod', 'local')).toMatchObject({ id: 'id-1' });
    expect(await target.storage.secrets.get('app', 'local')).toEqual(named);
  });

  test('an interruption leaves no file and no part of an import', async () => {
    const { file, home, upkeep } = await exported();
    const target = openTwin(home);
    const aborted = AbortSignal.abort();
    const other = join(temporaryFolder(), 'other.ndjson');
    expect(await failureOf(upkeep.upkeep.exportTo(other, aborted))).toMatchObject({ code: 'cancelled' });
    expect(() => statSync(other)).toThrow('ENOENT');
    const work = target.upkeep.importFrom(file, { replace: false, signal: aborted });
    expect(await failureOf(work)).toMatchObject({ code: 'cancelled' });
    expect(await target.storage.records.listAll()).toEqual([]);
  });

  test('two imports at once end as one', async () => {
    const { file, home } = await exported();
    const target = openTwin(home);
    const both = await Promise.all([bring(target, file), bring(target, file)]);
    expect(both.map(({ added }) => added).sort()).toEqual([0, 5]);
    expect(await target.storage.records.listAll()).toHaveLength(2);
  });

  test('migrate says the version before and after', async () => {
    const { upkeep } = openHome();
    const { before, after } = await upkeep.migrate();
    expect(before).toBe(0);
    expect(await upkeep.migrate()).toEqual({ before: after, after });
  });
});
