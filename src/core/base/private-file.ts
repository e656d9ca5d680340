import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { type Guard, inspectPath, type PrivatePath } from './private-paths.ts';
import { decodeText, readBounded } from './text-file.ts';

/** Small files that only their owner may read. All are written beside their place first: no reader sees half of one. */

/** More than any key or token; keeps a wrong file from being read into memory. */
const maxBytes = 4_096;

/**
 * The trimmed text of a file, or undefined when there is none. The file is opened once, and what was opened is checked:
 * exchanging it in between gains nothing. Throws what the guard throws, or an error of the system.
 */
export async function readPrivateFile(file: PrivatePath, guard: Guard): Promise<string | undefined> {
  // Opened without blocking: a named pipe must not hang the call.
  const handle = await open(file.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(undefinedWhenMissing);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    guard(inspectPath({ ...file, isSecret: true }, stats));
    if (!stats.isFile() || stats.size > maxBytes) return '';
    return (await textOf(handle)).trim();
  } finally {
    await handle.close();
  }
}

/** What is no text holds no key or token. */
async function textOf(handle: FileHandle): Promise<string> {
  try {
    return decodeText(await readBounded(handle, maxBytes));
  } catch {
    return '';
  }
}

/** Makes the file, unless there is one: of several that try at once, the first wins. Resolves whether this one did. */
export async function createPrivateFile(path: string, text: string): Promise<boolean> {
  return throughTemporary(
    path,
    (file) => file.writeFile(text),
    (temporary) => linked(temporary, path),
  );
}

/** The same for what is written in parts: a failure in between leaves nothing at the path. */
export async function createPrivateFileBy(path: string, write: (file: FileHandle) => Promise<void>): Promise<boolean> {
  return throughTemporary(path, write, (temporary) => linked(temporary, path));
}

async function linked(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Puts the text in the place of the file: a crash leaves the old one or the new one. */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  await throughTemporary(
    path,
    (file) => file.writeFile(text),
    (temporary) => rename(temporary, path),
  );
}

/** Whether a file could be put into the place: makes one beside it, and removes it. Throws an error of the system. */
export async function tryPrivateFile(path: string): Promise<void> {
  await throughTemporary(
    path,
    async () => undefined,
    () => Promise.resolve(),
  );
}

async function throughTemporary<T>(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  put: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    return await put(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

function undefinedWhenMissing(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined;
  throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
