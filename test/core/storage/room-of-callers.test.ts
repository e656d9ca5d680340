import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFileResultStore } from '../../../src/core/storage/files/file-result-store.ts';
import { FileSavedState } from '../../../src/core/storage/files/file-saved-state.ts';
import { createMemoryState } from '../../../src/core/storage/memory-results.ts';
import { stateLimits } from '../../../src/core/storage/saved-state.ts';
import { handClock } from '../connections/support.ts';

const key = { caller: 'bob', connectionId: 'c1', name: ['staff'] };

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tenantry-callers-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('positions that fill the room of one caller leave that of another', async () => {
  const state = createMemoryState(handClock());
  const padding = 'x'.repeat(stateLimits.mostBytes - 100);
  const most = stateLimits.mostBytesTogether / stateLimits.mostBytes;
  for (let n = 0; n < most; n++) await state.set({ ...key, name: [String(n)] }, padding);
  await expect(state.set(key, padding)).rejects.toMatchObject({ code: 'configuration' });
  await state.set({ ...key, caller: 'ada' }, padding);
  expect(await state.get({ ...key, caller: 'ada' })).toBe(padding);
});

test('what one caller keeps in files is in a folder of its own, whose name does not say whose', async () => {
  const [directory, clock] = [await folder(), handClock(Date.now())];
  const state = new FileSavedState(directory, clock);
  for (const caller of ['local', 'ada', 'bob'])
    await state.set({ ...key, caller }, caller, { expiresAt: clock.now() + 1 });
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name)).toEqual([expect.stringMatching(/^of-[0-9a-f]{32}$/), expect.any(String)]);
  for (const caller of ['local', 'ada', 'bob']) expect(await state.get({ ...key, caller })).toBe(caller);
  clock.advance(2);
  await state.sweep();
  expect(folders.flatMap(({ name }) => readdirSync(join(directory, name)))).toEqual([]);
});

test('results of all callers are swept', async () => {
  const [directory, clock] = [await folder(), handClock(Date.now())];
  const results = createFileResultStore({ directory, clock });
  for (const caller of ['local', 'ada']) {
    const writer = await results.create(caller);
    await writer.append(['1']);
    await writer.finish({ caller, connectionId: 'c1', format: 'json' });
  }
  clock.advance(7_200_000);
  await results.sweep();
  const names = readdirSync(directory, { recursive: true }).map(String);
  expect(names.filter((name) => name.endsWith('.result'))).toEqual([]);
});

test('all callers together have their bounds: who has the most loses the oldest, and nobody else anything', async () => {
  const [directory, clock] = [await folder(), handClock(Date.now())];
  const limits = { ttlMs: 3_600_000, most: 100, mostBytes: 1_000, mostBytesTogether: 100_000, mostBytesOfAll: 5_000 };
  const results = createFileResultStore({ directory, clock, limits });
  const store = async (caller: string) => {
    const writer = await results.create(caller);
    await writer.append([JSON.stringify('x'.repeat(700))]);
    return (await writer.finish({ caller, connectionId: 'c1', format: 'json' })).id;
  };
  const adas = await store('ada');
  const bobs: string[] = [];
  for (let flood = 0; flood < 20; flood++) bobs.push(await store('bob'));
  const isThere = async (id: string, caller: string) => (await results.read(id, caller, 0, 10)) !== undefined;
  expect(await isThere(adas, 'ada')).toBe(true);
  expect(await Promise.all(bobs.slice(0, 10).map((id) => isThere(id, 'bob')))).not.toContain(true);
  expect(await isThere(bobs.at(-1) ?? '', 'bob')).toBe(true);
  const sizes = readdirSync(directory, { recursive: true }).map((name) => statSync(join(directory, String(name))));
  const bytes = sizes.filter((one) => one.isFile()).reduce((sum, { size }) => sum + size, 0);
  expect(bytes).toBeLessThanOrEqual(limits.mostBytesOfAll);
});
