import type { Clock } from '../../core/base/clock.ts';

/** The emulated tenant's time: it starts where the options say and can be moved forward. */
interface SandboxClock extends Clock {
  advance(seconds: number): void;
  reset(): void;
}

interface SandboxClockOptions {
  /** ISO 8601; default: the system's time. */
  readonly now?: string;
  /** Stand still between advances. Default false. */
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
