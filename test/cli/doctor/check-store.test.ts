import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { checkStorePlace } from '../../../src/cli/doctor/check-store.ts';
import { localCaller } from '../../../src/core/base/caller.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { temporaryFolder, testRecord } from '../../core/connections/support.ts';
import { writeOldDatabase } from '../../core/storage/old-homes.ts';
import { testCall } from '../../support/call.ts';

/** A look into a home by a process of its own. */
async function lookInto(
  home: string,
  fill: (runtime: ReturnType<typeof createRuntime>) => Promise<unknown> = async () => undefined,
) {
  const environment = (name: string) => ({ TENANTRY_VAULT: 'file' })[name];
  const { config, error } = await loadConfig({ flags: { home, logLevel: 'silent' }, environment });
  expect(error).toBeUndefined();
  const runtime = createRuntime({ config, version: '0' });
  onTestFinished(() => runtime.close());
  await fill(runtime);
  return checkStorePlace(runtime);
}

function newHome(): string {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  return home;
}

async function filledHome(): Promise<string> {
  const home = newHome();
  await lookInto(home, async (runtime) => {
    await runtime.connections.create({ name: 'prod' }, localCaller, testCall());
    await runtime.close();
  }).catch(() => undefined);
  return home;
}

/** A digest of every file. */
function filesOf(home: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(home).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(home, name)))
        .digest('hex'),
    ]),
  );
}

test('a home without a store is left without one', async () => {
  const home = newHome();
  expect(await lookInto(home)).toEqual({ found: [], isReadable: true });
  expect(readdirSync(home)).toEqual([]);
});

test('a store of an earlier version is left as it is, and not read', async () => {
  const home = newHome();
  writeOldDatabase(home, 2, [testRecord()]).close();
  const before = filesOf(home);
  const { found, isReadable } = await lookInto(home);
  expect(found).toEqual([
    expect.objectContaining({ check: 'store tables', status: 'warn', detail: expect.stringContaining('version 2') }),
  ]);
  expect(isReadable).toBe(false);
  expect(filesOf(home)).toEqual(before);
});

test('a store in use is seen as it is now, and left as it is', async () => {
  const home = await filledHome();
  const before = filesOf(home);
  expect(await lookInto(home)).toEqual({ found: [], isReadable: true });
  expect(filesOf(home)).toEqual(before);

  const busy = new DatabaseSync(join(home, 'tenantry.db'));
  onTestFinished(() => busy.close());
  busy.exec('PRAGMA user_version = 99');
  expect(await lookInto(home)).toMatchObject({
    found: [{ check: 'store tables', status: 'fail', detail: expect.stringContaining('newer') }],
    isReadable: false,
  });
});

test('a master key that is another one or missing is named, and none is made', async () => {
  const home = await filledHome();
  const key = join(home, 'master.key');
  writeFileSync(key, `tenantry-key-1:${Buffer.alloc(32, 1).toString('base64url')}\n`);
  expect(await lookInto(home)).toMatchObject({
    found: [{ check: 'master key', status: 'fail', detail: expect.stringContaining('not the one') }],
    isReadable: false,
  });
  rmSync(key);
  const before = filesOf(home);
  expect(await lookInto(home)).toMatchObject({
    found: [{ check: 'master key', status: 'fail', detail: expect.stringContaining('missing') }],
    isReadable: false,
  });
  expect(filesOf(home)).toEqual(before);
});

test('a file that is no store is named', async () => {
  const home = newHome();
  writeFileSync(join(home, 'tenantry.db'), 'no database '.repeat(100), { mode: 0o600 });
  expect(await lookInto(home)).toMatchObject({ found: [{ check: 'store', status: 'fail' }], isReadable: false });
});
