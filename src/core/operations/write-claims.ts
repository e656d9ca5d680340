import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { isProcessAlive, thisProcess } from '../base/process-mark.ts';
import type { OpenWrite, OpenWriteStore } from '../storage/storage.ts';

/** How long the same write, repeated, is answered with the one that is under way. */
export const repeatMs = 10 * 60_000;

export interface WriteClaimsOptions {
  readonly store: OpenWriteStore;
  /** 32 bytes for the digests, shared by the processes of one storage. */
  readonly key: () => Promise<Uint8Array>;
  readonly clock: Clock;
  /** The storage cannot be used: writes of other processes are not seen. Called once. */
  readonly onUnavailable: (error: unknown) => void;
}

/**
 * Who sends a write, agreed on with the other processes of the same storage. A storage that cannot be used stops no write:
 * then only those of this process are known.
 */
export class WriteClaims {
  readonly #options: WriteClaimsOptions;
  #isUnavailable = false;
  #isKeyless = false;

  constructor(options: WriteClaimsOptions) {
    this.#options = options;
  }

  /** The same for the same write. Made with a key: arguments may hold a secret that could be guessed from a plain digest. */
  async digestOf(binding: unknown): Promise<string> {
    const text = JSON.stringify(binding);
    const key = await this.#try(this.#options.key(), undefined);
    // Without a key nothing is stored, so a plain digest stays in this process.
    this.#isKeyless = key === undefined;
    const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
    return hash.update(text).digest('base64url');
  }

  newWrite({ digest, tool }: Pick<OpenWrite, 'digest' | 'tool'>): OpenWrite {
    const startedAt = this.#options.clock.now();
    const id = randomUUID();
    return { id, digest, tool, process: thisProcess(), isAnswered: false, startedAt, expiresAt: startedAt + repeatMs };
  }

  /** Undefined where the write is now ours, else the one that is under way already. */
  claim(write: OpenWrite): Promise<OpenWrite | undefined> {
    return this.#isKeyless ? Promise.resolve(undefined) : this.#try(this.#options.store.add(write), undefined);
  }

  find(id: string): Promise<OpenWrite | undefined> {
    return this.#try(this.#options.store.find(id), undefined);
  }

  update(write: OpenWrite): Promise<void> {
    return this.#try(this.#options.store.update(write), undefined);
  }

  remove(id: string): Promise<void> {
    return this.#try(this.#options.store.remove(id), undefined);
  }

  async #try<T, Other>(work: Promise<T>, otherwise: Other): Promise<T | Other> {
    try {
      return await work;
    } catch (error) {
      if (!this.#isUnavailable) this.#options.onUnavailable(error);
      this.#isUnavailable = true;
      return otherwise;
    }
  }
}

/** Whether the process that sends the write may still be there. One on another machine counts as there. */
export function isAlive({ process }: Pick<OpenWrite, 'process'>): boolean {
  return isProcessAlive(process);
}
