import { createHash } from 'node:crypto';
import type { Clock } from '../../core/base/clock.ts';

/** The emulated tenant's clock. It starts at the configured time and can be moved forward. */
export interface SandboxClock extends Clock {
  advance(seconds: number): void;
  reset(): void;
}

export interface SandboxClockOptions {
  /** ISO 8601; default: the system's time. */
  readonly now?: string;
  /** Whether the clock stands still between advances. Default false. */
  readonly frozen?: boolean;
}

export function createSandboxClock({ now, frozen = false }: SandboxClockOptions, system: Clock): SandboxClock {
  const createdAt = system.now();
  const startedAt = now === undefined ? createdAt : Date.parse(now);
  if (Number.isNaN(startedAt)) throw new TypeError(`'${now}' is not a time; use ISO 8601, e.g. 2026-01-31T10:00:00Z.`);
  let advancedMs = 0;
  return {
    now: () => startedAt + advancedMs + (frozen ? 0 : system.now() - createdAt),
    advance(seconds) {
      advancedMs += seconds * 1000;
    },
    reset() {
      advancedMs = 0;
    },
  };
}

/** GUIDs that are the same in every run with the same seed. */
export interface IdSource {
  next(): string;
  reset(): void;
}

export function createIdSource(seed: number, purpose: string): IdSource {
  let count = 0;
  return {
    next() {
      count += 1;
      return guidOf(`${seed}/${purpose}/${count}`);
    },
    reset() {
      count = 0;
    },
  };
}

/** A version 4 GUID derived from a string: the same in every run. */
export function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
