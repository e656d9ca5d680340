import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFileResultStore } from '../../../src/core/storage/files/file-result-store.ts';
import { FileSavedState } from '../../../src/core/storage/files/file-saved-state.ts';

const clock = { now: () => 0 };
let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'tenantry-unwritable-'));
  // Nothing can be made below a file, whoever runs the tests.
  await writeFile(join(base, 'home'), '');
});
afterEach(() => rm(base, { recursive: true, force: true }));

test('an answer that cannot be stored says where, and how to ask for less', async () => {
  const store = createFileResultStore({ directory: join(base, 'home', 'results'), clock });
  await expect(store.create('local')).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('(ENOTDIR)'),
    hint: expect.stringContaining('limit'),
  });
});

test('a position that cannot be saved says so', async () => {
  const state = new FileSavedState(join(base, 'home', 'state'), clock);
  const key = { caller: 'local', connectionId: 'c', name: ['n'] };
  await expect(state.set(key, 1)).rejects.toMatchObject({ code: 'configuration' });
});
