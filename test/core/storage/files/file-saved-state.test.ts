import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FileSavedState } from '../../../../src/core/storage/files/file-saved-state.ts';
import { createMemoryStorage } from '../../../../src/core/storage/memory-storage.ts';
import type { StateKey } from '../../../../src/core/storage/saved-state.ts';
import { handClock, temporaryFolder } from '../../connections/support.ts';

const key: StateKey = { caller: 'local', connectionId: 'c1', name: ['graph_delta', 'staff'] };
const clock = handClock();
const newFolder = () => join(temporaryFolder(), 'state');

test('the folder appears with the first value and is readable by its owner alone', async () => {
  const folder = newFolder();
  const state = new FileSavedState(folder, handClock());
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
  const folder = newFolder();
  const state = new FileSavedState(folder, handClock());
  await state.set(key, 1);
  const [file] = await readdir(folder);
  await writeFile(join(folder, file ?? ''), '{"li');
  await expect(state.get(key)).rejects.toMatchObject({ code: 'configuration' });
});

describe.each([
  ['files', () => new FileSavedState(newFolder(), clock)],
  ['memory', () => createMemoryStorage(clock).state],
] as const)('the room for positions in %s', (_, open) => {
  const megabyte = 'x'.repeat(1_000_000);
  const named = (index: number): StateKey => ({ ...key, name: [`n${index}`] });

  test('is a mebibyte for one, in bytes', async () => {
    const state = open();
    await expect(state.set(key, 'ü'.repeat(600_000))).rejects.toMatchObject({ code: 'configuration' });
    expect(await state.get(key)).toBeUndefined();
  });

  test('is full of those with names, and cursors still have theirs', async () => {
    const state = open();
    const stored = async () => {
      for (let index = 0; index < 80; index++) await state.set(named(index), megabyte);
    };
    await expect(stored()).rejects.toMatchObject({ code: 'configuration', hint: expect.stringContaining('state') });
    const expiresAt = clock.now() + 3_600_000;
    await state.set({ ...key, name: ['cursor'] }, 'rest', { expiresAt });
    expect(await state.get({ ...key, name: ['cursor'] })).toBe('rest');
    await state.set(named(0), 'shorter');
    expect(await state.get(named(0))).toBe('shorter');
  });

  test('what has come to its end is gone, and sweeping leaves the rest', async () => {
    const state = open();
    await state.set(named(1), 'stays');
    await state.set(named(2), 'passes', { expiresAt: clock.now() + 1_000 });
    clock.advance(2_000);
    expect(await state.get(named(2))).toBeUndefined();
    await state.sweep();
    expect(await state.get(named(1))).toBe('stays');
  });
});
