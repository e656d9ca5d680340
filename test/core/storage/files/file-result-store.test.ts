import { copyFileSync, existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createFileResultStore } from '../../../../src/core/storage/files/file-result-store.ts';
import { handClock, temporaryFolder } from '../../connections/support.ts';

const about = { caller: 'local', connectionId: 'c1', format: 'json' } as const;

function setUp() {
  const home = temporaryFolder();
  const directory = join(home, 'results');
  return { home, directory, results: createFileResultStore({ directory, clock: handClock() }) };
}

test('what was discarded, also in the middle, leaves no file', async () => {
  const { directory, results } = setUp();
  const writer = await results.create('local');
  await writer.append(Array.from({ length: 50_000 }, (_, n) => JSON.stringify({ n })));
  expect(readdirSync(directory)).toHaveLength(1);
  await writer.discard();
  expect(readdirSync(directory)).toEqual([]);
});

test('an id never leads out of the folder', async () => {
  const { home, directory, results } = setUp();
  const writer = await results.create('local');
  await writer.append(['1']);
  const { id } = await writer.finish(about);
  copyFileSync(join(directory, `${id}.result`), join(home, 'outside.result'));
  expect(await results.read('../outside', 'local', 0, 100)).toBeUndefined();
  expect(statSync(join(directory, `${id}.result`)).mode & 0o777).toBe(0o600);
});

test('reading creates nothing', async () => {
  const { directory, results } = setUp();
  expect(await results.read('00000000-0000-4000-8000-000000000000', 'local', 0, 100)).toBeUndefined();
  expect(existsSync(directory)).toBe(false);
});

/** What every open file has its methods from. */
async function fileMethods(folder: string): Promise<FileHandle> {
  const file = await open(join(folder, 'some'), 'w');
  await file.close();
  return Object.getPrototypeOf(file);
}

test('a block that could not be written fails the list, at the latest at its end', async () => {
  const { home, results } = setUp();
  const methods = await fileMethods(home);
  const writer = await results.create('local');
  vi.spyOn(methods, 'writev').mockRejectedValueOnce(Object.assign(new Error('full'), { code: 'ENOSPC' }));
  await writer.append(['1']);
  await expect(writer.finish(about)).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('(ENOSPC)'),
  });
  await writer.discard();
  expect(await results.read(writer.id, 'local', 0, 100)).toBeUndefined();
});

/** Files of results that this process has open. */
function openResults(): readonly string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((path) => path.includes('.result'));
}

test.runIf(process.platform === 'linux')('whatever was opened is closed again', async () => {
  const { results } = setUp();
  const [writer, other] = [await results.create('local'), await results.create('local')];
  expect(openResults()).toHaveLength(2);
  await writer.append(['1']);
  const { id } = await writer.finish(about);
  await other.discard();
  await results.read(id, 'local', 0, 100);
  await results.read(id, 'somebody', 0, 100);
  expect(openResults()).toEqual([]);
});
