import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { FileSavedState } from '../../../src/core/storage/files/file-saved-state.ts';
import { MemorySavedState } from '../../../src/core/storage/memory/saved-state.ts';
import type { StateKey } from '../../../src/core/storage/saved-state.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) {
    await rm(folder, { recursive: true, force: true });
  }
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-state-'));
  folders.push(folder);
  return join(folder, 'state');
}

const key: StateKey = { caller: 'local', connectionId: 'c1', name: ['graph_delta', 'staff'] };

describe.each([
  ['FileSavedState', async () => new FileSavedState(await newFolder())],
  ['MemorySavedState', async () => new MemorySavedState()],
])('%s', (_name, create) => {
  test('gives back what was set last, and nothing before or after', async () => {
    const state = await create();
    expect(await state.get(key)).toBeUndefined();
    await state.set(key, { link: 'a' });
    await state.set(key, { link: 'b' });
    expect(await state.get(key)).toEqual({ link: 'b' });
    await state.remove(key);
    await state.remove(key);
    expect(await state.get(key)).toBeUndefined();
  });

  test('keeps callers, connections and names apart', async () => {
    const state = await create();
    await state.set(key, 1);
    for (const other of [
      { ...key, caller: 'someone' },
      { ...key, connectionId: 'c2' },
      { ...key, name: ['graph_delta', 'other'] },
      { ...key, name: ['graph_delta,staff'] },
    ]) {
      expect(await state.get(other)).toBeUndefined();
    }
  });

  test('lets many writers at once leave one whole value', async () => {
    const state = await create();
    const values = Array.from({ length: 20 }, (_, index) => ({ index, padding: 'x'.repeat(10_000) }));
    await Promise.all(values.map((value) => state.set(key, value)));
    expect(values).toContainEqual(await state.get(key));
  });
});

test('the folder appears with the first value and is readable by its owner alone', async () => {
  const folder = await newFolder();
  const state = new FileSavedState(folder);
  await state.get(key);
  await expect(stat(folder)).rejects.toThrow('ENOENT');
  await state.set({ ...key, name: ['../../evil'] }, 1);
  const [file, ...others] = await readdir(folder);
  expect(others).toEqual([]);
  expect(file).toMatch(/^[0-9a-f]{64}\.json$/);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, file ?? ''))).mode & 0o777).toBe(0o600);
});

test('a damaged file is told, not taken for an empty one', async () => {
  const folder = await newFolder();
  const state = new FileSavedState(folder);
  await state.set(key, 1);
  const [file] = await readdir(folder);
  await writeFile(join(folder, file ?? ''), '{"li');
  await expect(state.get(key)).rejects.toMatchObject({ code: 'configuration' });
});
