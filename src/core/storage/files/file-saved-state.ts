import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../base/clock.ts';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { AppError } from '../../base/errors.ts';
import {
  type SavedState,
  type StateKey,
  type StateLife,
  stateFull,
  stateLimits,
  stateTooLong,
} from '../saved-state.ts';
import { callerFolder, callerFolders } from './caller-folder.ts';
import { filesIn } from './result-folder.ts';

const lasting = '.json';
const passing = '.until';
/** Most facts of one caller with an end: a file each. */
const mostPassing = 2_000;
const looksEvery = 50;

/**
 * Keeps each fact in a file of its own below `directory`, which is made at the first `set`. A file is replaced by
 * rename, so a reader in another process sees the old or the new value and never half of one. The time of change of a
 * file with an end is that end.
 */
export class FileSavedState implements SavedState {
  readonly #directory: string;
  readonly #clock: Clock;
  /** Facts with an end come with every long list: room is not looked for before each of them. By folder. */
  readonly #untilLook = new LRUCache<string, number>({ max: 1_000 });

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async get(key: StateKey): Promise<unknown> {
    const path = this.#path(key);
    return (await this.#read(`${path}${lasting}`)) ?? this.#read(`${path}${passing}`);
  }

  async set(key: StateKey, value: unknown, life?: StateLife): Promise<void> {
    const folder = callerFolder(this.#directory, key.caller);
    const path = `${this.#path(key)}${life ? passing : lasting}`;
    const temporary = `${path}.${randomUUID()}.tmp`;
    const text = JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    if (bytes > stateLimits.mostBytes) throw stateTooLong(bytes);
    const untilLook = (this.#untilLook.get(folder) ?? 0) - 1;
    this.#untilLook.set(folder, untilLook);
    const kind = life ? passing : lasting;
    if (life === undefined || untilLook < 0) await this.#makeRoom(bytes, { folder, path, kind });
    try {
      createPrivateFolder(folder);
      await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
      if (life) await utimes(temporary, life.expiresAt / 1_000, life.expiresAt / 1_000);
      await rename(temporary, path);
    } catch (error) {
      throw new AppError('configuration', `The position could not be saved in ${this.#directory}.`, {
        hint: 'Make the folder writable or free space on its disk; or ask for less, so that nothing is left to go on with.',
        cause: error,
      });
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async remove(key: StateKey): Promise<void> {
    const path = this.#path(key);
    await Promise.all([lasting, passing].map((end) => rm(`${path}${end}`, { force: true })));
  }

  async sweep(): Promise<void> {
    for (const folder of await callerFolders(this.#directory)) {
      const files = await filesIn(folder, [passing]);
      const over = files.filter(({ modified }) => modified <= this.#clock.now());
      await Promise.all(over.map(({ path }) => rm(path, { force: true })));
    }
  }

  async #read(path: string): Promise<unknown> {
    try {
      if (path.endsWith(passing) && (await stat(path)).mtimeMs <= this.#clock.now()) return undefined;
      return JSON.parse(await readFile(path, 'utf8'));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new AppError('configuration', 'A saved position could not be read.', {
        hint: 'Check the permissions of the state folder in the home directory, or start over with reset: true.',
        cause: error,
      });
    }
  }

  /**
   * Each caller has room of their own, and so has each kind: names that somebody saves stop no cursors. Positions that pass
   * anyway make room for newer ones, the next to end first.
   */
  async #makeRoom(bytes: number, { folder, path, kind }: FactFile): Promise<void> {
    const files = (await filesIn(folder, [kind])).filter((file) => file.path !== path);
    let used = files.reduce((sum, file) => sum + file.bytes, 0);
    const mayGo = kind === passing ? files.toSorted((a, b) => a.modified - b.modified) : [];
    if (kind === passing) this.#untilLook.set(folder, looksEvery);
    let left = mayGo.length;
    for (const file of mayGo) {
      const isOver = file.modified <= this.#clock.now();
      if (!isOver && left < mostPassing && used + bytes <= stateLimits.mostBytesTogether) break;
      await rm(file.path, { force: true });
      used -= file.bytes;
      left -= 1;
    }
    if (used + bytes > stateLimits.mostBytesTogether) throw stateFull();
  }

  // A hash, since names come from callers and must not choose a path.
  #path({ caller, connectionId, name }: StateKey): string {
    const digest = createHash('sha256')
      .update(JSON.stringify([caller, connectionId, ...name]))
      .digest('hex');
    return join(callerFolder(this.#directory, caller), digest);
  }
}

interface FactFile {
  readonly folder: string;
  readonly path: string;
  readonly kind: typeof lasting | typeof passing;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
