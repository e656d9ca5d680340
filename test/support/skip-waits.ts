import { vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/**
 * Waits of exactly these lengths end at once, and the frozen clock of the sandbox moves by them instead. All other timers
 * stay as they are, so that no deadline is outrun. Undone by `vi.unstubAllGlobals`.
 */
export function skipWaits({ advance }: Pick<Sandbox, 'advance'>, waitsMs: readonly number[]): void {
  const realSetTimeout = globalThis.setTimeout;
  const skipping = (callback: () => void, ms?: number) => {
    if (ms === undefined || !waitsMs.includes(ms)) return realSetTimeout(callback, ms);
    return realSetTimeout(() => {
      advance(ms / 1_000);
      callback();
    }, 0);
  };
  vi.stubGlobal('setTimeout', Object.assign(skipping, realSetTimeout));
}

/** How long new objects of the directory are waited for, step by step. */
export const settlingWaitsMs = [1_000, 2_000, 4_000, 8_000, 15_000];
