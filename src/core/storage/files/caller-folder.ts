import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localCaller } from '../../base/caller.ts';

const prefix = 'of-';

/**
 * Where files of one caller are below `directory`: those of the person at this machine in it, everybody else's in a folder
 * of their own. So nobody's files count, or are found, among another one's.
 */
export function callerFolder(directory: string, caller: string): string {
  if (caller === localCaller.id) return directory;
  return join(directory, `${prefix}${createHash('sha256').update(caller).digest('hex').slice(0, 32)}`);
}

/** The folders of all callers that have one. */
export async function callerFolders(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  return [directory, ...names.filter((name) => name.startsWith(prefix)).map((name) => join(directory, name))];
}
