import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { delay } from '../../base/delay.ts';
import type { AuditEntry, AuditLog, AuditPart } from '../storage.ts';
import { formatAuditLine, parseAuditLine } from './audit-line.ts';

export interface FileAuditLogOptions {
  /** Folder of the files; made with the first line. */
  readonly directory: string;
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
/** Lines that wait while the disk refuses; older ones are given up. */
const mostWaiting = 10_000;
/** What one look reads. */
const partBytes = 1024 * 1024;

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * `audit-000001.ndjson`, `audit-000002.ndjson`, …: lines go to the file with the highest number, and when it is full to
 * the next one. Files are never renamed, so processes that begin a new one at the same time begin the same, and a line
 * cannot get lost between two of them. Lines are appended whole, with `O_APPEND`, by whoever shares the folder.
 */
export class FileAuditLog implements AuditLog {
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #gatherMs: number;
  /** Aborts when nobody should wait for more lines. */
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #file: { readonly handle: FileHandle; readonly until: number; left: number } | undefined;

  constructor({ directory, maxBytes = 10 * 1024 * 1024, keep = 10, gatherMs = 100 }: FileAuditLogOptions) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#gatherMs = gatherMs;
  }

  append(entry: AuditEntry): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ line: formatAuditLine(entry), done: resolve, failed: reject });
    if (this.#waiting.length > mostWaiting) this.#waiting.shift()?.failed(new Error('Too many lines wait.'));
    this.#writing ??= this.#writeAll();
    return promise;
  }

  async read(after = ''): Promise<AuditPart> {
    const [fromFile = 0, fromByte = 0] = after.split(':').map(Number);
    const numbers = (await this.#numbers()).filter((number) => number >= fromFile);
    for (const number of numbers) {
      const start = number === fromFile ? fromByte : 0;
      const { lines, end } = await readLines(this.#path(number), start);
      if (end > start)
        return { entries: lines.flatMap((line) => parseAuditLine(line) ?? []), position: `${number}:${end}` };
    }
    return { entries: [], position: after };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
    await this.#leave();
  }

  /** Lines are gathered for a moment, so that writing costs next to nothing for each of many calls. */
  async #writeAll(): Promise<void> {
    await delay(this.#gatherMs, this.#closing.signal).catch(() => undefined);
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(Buffer.from(lines.map(({ line }) => line).join(''), 'utf8'));
        for (const { done } of lines) done();
      } catch (error) {
        await this.#leave();
        for (const { failed } of lines) failed(error);
      }
    }
    this.#writing = undefined;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#file !== undefined && (this.#file.left <= 0 || this.#file.until < performance.now())) await this.#leave();
    this.#file ??= await this.#open();
    // One write: what several processes append at once is not mixed.
    const { bytesWritten } = await this.#file.handle.write(bytes);
    if (bytesWritten < bytes.length) throw new Error('The line was not written whole.');
    this.#file.left -= bytes.length;
  }

  async #open() {
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
