import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inspectFiles } from '../../src/cli/commands/doctor-files.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../src/core/storage/open-local-storage.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { listConnections } from '../../src/tools/connections/list-connections.ts';
import { identity } from '../core/connections/service-support.ts';
import { failureOf, handClock, temporaryFolder } from '../core/connections/support.ts';
import { testCall } from '../support/call.ts';

const isRoot = process.getuid?.() === 0;

async function start(home: string, variables: Record<string, string> = {}) {
  const loaded = await loadConfig({
    flags: { home, logLevel: 'silent' },
    environment: (name) => ({ TENANTRY_VAULT: 'file', ...variables })[name],
  });
  const { config, error } = loaded;
  const runtime = createRuntime({ config, version: '0', ...(error ? { configurationError: error } : {}) });
  onTestFinished(() => runtime.close());
  const list = async () => {
    const { text } = await runTool(
      listConnections,
      {},
      { caller: localCaller, signal: new AbortController().signal },
      runtime,
    );
    return JSON.parse(text).response;
  };
  return { runtime, list, error };
}

/** A home with everything in it that is ever checked, in a folder of its own. */
async function fullHome(): Promise<string> {
  const home = join(temporaryFolder(), 'above', 'home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'tenantry.yaml'), 'max_result_bytes: 20000\n');
  const { runtime } = await start(home);
  await runtime.connections.create({ name: 'prod' }, localCaller, testCall());
  const secrets = { client_secret: new Secret('hunter2-hunter2') };
  await runtime.connections.complete('prod', { ...identity, secrets }, localCaller, testCall());
  await runtime.close();
  return home;
}

const checked = {
  'the home': '.',
  'the folder above': '..',
  'the database': 'tenantry.db',
  'the key': 'master.key',
  'the configuration': 'tenantry.yaml',
} as const;
const places = Object.entries(checked);

test('a home as Tenantry makes it is fine', async () => {
  const home = await fullHome();
  expect((await (await start(home)).list()).success).toBe(true);
  expect(inspectFiles({ home, file: join(home, 'tenantry.yaml') })).toEqual([]);
});

test.each(places)(
  'when others may write %s, every tool says so, doctor knows, and nothing is written',
  async (_what, file) => {
    const home = await fullHome();
    const path = join(home, file);
    chmodSync(path, statSync(path).mode | 0o002);
    // Reading opens the database, whose journal is there as long as it is open.
    const files = () => readdirSync(home).filter((name) => !/-(wal|shm)$/.test(name));
    const before = files();
    const { list, error } = await start(home);
    const answer = await list();
    expect(answer).toMatchObject({ success: false, error: { code: 'configuration' } });
    expect(answer.error.message).toMatch(/can be changed by other users/);
    expect(answer.error.hint).toMatch(/^Run: chmod (o-w|600) .*TENANTRY_HOME_CHECK=warn/);
    // What is loaded with the configuration is said at the start already.
    expect(error === undefined).toBe(file === 'tenantry.db' || file === 'master.key');
    expect(files()).toEqual(before);
    expect(inspectFiles({ home, file: join(home, 'tenantry.yaml') })).toContainEqual(
      expect.objectContaining({ isRefused: true, problem: answer.error.message }),
    );
  },
);

test.each(places.filter(([, file]) => file !== '..'))('when a stranger owns %s, it is refused', async (_what, file) => {
  if (!isRoot) return;
  const home = await fullHome();
  chownSync(join(home, file), 12_345, 12_345);
  const answer = await (await start(home)).list();
  expect(answer.error).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('another user (id 12345)'),
  });
});

test.each(places)('on a volume without modes, TENANTRY_HOME_CHECK=warn goes on with %s', async (_what, file) => {
  const home = await fullHome();
  chmodSync(join(home, file), 0o777);
  expect((await (await start(home, { TENANTRY_HOME_CHECK: 'warn' })).list()).success).toBe(true);
});

test('access of the group is no obstacle, but doctor tells it', async () => {
  const home = await fullHome();
  chmodSync(join(home, 'tenantry.db'), 0o660);
  chmodSync(join(home, 'master.key'), 0o640);
  chmodSync(home, 0o770);
  expect((await (await start(home)).list()).success).toBe(true);
  const findings = inspectFiles({ home, file: undefined });
  expect(findings.some(({ isRefused }) => isRefused)).toBe(false);
  for (const noun of ['home folder', 'connection store', 'master key']) {
    expect(findings).toContainEqual(expect.objectContaining({ problem: expect.stringContaining(noun) }));
  }
});

test('a key that others can read is refused', async () => {
  const home = await fullHome();
  chmodSync(join(home, 'master.key'), 0o604);
  const answer = await (await start(home)).list();
  expect(answer.error).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('read by other users'),
  });
});

test('a home that would be made where everybody may rename is not made', async () => {
  const top = temporaryFolder();
  chmodSync(top, 0o777);
  const { runtime, list, error } = await start(join(top, 'home'));
  expect(error?.code).toBe('configuration');
  // Not even by the audit log, which has a line for refused calls too.
  expect((await list()).error).toMatchObject({ code: 'configuration' });
  await runtime.close();
  // Nor by a program that goes on without asking what is wrong with its configuration.
  const again = (await start(join(top, 'home'))).runtime;
  expect(await failureOf(again.connections.create({ name: 'prod' }, localCaller, testCall()))).toMatchObject({
    code: 'configuration',
  });
  // Nor by what needs no key.
  const { vault, close } = openLocalStorage({ home: join(top, 'home'), vault: 'file', clock: handClock() });
  expect(await failureOf(vault.destroy('x'))).toMatchObject({ code: 'configuration' });
  await close();
  expect(existsSync(join(top, 'home'))).toBe(false);
});

test('the side files of the database are checked as well', async () => {
  const home = await fullHome();
  writeFileSync(join(home, 'tenantry.db-wal'), '');
  chmodSync(join(home, 'tenantry.db-wal'), 0o666);
  expect((await (await start(home)).list()).error).toMatchObject({
    message: expect.stringContaining('tenantry.db-wal'),
  });
});

test('a configuration elsewhere is checked with its folders', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'own.yaml');
  writeFileSync(file, 'max_result_bytes: 20000\n');
  const errorOf = async () => (await start(join(temporaryFolder(), 'home'), { TENANTRY_CONFIG: file })).error;
  expect(await errorOf()).toBeUndefined();
  chmodSync(folder, 0o777);
  expect((await errorOf())?.message).toContain('in which the configuration file is');
  chmodSync(folder, 0o700);
  chmodSync(file, 0o646);
  expect((await errorOf())?.message).toContain('The configuration file');
});

test('TENANTRY_HOME_CHECK takes nothing but warn', async () => {
  for (const value of ['off', 'false', '0', 'ignore', 'WARN']) {
    const { error } = await start(join(temporaryFolder(), 'home'), { TENANTRY_HOME_CHECK: value });
    expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining('TENANTRY_HOME_CHECK') });
  }
});

test('start-up looks at an absent home and leaves it absent', async () => {
  const home = join(temporaryFolder(), 'home');
  const { runtime, error } = await start(home);
  expect(error).toBeUndefined();
  expect(await runtime.connections.list(localCaller)).toEqual([]);
  await runtime.close();
  expect(existsSync(home)).toBe(false);
});
