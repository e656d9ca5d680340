import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { explainFileError } from '../base/file-error.ts';
import { UnreadableText } from '../base/text-file.ts';
import { secretText } from './certificates/certificate-bytes.ts';

/** Why a file cannot be read as a secret, for the operator: never shown to an agent. */
export class UnreadableSecretFile extends Error {
  override readonly name = 'UnreadableSecretFile';
}

export interface SecretFileRules {
  /** Home folder of Tenantry: of its files only those below `secrets` may be read. */
  readonly home: string;
  /** Only files below these folders, and with a single name. Absent: any file. */
  readonly below?: readonly string[];
}

/** Certificates with a chain are far smaller; a larger file is the wrong file. */
const maxFileBytes = 64 * 1024;

/** Everything in them looks like a file and is something else: the environment of a process, a device, a switch. */
const systemFolders = ['/proc', '/sys', '/dev'];

/** The same file systems, wherever they are mounted: https://man7.org/linux/man-pages/man2/statfs.2.html */
const systemFileSystems = new Set([0x9fa0, 0x62656572]);

/** The folder of the home in which a person puts secrets for agents. */
export function secretsFolder(home: string): string {
  return join(home, 'secrets');
}

/** An absolute path without `.` and `..`: `~/` is the user's folder, and a relative path lies below the secrets folder. */
export function absoluteSecretPath(path: string, home: string): string {
  const named = path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
  return normalize(isAbsolute(named) ? named : join(secretsFolder(home), named));
}

/**
 * Reads a small file: its text, or base64 of a certificate in binary form. It is opened once and everything is decided by what was opened, so that nothing can be put in
 * its place between check and read; links are followed, and what they lead to counts. Throws `UnreadableSecretFile`.
 */
export async function readSecretFile(path: string, { home, below }: SecretFileRules): Promise<string> {
  if (path === '' || path.includes('\0')) throw new UnreadableSecretFile('the path is not valid');
  const file = absoluteSecretPath(path, home);
  // Nothing outside is touched, not even to see whether it exists.
  if (below !== undefined && !isNamedBelow(file, below, home)) {
    throw new UnreadableSecretFile('it lies in no folder that the configuration allows');
  }
  const rules = { home, ...(below === undefined ? {} : { below: await realFolders(below, home) }) };
  try {
    // Opening some devices does something: what is plainly wrong is not opened.
    const real = await realpath(file);
    await checkPlace(real, rules);
    if (!(await lstat(real)).isFile()) throw new UnreadableSecretFile(notRegular);
    // Without blocking: a named pipe must not hang the call.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      await checkOpened(handle, file, rules);
      return await readAll(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof UnreadableSecretFile) throw error;
    throw new UnreadableSecretFile(error instanceof UnreadableText ? error.message : explainFileError(error));
  }
}

const notRegular = 'it is not a regular file';

/** Whether a path says by itself that it lies below one of the folders. Touches nothing. */
export function isNamedBelow(path: string, folders: readonly string[], home: string): boolean {
  const file = absoluteSecretPath(path, home);
  return folders.some((folder) => isBelow(file, absoluteSecretPath(folder, home)));
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Folders as they really are; one that does not exist allows nothing. */
async function realFolders(folders: readonly string[], home: string): Promise<readonly string[]> {
  const found = await Promise.all(
    folders.map((folder) => realpath(absoluteSecretPath(folder, home)).catch(() => undefined)),
  );
  return found.filter((folder) => folder !== undefined);
}

async function checkPlace(real: string, { home, below }: SecretFileRules): Promise<void> {
  if (below !== undefined && !below.some((folder) => isBelow(real, folder))) {
    throw new UnreadableSecretFile('it leads out of the folders that the configuration allows');
  }
  const realHome = await realpath(home).catch(() => home);
  const realSecrets = await realpath(secretsFolder(home)).catch(() => secretsFolder(realHome));
  const isSecret = isBelow(real, realSecrets) && isBelow(realSecrets, realHome);
  if (isBelow(real, realHome) && !isSecret) {
    throw new UnreadableSecretFile('of the home folder, only files below secrets can be used');
  }
  const isSystem = systemFolders.some((folder) => real === folder || isBelow(real, folder));
  if (isSystem || systemFileSystems.has((await statfs(real)).type)) {
    throw new UnreadableSecretFile('it is a file of the system, not a secret');
  }
}

async function checkOpened(handle: FileHandle, file: string, rules: SecretFileRules): Promise<void> {
  const opened = await handle.stat({ bigint: true });
  if (!opened.isFile()) throw new UnreadableSecretFile(notRegular);
  // Where the opened file has its name now, which need not be what was there before.
  const real = await realpath(file);
  const named = await lstat(real, { bigint: true });
  if (named.dev !== opened.dev || named.ino !== opened.ino) {
    throw new UnreadableSecretFile('it was replaced while it was read');
  }
  await checkPlace(real, rules);
  // A second name may be that of a file elsewhere, which nobody meant to allow.
  if (rules.below !== undefined && opened.nlink > 1n) {
    throw new UnreadableSecretFile('it has a second name (hard link)');
  }
  checkOwner(Number(opened.uid), Number(opened.mode));
}

function checkOwner(owner: number, mode: number): void {
  // Windows has neither; there, access lists of the folder decide.
  const own = process.getuid?.();
  if (own === undefined) return;
  if (owner !== own && owner !== 0) throw new UnreadableSecretFile('it belongs to another user');
  if ((mode & 0o002) !== 0) throw new UnreadableSecretFile('every user of the machine can write it');
}

/** Reads to the end, whatever the size says: a file may grow meanwhile. */
async function readAll(handle: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(maxFileBytes + 1);
  try {
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length > maxFileBytes) break;
    }
    if (length > maxFileBytes) throw new UnreadableSecretFile('it is larger than 64 KiB');
    const text = secretText(buffer.subarray(0, length));
    if (text === '') throw new UnreadableSecretFile('it is empty');
    return text;
  } finally {
    buffer.fill(0);
  }
}
