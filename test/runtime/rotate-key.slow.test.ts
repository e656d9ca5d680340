import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSecretReferences } from '../../src/core/auth/secret-references.ts';
import { systemClock } from '../../src/core/base/clock.ts';
import { lazy } from '../../src/core/base/lazy.ts';
import { createGuard } from '../../src/core/base/private-paths.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import type { Storage } from '../../src/core/storage/storage.ts';
import { createSharedKey } from '../../src/core/storage/vault/shared-key.ts';
import { createLogger } from '../../src/core/telemetry/logger.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { openConfiguredStorage } from '../../src/runtime/open-storage.ts';
import { createStoreUpkeep } from '../../src/runtime/store-upkeep.ts';
import { failureOf, temporaryFolder, testRecord } from '../core/connections/support.ts';
import { exportOfMany } from '../core/storage/transfer/many-connections.ts';
import { describePostgres } from '../support/postgres-cluster.ts';

const count = 10_000;
const [oldKey, newKey] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
const cli = join(import.meta.dirname, '../../src/cli.ts');
const variables = { PW: 'x', OLD: oldKey.toString('base64'), NEW: newKey.toString('base64'), TENANTRY_VAULT: 'file' };
let text = '';

beforeAll(async () => {
  const keys = createSharedKey({ read: async () => new Secret(oldKey.toString('base64')) });
  text = await exportOfMany(count, keys);
}, 120_000);

/** A home with the old key, or a configuration that names a store. */
function makeHome(store?: Readonly<Record<string, unknown>>): string {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  if (store === undefined) {
    writeFileSync(join(home, 'master.key'), `tenantry-key-1:${oldKey.toString('base64url')}\n`, { mode: 0o600 });
  }
  writeFileSync(join(home, 'tenantry.yaml'), JSON.stringify(store === undefined ? {} : { store }), { mode: 0o600 });
  return home;
}

async function open(home: string) {
  const environment = (name: string) => Object.entries(variables).find(([one]) => one === name)?.[1];
  const { config, error } = await loadConfig({ flags: { home }, environment });
  expect(error).toBeUndefined();
  const storage = await openConfiguredStorage({
    config,
    vault: 'file',
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    guard: createGuard('refuse'),
    references: async () => createSecretReferences({ environment, home, allowed: config.secrets }),
    hide: () => undefined,
  });
  onTestFinished(() => storage.close());
  return { storage, upkeep: createStoreUpkeep(lazy(async () => storage)) };
}

async function fill(home: string): Promise<void> {
  const file = join(home, 'export.ndjson');
  writeFileSync(file, text);
  const { upkeep } = await open(home);
  await upkeep.importFrom(file, { replace: false, signal: new AbortController().signal });
}

/** Numbers below 1, the same in every run. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** The sealed part of one row, by its place in the order in which a rotation goes. */
async function sealedAt({ tables }: Storage, table: 'secrets' | 'connections', place: number): Promise<string> {
  if (tables === undefined) throw new Error('The store has tables.');
  const [key, sealed] = table === 'secrets' ? ['ref', 'sealed_key'] : ['id', 'record'];
  const text = `SELECT ${sealed} AS sealed FROM ${tables.names[table]} ORDER BY ${key} LIMIT 1 OFFSET ${place}`;
  const { rows } = await tables.snapshot((run) => run(text));
  const value = rows[0]?.['sealed'];
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

/** Rotates in a process of its own, and kills it when a certain row is under the new key and the last one is not. */
async function rotateKilled(home: string, storage: Storage, table: 'secrets' | 'connections', place: number) {
  const at = () => sealedAt(storage, table, place);
  const last = () => sealedAt(storage, 'connections', count - 1);
  const [before, lastBefore] = [await at(), await last()];
  const child = spawn(process.execPath, [cli, 'store', 'rotate-key', '--home', home], {
    stdio: 'ignore',
    env: { ...process.env, ...variables },
  });
  const ended = once(child, 'exit');
  await expect.poll(at, { timeout: 60_000, interval: 20 }).not.toBe(before);
  child.kill('SIGKILL');
  expect((await ended)[1]).toBe('SIGKILL');
  expect(await last(), 'the last row was not reached').toBe(lastBefore);
}

async function expectAll({ records, vault }: Storage, more: number): Promise<void> {
  const all = await records.list('local');
  expect(await records.damaged('local')).toEqual([]);
  expect(all).toHaveLength(count + more);
  const some = all.filter(({ secrets }, nth) => secrets.length > 0 && nth % 100 === 0);
  for (const { id, name, secrets } of some) {
    const secret = await vault.get({ connectionId: id, field: 'client_secret' }, String(secrets[0]?.ref));
    expect(secret.reveal()).toBe(`secret-of-${name}`);
  }
}

/** Kills rotations at two places; what nodes read and write in between is under the old key or the new one. */
async function interruptAndRepeat(home: string, seed: number, node = home): Promise<number> {
  const next = numbersFrom(seed);
  const running = await open(node);
  let more = 0;
  for (const table of ['secrets', 'connections'] as const) {
    await rotateKilled(home, running.storage, table, Math.floor(next() * count * 0.6));
    expect((await running.upkeep.state()).rotation).toBe('under way');
    await running.storage.records.insert(testRecord({ id: `a-more-${more}`, name: `more-${more}` }));
    more += 1;
    await expectAll(running.storage, more);
  }
  const { upkeep } = await open(home);
  const { signal } = new AbortController();
  const { unreadable, resealed } = await upkeep.rotateKey({ signal, settleMs: 0 });
  expect(unreadable).toBe(0);
  // The rest of the connections: all secrets were done by the second run.
  expect(resealed).toBeGreaterThan(0);
  expect(resealed).toBeLessThan(count);
  expect((await running.upkeep.state()).rotation).not.toBe('under way');
  await expectAll(running.storage, more);
  return more;
}

describe('a rotation with 10,000 connections in SQLite', () => {
  test('killed and repeated loses nothing: old key or new', { timeout: 240_000 }, async () => {
    const home = makeHome();
    await fill(home);
    const more = await interruptAndRepeat(home, 1);
    await expectAll((await open(home)).storage, more);
  });
});

describePostgres('a rotation with 10,000 connections in PostgreSQL', (cluster) => {
  /** Configurations of one store: with the old key, with both, with the new one. */
  function makeHomes() {
    const { url, ca = '', schema = '' } = cluster().options();
    const address = new URL(url);
    address.password = '';
    const authority = join(temporaryFolder(), 'ca.pem');
    writeFileSync(authority, ca);
    const store = { url: address.href, ca: authority, schema, password: { env: 'PW' } };
    return {
      old: makeHome({ ...store, master_key: { env: 'OLD' } }),
      both: makeHome({ ...store, master_key: { env: 'NEW' }, previous_master_key: { env: 'OLD' } }),
      new: makeHome({ ...store, master_key: { env: 'NEW' } }),
    };
  }

  test('killed and repeated loses nothing: old key or new', { timeout: 240_000 }, async () => {
    const homes = makeHomes();
    await fill(homes.old);
    const more = await interruptAndRepeat(homes.both, 2);
    await expectAll((await open(homes.new)).storage, more);
  });

  test('nodes with both keys follow without a restart, and a node with the old one alone says what is wrong', async () => {
    const homes = makeHomes();
    const [one, both] = [await open(homes.old), await open(homes.both)];
    const { signal } = new AbortController();
    await one.storage.records.insert(testRecord());
    // Until the rotation begins, all write under the old key.
    await both.storage.records.insert(testRecord({ id: 'b', name: 'b' }));
    expect((await one.storage.records.list('local')).map(({ name }) => name)).toEqual(['b', 'prod']);
    expect(await failureOf(one.upkeep.rotateKey({ signal }))).toMatchObject({
      code: 'configuration',
      hint: expect.stringContaining('store.previous_master_key'),
    });
    expect(await (await open(homes.both)).upkeep.rotateKey({ signal, settleMs: 0 })).toEqual({
      resealed: 2,
      unreadable: 0,
      isForgotten: false,
    });
    await both.storage.records.insert(testRecord({ id: 'c', name: 'c' }));
    expect(await both.storage.records.replace(testRecord({ revision: 2 }))).toBe(true);
    for (const work of [
      () => one.storage.records.insert(testRecord({ id: 'd', name: 'd' })),
      () => one.storage.records.list('local'),
      () => one.storage.records.removeDamaged('prod', 'local'),
      () => one.storage.vault.put({ connectionId: 'd', field: 'client_secret' }, new Secret('s3cret-s3cret')),
    ]) {
      expect(await failureOf(work())).toMatchObject({
        code: 'configuration',
        message: expect.stringContaining('master key'),
      });
    }
    const fresh = await open(homes.new);
    expect((await fresh.storage.records.list('local')).map(({ name }) => name)).toEqual(['b', 'c', 'prod']);
  });
});
