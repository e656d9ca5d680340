import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
import { failureOf, temporaryFolder } from '../core/connections/support.ts';
import { exportOfMany } from '../core/storage/transfer/many-connections.ts';
import { describePostgres } from '../support/postgres-cluster.ts';

const count = 10_000;
const masterKey = Buffer.alloc(32, 7);
const cli = join(import.meta.dirname, '../../src/cli.ts');
let text = '';

beforeAll(async () => {
  const keys = createSharedKey({ read: async () => new Secret(masterKey.toString('base64')) });
  text = await exportOfMany(count, keys);
}, 120_000);

/** A home with the master key, and a store in it or where `store` says. */
async function openNode(store?: Readonly<Record<string, unknown>>) {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, 'master.key'), `tenantry-key-1:${masterKey.toString('base64url')}\n`, { mode: 0o600 });
  writeFileSync(join(home, 'tenantry.yaml'), JSON.stringify(store === undefined ? {} : { store }), { mode: 0o600 });
  const environment = (name: string) => ({ PW: 'x', KEY: masterKey.toString('base64'), TENANTRY_VAULT: 'file' })[name];
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
  return { home, storage, upkeep: createStoreUpkeep(lazy(async () => storage)) };
}

/** Starts an import in a process of its own, gives it a part of the file, and kills it when that has been taken. */
async function importKilled(home: string, length: number): Promise<void> {
  const pipe = join(temporaryFolder(), 'export.ndjson');
  execFileSync('mkfifo', [pipe]);
  const child = spawn(process.execPath, [cli, 'store', 'import', pipe, '--home', home], {
    stdio: 'ignore',
    env: { ...process.env, TENANTRY_VAULT: 'file', PW: 'x', KEY: masterKey.toString('base64') },
  });
  const ended = once(child, 'exit');
  // Opened when the other process reads; it hears no end of the file before it is killed.
  const file = createWriteStream(pipe).on('error', () => undefined);
  file.write(text.slice(0, length), () => child.kill('SIGKILL'));
  const [, signal] = await ended;
  file.destroy();
  expect(signal).toBe('SIGKILL');
}

async function expectAll({ records, vault }: Storage): Promise<void> {
  const all = await records.list('local');
  expect(all).toHaveLength(count);
  expect(await vault.list()).toHaveLength(count);
  for (const { id, name, secrets } of all.filter((_, nth) => nth % 250 === 0)) {
    const secret = await vault.get({ connectionId: id, field: 'client_secret' }, String(secrets[0]?.ref));
    expect(secret.reveal()).toBe(`secret-of-${name}`);
  }
}

/** Kills imports in the middle of the file and at its end, looks that nothing is half done, and repeats the import until it is done. */
async function interruptAndRepeat({ home, storage, upkeep }: Awaited<ReturnType<typeof openNode>>): Promise<void> {
  for (const part of [0.37, 1]) {
    await importKilled(home, Math.floor(text.length * part));
    expect(await storage.records.list('local'), `killed at ${part}`).toEqual([]);
    expect(await storage.vault.list(), `killed at ${part}`).toEqual([]);
  }
  const file = join(home, 'export.ndjson');
  writeFileSync(file, text);
  const way = { replace: false, signal: new AbortController().signal };
  await expect.poll(() => upkeep.importFrom(file, way).then(() => 'done', String), { timeout: 30_000 }).toBe('done');
  await expectAll(storage);
  expect(await upkeep.importFrom(file, way)).toEqual({ added: 0, replaced: 0, kept: 2 * count });
  await expectAll(storage);
}

describe('an import of 10,000 connections into SQLite', () => {
  test('killed and repeated loses and doubles nothing', { timeout: 180_000 }, async () => {
    await interruptAndRepeat(await openNode());
  });
});

describePostgres('an import of 10,000 connections into PostgreSQL', (cluster) => {
  async function openShared() {
    const { url, ca = '', schema = '' } = cluster().options();
    const address = new URL(url);
    address.password = '';
    const authority = join(temporaryFolder(), 'ca.pem');
    writeFileSync(authority, ca);
    const sources = { password: { env: 'PW' }, master_key: { env: 'KEY' } };
    return openNode({ url: address.href, ca: authority, schema, ...sources });
  }

  test('killed and repeated loses and doubles nothing, and goes back to SQLite as it was', {
    timeout: 300_000,
  }, async () => {
    const shared = await openShared();
    await interruptAndRepeat(shared);
    const { signal } = new AbortController();
    const back = join(shared.home, 'back.ndjson');
    await shared.upkeep.exportTo(back, signal);
    expect(new Set(readFileSync(back, 'utf8').split('\n').slice(0, -2))).toEqual(
      new Set(text.split('\n').slice(0, -2)),
    );
    const local = await openNode();
    await local.upkeep.importFrom(back, { replace: false, signal });
    await expectAll(local.storage);
  });

  test('while another import goes on, the second is refused and may be repeated', async () => {
    const one = await openShared();
    const file = join(one.home, 'export.ndjson');
    writeFileSync(file, await exportOfMany(3, one.storage.keys));
    const way = { replace: false, signal: new AbortController().signal };
    await one.storage.tables?.change(async () => {
      expect(await failureOf(one.upkeep.importFrom(file, way))).toMatchObject({ code: 'conflict', retryable: true });
    });
    expect(await one.upkeep.importFrom(file, way)).toEqual({ added: 6, replaced: 0, kept: 0 });
  });

  test('migrate makes the tables once', async () => {
    const { upkeep } = await openShared();
    const { after, ...made } = await upkeep.migrate();
    expect(made).toEqual({ before: 0 });
    expect(await upkeep.migrate()).toEqual({ before: after, after });
  });
});
