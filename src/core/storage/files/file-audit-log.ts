import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { formatAuditLine, parseAuditLine } from '../audit-line.ts';
import { GatheredLines } from '../gathered-lines.ts';
import type { AuditEntry, AuditLog, AuditPart } from '../storage.ts';

export interface FileAuditLogOptions {
  /** Folder of the files; made with the first line. */
  readonly directory: string;
  /** Called before a file is opened or made; throws where the home is not to be trusted. Default: nothing is checked. */
  readonly checkHome?: () => void;
  /** A file that is larger is left, and the next one begun. Default 10 MiB. */
  readonly maxBytes?: number;
  /** How many files are kept, the newest. Default 10. */
  readonly keep?: number;
  /** How long lines are gathered for one write, in milliseconds. Default 100. */
  readonly gatherMs?: number;
}

const name = /^audit-(\d{6,12})\.ndjson$/;
/** How long a file stays open: far shorter than it takes to fill all the files that are kept. */
const reopenAfterMs = 5_000;
/** What one look reads. */
const partBytes = 1024 * 1024;

/**
 * `audit-000001.ndjson`, `audit-000002.ndjson`, …: lines go to the file with the highest number, and when it is full to
 * the next one. Files are never renamed, so processes that begin a new one at the same time begin the same, and a line
 * cannot get lost between two of them. Lines are appended whole, with `O_APPEND`, by whoever shares the folder.
 */
export class FileAuditLog implements AuditLog {
  readonly #directory: string;
  readonly #checkHome: () => void;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #lines: GatheredLines;
  #file: { readonly handle: FileHandle; readonly until: number; left: number } | undefined;

  constructor({
    directory,
    checkHome = () => undefined,
    maxBytes = 10 * 1024 * 1024,
    keep = 10,
    gatherMs = 100,
  }: FileAuditLogOptions) {
    this.#directory = directory;
    this.#checkHome = checkHome;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#lines = new GatheredLines({ gatherMs, write: (lines) => this.#write(lines) });
  }

  append(entry: AuditEntry): Promise<void> {
    return this.#lines.add(formatAuditLine(entry));
  }

  async read(after = ''): Promise<AuditPart> {
    const [fromFile = 0, fromByte = 0] = after.split(':').map(Number);
    const numbers = (await this.#numbers()).filter((number) => number >= fromFile);
    for (const number of numbers) {
      const start = number === fromFile ? fromByte : 0;
      const { lines, end } = await readLines(this.#path(number), start);
      if (end > start) {
        return { entries: lines.flatMap((line) => parseAuditLine(line) ?? []), position: `${number}:${end}` };
      }
    }
    return { entries: [], position: after };
  }

  async close(): Promise<void> {
    await this.#lines.close();
    await this.#leave();
  }

  async #write(lines: readonly string[]): Promise<void> {
    try {
      await this.#append(Buffer.from(lines.join(''), 'utf8'));
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#file !== undefined && (this.#file.left <= 0 || this.#file.until < performance.now())) await this.#leave();
    this.#file ??= await this.#open();
    // One write: what several processes append at once is not mixed.
    const { bytesWritten } = await this.#file.handle.write(bytes);
    if (bytesWritten < bytes.length) throw new Error('The line was not written whole.');
    this.#file.left -= bytes.length;
  }

  async #open() {
    this.#checkHome();
    createPrivateFolder(this.#directory);
    const numbers = await this.#numbers();
    for (let number = numbers.at(-1) ?? 1; ; number += 1) {
      const handle = await open(this.#path(number), 'a', 0o600);
      const { size } = await handle.stat();
      if (size < this.#maxBytes) {
        await this.#removeOld(numbers, number);
        return { handle, until: performance.now() + reopenAfterMs, left: this.#maxBytes - size };
      }
      await handle.close();
    }
  }

  async #removeOld(numbers: readonly number[], newest: number): Promise<void> {
    const old = numbers.filter((number) => number <= newest - this.#keep);
    await Promise.all(old.map((number) => rm(this.#path(number), { force: true })));
  }

  async #leave(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close().catch(() => undefined);
  }

  /** In ascending order. */
  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    });
    return names
      .flatMap((one) => name.exec(one)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  #path(number: number): string {
    return join(this.#directory, `audit-${String(number).padStart(6, '0')}.ndjson`);
  }
}

/** Whole lines from a byte on, and where they end: the last line may still be being written. */
async function readLines(
  path: string,
  start: number,
): Promise<{ readonly lines: readonly string[]; readonly end: number }> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return { lines: [], end: start };
  try {
    const buffer = Buffer.alloc(partBytes);
    const { bytesRead } = await handle.read(buffer, 0, partBytes, start);
    const length = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    return { lines: buffer.toString('utf8', 0, length).split('\n'), end: start + length };
  } finally {
    await handle.close();
  }
}
