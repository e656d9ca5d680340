import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { sweepOrphans } from '../../../src/core/connections/record-changes.ts';
import type { ConnectionRecord } from '../../../src/core/record/connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import type { Storage } from '../../../src/core/storage/storage.ts';
import { testCall } from '../../support/call.ts';
import { identity, setUpService } from './service-support.ts';
import { temporaryFolder } from './support.ts';

const worker = fileURLToPath(new URL('process-worker.ts', import.meta.url));
const clock = { now: () => Date.now() };

/** Starts a process on the home folder; `answered` counts the changes that it got an answer for. */
function startWorker(home: string, label: string, count: number, killAt = '') {
  const child = spawn(process.execPath, [worker, home, label, String(count), killAt], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let answered = 0;
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const lines = createInterface(child.stdout);
  lines.on('line', () => {
    answered += 1;
  });
  return { child, lines, answered: () => answered, complaint: () => complaint };
}

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  const [code, signal] = await once(child, 'close');
  return code ?? signal;
}

/** A home folder with the complete connection `prod`, whose secret is `first`. */
async function homeWithProd(): Promise<string> {
  const home = temporaryFolder();
  const storage = openLocalStorage({ home, vault: 'file', clock });
  const { service } = setUpService({ store: storage.records, vault: storage.vault, clock });
  await service.create({ name: 'prod' }, localCaller, testCall());
  await service.complete(
    'prod',
    { ...identity, secrets: { client_secret: new Secret('first') } },
    localCaller,
    testCall(),
  );
  await storage.close();
  return home;
}

/** Opens the home folder and reads what is in it; every secret that the record names must be readable. */
async function inspect(home: string): Promise<{ record: ConnectionRecord; current: string; previous: string[] }> {
  return withStorage(home, async ({ records, vault }) => {
    const record = await records.get('prod', 'local');
    if (record === undefined) throw new Error('The record is gone.');
    const reveal = async (ref: string) =>
      (await vault.get({ connectionId: record.id, field: 'client_secret' }, ref)).reveal();
    const [current = ''] = await Promise.all(record.secrets.map(({ ref }) => reveal(ref)));
    return { record, current, previous: await Promise.all(record.previousSecrets.map(({ ref }) => reveal(ref))) };
  });
}

/** What stays in the vault after the sweep that comes an hour later. */
async function storedAfterSweep(home: string): Promise<string[]> {
  return withStorage(home, async ({ records: store, vault, secrets }) => {
    await sweepOrphans({ store, vault, secrets, clock: { now: () => Date.now() + 2 * 60 * 60_000 } });
    return (await vault.list()).map(({ ref }) => ref).sort();
  });
}

async function withStorage<T>(home: string, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = openLocalStorage({ home, vault: 'file', clock });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

function refsOf({ secrets, previousSecrets }: ConnectionRecord): string[] {
  return [...secrets, ...previousSecrets].map(({ ref }) => ref).sort();
}

test('two processes interleave 1,000 completes and rotations and lose none', async () => {
  const home = await homeWithProd();
  const workers = [startWorker(home, 'a', 500), startWorker(home, 'b', 500)];
  const ends = await Promise.all(workers.map(({ child }) => endOf(child)));
  expect(workers.map(({ complaint }) => complaint())).toEqual(['', '']);
  expect(ends).toEqual([0, 0]);
  expect(workers.map(({ answered }) => answered())).toEqual([500, 500]);
  const { record, current, previous } = await inspect(home);
  expect(record.revision).toBe(2 + 1_000);
  expect(current).toMatch(/^secret-[ab]-\d+$/);
  expect(previous).toHaveLength(1);
  expect(await storedAfterSweep(home)).toEqual(refsOf(record));
}, 60_000);

test('processes that start together on an empty home agree on one master key', async () => {
  const home = temporaryFolder();
  const script = `
    const { openLocalStorage } = await import(${JSON.stringify(fileURLToPath(new URL('../../../src/core/storage/open-local-storage.ts', import.meta.url)))});
    const { Secret } = await import(${JSON.stringify(fileURLToPath(new URL('../../../src/core/secrets/secret.ts', import.meta.url)))});
    const { vault, close } = openLocalStorage({ home: ${JSON.stringify(home)}, vault: 'file', clock: { now: () => Date.now() } });
    console.log(await vault.put({ connectionId: 'c', field: 'f' }, new Secret('s' + process.pid)));
    await close();`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const refs = await Promise.all(children.map(async (child) => String((await once(child.stdout, 'data'))[0]).trim()));
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'close')));
  await withStorage(home, async ({ vault }) => {
    const secrets = await Promise.all(refs.map((ref) => vault.get({ connectionId: 'c', field: 'f' }, ref)));
    expect(secrets.map((secret) => secret.reveal())).toEqual(children.map(({ pid }) => `s${pid}`));
  });
}, 30_000);

describe('a process that is killed', () => {
  test.each([
    ['before put', 'first', []],
    ['after put', 'first', []],
    ['before replace', 'first', []],
    ['after replace', 'secret-a-0', ['first']],
  ])('%s leaves %s', async (killAt, expected, before) => {
    const home = await homeWithProd();
    const { child, answered } = startWorker(home, 'a', 1, killAt);
    expect(await endOf(child)).toBe('SIGKILL');
    expect(answered()).toBe(0);
    const { record, current, previous } = await inspect(home);
    expect(current).toBe(expected);
    expect(previous).toEqual(before);
    expect(await storedAfterSweep(home)).toEqual(refsOf(record));
  });

  test.each(['before destroy', 'after destroy'])(
    '%s of the secret before the last leaves the new state',
    async (killAt) => {
      const home = await homeWithProd();
      const { child, answered } = startWorker(home, 'a', 9, killAt);
      expect(await endOf(child)).toBe('SIGKILL');
      expect(answered()).toBe(2);
      const { record, current, previous } = await inspect(home);
      expect([current, previous]).toEqual(['secret-a-2', ['secret-a-0']]);
      expect(await storedAfterSweep(home)).toEqual(refsOf(record));
    },
  );

  test.each(['after remove', 'before destroy'])(
    '%s of a removal leaves no connection and, in the end, no secret',
    async (killAt) => {
      const home = await homeWithProd();
      const { child } = startWorker(home, 'remover', 1, killAt);
      expect(await endOf(child)).toBe('SIGKILL');
      await withStorage(home, async ({ records }) => expect(await records.listAll()).toEqual([]));
      expect(await storedAfterSweep(home)).toEqual([]);
    },
  );

  test('at any moment, ten times over, leaves everything that was answered', async () => {
    const home = await homeWithProd();
    let answeredBefore = 0;
    for (let round = 1; round <= 10; round++) {
      const { child, lines, answered } = startWorker(home, `r${round}`, 10_000);
      const ended = endOf(child);
      for await (const _line of lines) {
        if (answered() >= round * 3) {
          child.kill('SIGKILL');
          break;
        }
      }
      expect(await ended).toBe('SIGKILL');
      answeredBefore += answered();
      const { record, current } = await inspect(home);
      expect(record.revision).toBeGreaterThanOrEqual(2 + answeredBefore);
      expect(current).toMatch(/^secret-r\d+-\d+$/);
      answeredBefore = record.revision - 2;
    }
    const { record } = await inspect(home);
    expect(await storedAfterSweep(home)).toEqual(refsOf(record));
  }, 60_000);
});
