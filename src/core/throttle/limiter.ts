import { type Clock, systemClock } from '../base/clock.ts';
import { cancelled } from '../base/errors.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import type { JobQueue } from './alarm.ts';
import { Gate } from './gate.ts';
import type { LimiterRegistry, LimiterSnapshot, Slot, SlotRequest } from './limiter-registry.ts';

export interface LimiterOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  /** Requests that may wait in one lane before the next is answered `throttled`. Default 1000. */
  readonly maxQueue?: number;
}

/** Keys beyond this number are looked through for forgotten ones. */
const manyKeys = 1000;

/**
 * A request that nothing holds back takes its slot synchronously, and a slot that is handed back goes straight to the
 * next in line: neither costs a timer. What has to wait for the clock (a pause, an empty budget, a learned pace) is
 * run by Bottleneck, one job at a time for each lane; it is loaded when that happens for the first time.
 */
class LocalLimiterRegistry implements LimiterRegistry {
  readonly #clock: Clock;
  readonly #options: { readonly telemetry: Telemetry; readonly maxQueue: number };
  readonly #gates = new Map<string, Gate>();

  constructor({ clock = systemClock, telemetry = noTelemetry, maxQueue = 1000 }: LimiterOptions) {
    this.#clock = clock;
    this.#options = { telemetry, maxQueue };
  }

  acquire(request: SlotRequest): Slot | Promise<Slot> {
    return this.#gate(request.key).acquire(request);
  }

  snapshot(key?: string): LimiterSnapshot {
    const now = this.#clock.now();
    const gates = [...this.#gates.values()].filter((gate) => key === undefined || gate.key === key);
    return { lanes: gates.flatMap((gate) => gate.lanes(now)), budgets: gates.flatMap((gate) => gate.budgets(now)) };
  }

  close(): void {
    for (const gate of this.#gates.values()) {
      gate.close(cancelled());
    }
    this.#gates.clear();
  }

  #gate(key: string): Gate {
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      if (this.#gates.size >= manyKeys) this.#forgetIdle();
      gate = new Gate(key, { clock: this.#clock, createJobs: createJobQueue, ...this.#options });
      this.#gates.set(key, gate);
    }
    return gate;
  }

  #forgetIdle(): void {
    const now = this.#clock.now();
    for (const [key, gate] of this.#gates) {
      if (gate.isIdle(now)) this.#gates.delete(key);
    }
  }
}

async function createJobQueue(): Promise<JobQueue> {
  const { default: Bottleneck } = await import('bottleneck');
  return new Bottleneck({ maxConcurrent: 1 });
}

/** Limits of all connections of this process. */
export function createLimiterRegistry(options: LimiterOptions = {}): LimiterRegistry {
  return new LocalLimiterRegistry(options);
}
