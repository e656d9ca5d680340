import { vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/**
 * Waits of exactly these lengths end at once and advance the sandbox's frozen clock instead. Other timers are
 * unchanged, so no deadline passes early. Undone by `vi.unstubAllGlobals`.
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

/** The waits for new directory objects, step by step. */
export const settlingWaitsMs = [1_000, 2_000, 4_000, 8_000, 15_000];
