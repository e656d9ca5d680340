import { createHash, randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { AppError, invalidArgument } from '../../base/errors.ts';
import { explainFileError } from '../../base/file-error.ts';
import { createGuard, type Guard, inspectPath } from '../../base/private-paths.ts';
import { isProcessAlive, thisProcess } from '../../base/process-mark.ts';
import { defaultExportLimits, type ExportFile, type ExportFolder, type ExportLimits } from '../export-folder.ts';
import type { ExportName } from '../export-name.ts';

export interface FileExportFolderOptions {
  /** Made with the first file. */
  readonly directory: string;
  readonly limits?: ExportLimits;
  /** Called before anything is made; throws where the home is not to be trusted. Default: nothing is checked. */
  readonly checkHome?: () => void;
  /** Decides about a folder that strangers own or may write. Default: refuses it. */
  readonly guard?: Guard;
}

/** Numbers that are tried for a name that is taken. */
const mostNumbers = 999;
/** What a rewrite reads at once. */
const pieceBytes = 256 * 1024;

/**
 * Files get their name with a hard link from a temporary one: there is never half of one, an existing file is never
 * replaced, and of two processes that want a name at once each gets one.
 */
export function createFileExportFolder(options: FileExportFolderOptions): ExportFolder {
  const { directory, limits = defaultExportLimits, checkHome, guard = createGuard('refuse') } = options;
  return {
    async create(name) {
      if (limits.mostBytes === 0) throw switchedOff();
      return explained(directory, async () => {
        checkHome?.();
        openFolder(directory, guard);
        await refuseLink(join(directory, `${name.stem}.${name.format}`));
        await sweep(directory);
        const left = limits.mostBytesTogether - (await bytesIn(directory));
        if (left <= 0) throw folderFull(directory, limits);
        const most = Math.min(limits.mostBytes, left);
        return new WrittenFile({ directory, name, most, ...(await openTemporary(directory)) });
      });
    },
    sweep: () => sweep(directory),
  };
}

/** A link in the place of the folder would lead elsewhere. */
function openFolder(directory: string, guard: Guard): void {
  const before = lstatSync(directory, { throwIfNoEntry: false });
  if (before === undefined) createPrivateFolder(directory);
  const stats = before ?? lstatSync(directory);
  if (!stats.isDirectory()) throw notPlain(directory, stats.isSymbolicLink() ? 'a link' : 'no folder');
  guard(inspectPath({ path: directory, noun: 'folder' }, stats));
}

async function refuseLink(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isSymbolicLink()) throw notPlain(path, 'a link');
}

interface Temporary {
  readonly path: string;
  readonly handle: FileHandle;
}

interface WrittenFileOptions extends Temporary {
  readonly directory: string;
  readonly name: ExportName;
  /** Most bytes. */
  readonly most: number;
}

class WrittenFile implements ExportFile {
  readonly #options: WrittenFileOptions;
  #file: Temporary | undefined;
  #bytes = 0;

  constructor(options: WrittenFileOptions) {
    this.#options = options;
    this.#file = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(text: string): Promise<void> {
    return this.#explained(() => this.#append(Buffer.from(text, 'utf8')));
  }

  rewrite(change: (pieces: AsyncIterable<Buffer>) => AsyncIterable<Buffer>): Promise<void> {
    return this.#explained(async () => {
      const old = this.#current();
      this.#file = await openTemporary(this.#options.directory);
      this.#bytes = 0;
      try {
        for await (const piece of change(piecesOf(old.handle))) await this.#append(piece);
      } finally {
        await remove(old);
      }
    });
  }

  finish(): Promise<string> {
    return this.#explained(async () => {
      const { directory, name } = this.#options;
      const { path, handle } = this.#current();
      await handle.sync();
      const placed = await place(path, directory, name);
      await this.discard();
      return placed;
    });
  }

  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) await remove(file);
  }

  async #append(bytes: Buffer): Promise<void> {
    const { handle } = this.#current();
    const { most } = this.#options;
    if (this.#bytes + bytes.length > most) throw fileFull(most);
    await handle.writev([bytes], this.#bytes);
    this.#bytes += bytes.length;
  }

  #current(): Temporary {
    if (this.#file === undefined) throw new Error('The file has been finished or discarded.');
    return this.#file;
  }

  #explained<T>(work: () => Promise<T>): Promise<T> {
    return explained(this.#options.directory, work);
  }
}

/** Links the file to the first free name. */
async function place(temporary: string, directory: string, { stem, format }: ExportName): Promise<string> {
  for (let number = 1; number <= mostNumbers; number++) {
    const path = join(directory, `${stem}${number === 1 ? '' : `-${number}`}.${format}`);
    try {
      await link(temporary, path);
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  throw new AppError('conflict', `There are ${mostNumbers} files of this name in ${directory}.`, {
    hint: 'Choose another name for save_as.',
  });
}

async function* piecesOf(handle: FileHandle): AsyncGenerator<Buffer, void> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function remove({ path, handle }: Temporary): Promise<void> {
  await handle.close().catch(() => undefined);
  await rm(path, { force: true }).catch(() => undefined);
}

/** `.` hides it from people, `pid-since-host` tells whose it is. */
const temporaryName = /^\.(\d+)-(\d+)-([\da-f]{8})-[\w-]+\.part$/;

async function openTemporary(directory: string): Promise<Temporary> {
  const { pid, since, host } = thisProcess();
  const path = join(directory, `.${pid}-${since}-${digestOf(host)}-${randomBytes(9).toString('base64url')}.part`);
  return { path, handle: await open(path, 'wx+', 0o600) };
}

function digestOf(host: string): string {
  return createHash('sha256').update(host).digest('hex').slice(0, 8);
}

/** Removes unfinished files of processes that have ended. Those of other machines stay: nobody here knows about them. */
async function sweep(directory: string): Promise<void> {
  const { host } = thisProcess();
  for (const name of await readdir(directory).catch(() => [])) {
    const [, pid, since, machine] = temporaryName.exec(name) ?? [];
    if (machine !== digestOf(host) || isProcessAlive({ pid: Number(pid), since: Number(since), host })) continue;
    await rm(join(directory, name), { force: true }).catch(() => undefined);
  }
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) {
    const stats = await lstat(join(directory, name)).catch(() => undefined);
    bytes += stats?.isFile() === true ? stats.size : 0;
  }
  return bytes;
}

/** A full disk and a folder that cannot be written are the operator's to put right, and need words of their own. */
async function explained<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfSystem = error instanceof Error && 'syscall' in error;
    if (!isOfSystem) throw error;
    throw new AppError('configuration', `Nothing can be saved in ${directory}: ${explainFileError(error)}.`, {
      hint: 'Make the folder writable or free space on its disk. Nothing was left behind; without save_as the answer has the list.',
      cause: error,
    });
  }
}

function notPlain(path: string, what: string): AppError {
  return new AppError('refused', `Nothing is saved: ${path} is ${what}.`, {
    hint: 'Choose another name for save_as, or ask the person who runs Tenantry to remove it.',
  });
}

function switchedOff(): AppError {
  return new AppError('refused', 'save_as is switched off here.', {
    hint: 'Leave save_as out: meta.cursor leads through a long list. Only the person who runs Tenantry changes exports.max_mb.',
  });
}

function fileFull(most: number): AppError {
  return invalidArgument(
    `save_as: the file would have more than ${inMegabytes(most)} MB. Nothing was saved.`,
    'Save less with $filter, $select, project or limit, or in several files. The person who runs Tenantry can raise exports.max_mb.',
  );
}

function folderFull(directory: string, { mostBytesTogether }: ExportLimits): AppError {
  return new AppError(
    'configuration',
    `${directory} holds ${inMegabytes(mostBytesTogether)} MB, and that is as much as may be saved.`,
    { hint: 'Ask the person who runs Tenantry to remove files there, or to raise exports.max_total_mb.' },
  );
}

function inMegabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
