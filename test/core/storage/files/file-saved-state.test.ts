import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileSavedState } from '../../../../src/core/storage/files/file-saved-state.ts';
import type { StateKey } from '../../../../src/core/storage/storage.ts';
import { handClock, temporaryFolder } from '../../connections/support.ts';

const key: StateKey = { caller: 'local', connectionId: 'c1', name: ['graph_delta', 'staff'] };
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
