import { type Clock, systemClock } from '../base/clock.ts';
import { cancelled } from '../base/errors.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { type CreateBudget, createBudget as createLocalBudget } from './budget.ts';
import { Gate, type GateOptions } from './gate.ts';
import type { JobQueue } from './lane.ts';
import type { LimiterRegistry, LimiterSnapshot, Slot, SlotRequest } from './limiter-registry.ts';

export interface LimiterOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  /** Requests that may wait in one lane before the next is answered `throttled`. Default 1000. */
  readonly maxQueue?: number;
  /** Makes the budget behind a charge. Default: one that this process keeps by itself. */
  readonly createBudget?: CreateBudget;
}

/** Keys beyond this number are looked through for forgotten ones. */
const manyKeys = 1000;

/**
 * A request that nothing holds back takes its slot synchronously, and a slot that is handed back goes straight to the
 * next in line: neither costs a timer. What has to wait for the clock (a pause, an empty budget, a learned pace) waits in a
 * job of Bottleneck, one at a time for each lane; it is loaded when that happens for the first time. Bottleneck counts
 * nothing: budgets do, and what several nodes share is behind `createBudget`.
 */
class LocalLimiterRegistry implements LimiterRegistry {
  readonly #clock: Clock;
  readonly #options: GateOptions;
  readonly #gates = new Map<string, Gate>();

  constructor({
    clock = systemClock,
    telemetry = noTelemetry,
    maxQueue = 1000,
    createBudget = ({ definition, now }) => createLocalBudget(definition, now),
  }: LimiterOptions) {
    this.#clock = clock;
    this.#options = { clock, telemetry, maxQueue, createBudget, createJobs: createJobQueue };
  }

  acquire(request: SlotRequest): Slot | Promise<Slot> {
    return this.#gate(request.key).acquire(request);
  }

  snapshot(key?: string): LimiterSnapshot {
    const now = this.#clock.now();
    const gates = [...this.#gates.values()].filter((gate) => key === undefined || gate.key === key);
    return { lanes: gates.flatMap((gate) => gate.lanes(now)), budgets: gates.flatMap((gate) => gate.budgets(now)) };
  }

  async close(): Promise<void> {
    const gates = [...this.#gates.values()];
    this.#gates.clear();
    await Promise.all(gates.map((gate) => gate.close(cancelled())));
  }

  #gate(key: string): Gate {
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      if (this.#gates.size >= manyKeys) this.#forgetIdle();
      gate = new Gate(key, this.#options);
      this.#gates.set(key, gate);
    }
    return gate;
  }

  #forgetIdle(): void {
    const now = this.#clock.now();
    for (const [key, gate] of this.#gates) {
      if (!gate.isIdle(now)) continue;
      this.#gates.delete(key);
      void gate.close(cancelled());
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
