import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResultLimits } from '../result-store.ts';

// What all processes of a home keep in one folder together.

/** Ends the name of a file that is still being written. */
export const unfinished = '.part';

interface FileThere {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
}

/** Files with one of these ends; none where the folder does not exist. */
export async function filesIn(directory: string, ends: readonly string[]): Promise<readonly FileThere[]> {
  const names = await readdir(directory).catch(() => []);
  const wanted = names.filter((name) => ends.some((end) => name.endsWith(end)));
  const files = await Promise.all(
    wanted.map(async (name): Promise<FileThere | undefined> => {
      const path = join(directory, name);
      const found = await stat(path).catch(() => undefined);
      return found && { name, path, bytes: found.size, modified: found.mtimeMs };
    }),
  );
  return files.filter((file) => file !== undefined);
}

const ends = ['.result', `.result${unfinished}`];

/** Removes what was last written before a moment, also what a process left unfinished. */
export async function removeExpired(directory: string, before: number): Promise<void> {
  const files = await filesIn(directory, ends);
  await Promise.all(files.filter(({ modified }) => modified < before).map(({ path }) => rm(path, { force: true })));
}

/** Removes the oldest results until one more fits, and resolves with the bytes that it may have. */
export async function makeRoom(
  directory: string,
  id: string,
  { most, mostBytes, mostBytesTogether }: ResultLimits,
): Promise<number> {
  const others = (await filesIn(directory, ends)).filter(({ name }) => !name.startsWith(id));
  let bytes = sizeOf(others);
  let count = others.length;
  const oldestFirst = others.toSorted((a, b) => a.modified - b.modified);
  for (const file of oldestFirst) {
    if (count < most && bytes + mostBytes <= mostBytesTogether) break;
    // Another process is writing it.
    if (file.name.endsWith(unfinished)) continue;
    await rm(file.path, { force: true });
    bytes -= file.bytes;
    count -= 1;
  }
  return Math.max(0, Math.min(mostBytes, mostBytesTogether - bytes));
}

/**
 * Removes results until `bytes` more fit into what all callers have together. Who has the most loses the oldest of theirs, so
 * that nobody takes from others what they would not have themselves.
 */
export async function makeRoomOfAll(
  folders: readonly string[],
  bytes: number,
  { mostBytesTogether, mostBytesOfAll = 16 * mostBytesTogether }: ResultLimits,
): Promise<void> {
  const all = await Promise.all(folders.map((folder) => filesIn(folder, ends)));
  const callers = all.map((files) => ({
    bytes: sizeOf(files),
    // Somebody is writing the others.
    removable: files.filter(({ name }) => !name.endsWith(unfinished)).sort((a, b) => b.modified - a.modified),
  }));
  let total = sizeOf(all.flat());
  while (total + bytes > mostBytesOfAll) {
    const [largest] = callers.filter(({ removable }) => removable.length > 0).sort((a, b) => b.bytes - a.bytes);
    const oldest = largest?.removable.pop();
    if (largest === undefined || oldest === undefined) return;
    await rm(oldest.path, { force: true });
    largest.bytes -= oldest.bytes;
    total -= oldest.bytes;
  }
}

function sizeOf(files: readonly FileThere[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
