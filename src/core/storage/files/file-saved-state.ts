import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { AppError } from '../../base/errors.ts';
import type { SavedState, StateKey } from '../storage.ts';

/**
 * Keeps each fact in a file of its own below `directory`, which is made at the first `set`. A file is replaced by
 * rename, so a reader in another process sees the old or the new value and never half of one.
 */
export class FileSavedState implements SavedState {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async get(key: StateKey): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.#path(key), 'utf8'));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new AppError('configuration', 'A saved position could not be read.', {
        hint: 'Check the permissions of the state folder in the home directory, or start over with reset: true.',
        cause: error,
      });
    }
  }

  async set(key: StateKey, value: unknown): Promise<void> {
    const path = this.#path(key);
    const temporary = `${path}.${randomUUID()}.tmp`;
    try {
      createPrivateFolder(this.#directory);
      await writeFile(temporary, JSON.stringify(value), { mode: 0o600, flag: 'wx' });
      await rename(temporary, path);
    } catch (error) {
      throw new AppError('configuration', `The position could not be saved in ${this.#directory}.`, {
        hint: 'Make the folder writable or free space on its disk, or leave name out and go on with meta.cursor.',
        cause: error,
      });
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async remove(key: StateKey): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  // A hash, since names come from callers and must not choose a path.
  #path({ caller, connectionId, name }: StateKey): string {
    const digest = createHash('sha256')
      .update(JSON.stringify([caller, connectionId, ...name]))
      .digest('hex');
    return join(this.#directory, `${digest}.json`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
