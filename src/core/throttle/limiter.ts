import { type Clock, systemClock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { AppError, cancelled } from '../base/errors.ts';
import { longestPauseMs } from '../base/retry-after.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import {
  type Budget,
  type Charge,
  type CreateBudget,
  correctBudget,
  createBudget as createLocalBudget,
} from './budget.ts';
import { Lane, type Waiter } from './lane.ts';
import type {
  BudgetSnapshot,
  LaneSnapshot,
  LimiterRegistry,
  Slot,
  SlotOutcome,
  SlotRequest,
} from './limiter-registry.ts';

export interface LimiterOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  /** Requests of one caller that may wait in one lane before its next is answered `throttled`. Default 1000. */
  readonly maxQueue?: number;
  /** Makes the budget behind a charge. Default: one that this process keeps by itself. */
  readonly createBudget?: CreateBudget;
}

/** Beyond this number of keys, idle ones are forgotten. */
const manyKeys = 1000;

/**
 * Limits of all connections of this process. A request that nothing holds back takes its slot synchronously, and a slot
 * that is handed back goes straight to the next in line: neither costs a timer. What has to wait for the clock (a pause,
 * an empty budget, a learned pace) waits in a job of Bottleneck, one at a time for each lane; the first such wait loads
 * it. Bottleneck counts nothing: budgets do, and `createBudget` makes the ones that several nodes share.
 */
export function createLimiterRegistry({
  clock = systemClock,
  telemetry = noTelemetry,
  maxQueue = 1000,
  createBudget = ({ definition, now }) => createLocalBudget(definition, now),
}: LimiterOptions = {}): LimiterRegistry {
  const options = { clock, telemetry, maxQueue, createBudget };
  const gates = new Map<string, Gate>();
  return {
    acquire: (request) => gateOf(request.key).acquire(request),
    snapshot(key) {
      const now = clock.now();
      const wanted = [...gates.values()].filter((gate) => key === undefined || gate.key === key);
      return { lanes: wanted.flatMap((gate) => gate.lanes(now)), budgets: wanted.flatMap((gate) => gate.budgets(now)) };
    },
    async close() {
      const open = [...gates.values()];
      gates.clear();
      await Promise.all(open.map((gate) => gate.close(cancelled())));
    },
  };

  function gateOf(key: string): Gate {
    let gate = gates.get(key);
    if (gate === undefined) {
      if (gates.size >= manyKeys) forgetIdle();
      gate = new Gate(key, options);
      gates.set(key, gate);
    }
    return gate;
  }

  function forgetIdle(): void {
    const now = clock.now();
    for (const [key, gate] of gates) {
      if (!gate.isIdle(now)) continue;
      gates.delete(key);
      void gate.close(cancelled());
    }
  }
}

type Headers = Readonly<Record<string, string>>;

/** Beyond this number of lanes (one for each mailbox, for example), idle lanes and budgets are forgotten. */
const manyEntries = 500;

/** Everything that shares one `rate_limit_key`: concurrency, budgets and the lanes that pause on their own. */
class Gate {
  readonly key: string;
  readonly #options: Required<LimiterOptions>;
  readonly #lanes = new Map<string, Lane>();
  readonly #budgets = new Map<string, Budget>();
  #inFlight = 0;

  constructor(key: string, options: Required<LimiterOptions>) {
    this.key = key;
    this.#options = options;
  }

  acquire(request: SlotRequest): Slot | Promise<Slot> {
    if (request.signal.aborted) throw cancelled(request.signal.reason);
    const now = this.#options.clock.now();
    const lane = this.#lane(request.lane, now);
    if (lane.queue.size === 0 && this.#blockedForMs(lane, request, now) === 0) return this.#take(lane, request, now);
    this.#checkPause(lane, request, now);
    const waiting = lane.queue.sizeOf(request.owner ?? '');
    if (waiting >= this.#options.maxQueue) {
      throw new AppError('throttled', `The queue for this service is full: ${counted(waiting, 'request')} waiting.`, {
        hint: 'Wait until running calls are done, or send fewer at once.',
        retryable: true,
      });
    }
    return this.#enqueue(lane, request);
  }

  lanes(now: number): LaneSnapshot[] {
    return [...this.#lanes.values()].map((lane) => ({
      key: this.key,
      lane: lane.name,
      waiting: lane.queue.size,
      inFlight: lane.inFlight,
      pausedForMs: lane.pauseLeftMs(now),
      pacedPerSecond: lane.pace.perSecond,
      owners: lane.shares(),
    }));
  }

  budgets(now: number): BudgetSnapshot[] {
    return [...this.#budgets].map(([budget, state]) => {
      const { capacity, windowMs, source } = state.definition;
      const left = Math.floor(state.left(now));
      return { key: this.key, budget, capacity, windowMs, source, left, ageMs: state.ageMs(now) };
    });
  }

  isIdle(now: number): boolean {
    const isPaused = [...this.#budgets.values()].some((budget) => budget.pauseLeftMs(now) > 0);
    return !isPaused && [...this.#lanes.values()].every((lane) => lane.isIdle(now));
  }

  /** Refuses all that wait, then lets the budgets give back what they have leased. */
  async close(error: Error): Promise<void> {
    for (const lane of this.#lanes.values()) {
      lane.alarm.stop();
      for (const waiter of lane.queue.drain()) {
        waiter.refuse(error);
      }
    }
    await Promise.all([...this.#budgets.values()].map((budget) => budget.close()));
  }

  #lane(name: string, now: number): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    if (this.#lanes.size >= manyEntries) this.#forgetIdle(now);
    const lane = new Lane(name, this.#options.clock, () => this.#pump());
    this.#lanes.set(name, lane);
    return lane;
  }

  #forgetIdle(now: number): void {
    for (const [name, lane] of this.#lanes) {
      if (lane.isIdle(now)) this.#lanes.delete(name);
    }
    for (const [name, budget] of this.#budgets) {
      if (budget.left(now) < budget.definition.capacity || budget.pauseLeftMs(now) > 0) continue;
      this.#budgets.delete(name);
      void budget.close();
    }
  }

  #budget({ bucket, scope }: Charge, now: number): Budget {
    const name = scope === undefined ? bucket.id : `${bucket.id} ${scope}`;
    let budget = this.#budgets.get(name);
    if (budget === undefined) {
      const wanted = { name: `${this.key} ${name}`, definition: bucket, now, onChange: () => this.#pump() };
      budget = this.#options.createBudget(wanted);
      this.#budgets.set(name, budget);
    }
    return budget;
  }

  /** 0: may go now. Infinity: once a slot is handed back. Otherwise milliseconds. */
  #blockedForMs(lane: Lane, request: SlotRequest, now: number): number {
    const pauseMs = this.#pauseLeftMs(lane, request, now);
    if (pauseMs > 0) return pauseMs;
    if (this.#inFlight >= request.maxConcurrent || lane.inFlight >= lane.window) return Number.POSITIVE_INFINITY;
    let waitMs = lane.pace.waitMs(now);
    for (const charge of request.charges) {
      const budget = this.#budget(charge, now);
      waitMs = budget.isKept ? Math.max(waitMs, budget.waitMs(charge.cost, now)) : waitMs;
    }
    return waitMs;
  }

  /** What the service asked for: of the lane, or of a budget that the request draws on. */
  #pauseLeftMs(lane: Lane, { charges }: SlotRequest, now: number): number {
    let pauseMs = lane.pauseLeftMs(now);
    for (const charge of charges) {
      pauseMs = Math.max(pauseMs, this.#budget(charge, now).pauseLeftMs(now));
    }
    return pauseMs;
  }

  #take(lane: Lane, request: SlotRequest, now: number): Slot {
    this.#inFlight += 1;
    lane.fly(1, request.owner);
    lane.pace.take(now);
    for (const charge of request.charges) {
      this.#budget(charge, now).take(charge.cost, now);
    }
    let isHeld = true;
    return {
      release: (outcome) => {
        if (isHeld) {
          isHeld = false;
          this.#release(lane, request, outcome);
        }
      },
    };
  }

  #release(lane: Lane, request: SlotRequest, outcome: SlotOutcome): void {
    const now = this.#options.clock.now();
    this.#inFlight -= 1;
    lane.fly(-1, request.owner);
    for (const charge of request.charges) {
      this.#budget(charge, now).release(charge.cost);
    }
    const { status, pauseMs } = outcome;
    if (pauseMs !== undefined) lane.pauseFor(pauseMs, now);
    if (status === 429 || status === 509) {
      lane.pace.refused(now, pauseMs ?? 0);
    } else if (status !== undefined && status < 500) {
      lane.succeeded(now);
    }
    if (outcome.headers !== undefined) this.#hear(outcome, outcome.headers, lane, request, now);
    this.#pump();
  }

  /** What the service says in the headers of an answer. */
  #hear({ status, pauseMs }: SlotOutcome, headers: Headers, lane: Lane, { charges }: SlotRequest, now: number): void {
    // A pause applies to the budget as well, unless the service is in trouble.
    const isOfBudget = pauseMs !== undefined && status !== undefined && status < 500;
    for (const charge of charges) {
      const budget = this.#budget(charge, now);
      correctBudget(budget, charge, headers, now);
      this.#options.telemetry.record('azure.limiter.budget.left', budget.left(now), { budget: charge.bucket.id });
      if (isOfBudget && charge.bucket.isRefusal?.(headers) === true) {
        budget.pauseUntil(now + Math.min(pauseMs, longestPauseMs));
      }
    }
    lane.hear(headers, now);
  }

  /** Reports a pause beyond the deadline at once instead of waiting for it in vain. */
  #checkPause(lane: Lane, request: SlotRequest, now: number): void {
    const pauseMs = this.#pauseLeftMs(lane, request, now);
    if (isTooLong(pauseMs, request, now)) throw pauseTooLong(pauseMs);
  }

  #enqueue(lane: Lane, request: SlotRequest): Promise<Slot> {
    return new Promise((resolve, reject) => {
      const { patience } = request;
      let poolTimer: NodeJS.Timeout | undefined;
      let waited: (() => void) | undefined;
      const done = () => {
        clearTimeout(poolTimer);
        request.signal.removeEventListener('abort', onAbort);
        patience?.ended.removeEventListener('abort', onImpatience);
        waited?.();
        this.#options.telemetry.record('azure.limiter.queue.depth', lane.queue.size, { lane: lane.label });
      };
      const waiter: Waiter = {
        request,
        admit(slot) {
          done();
          resolve(slot);
        },
        hold(pauseMs) {
          waited ??= patience?.waits(pauseMs);
        },
        refuse(error) {
          done();
          reject(error);
        },
      };
      const leave = (error: Error) => {
        lane.queue.remove(waiter, request);
        waiter.refuse(error);
        if (lane.queue.size === 0) lane.alarm.stop();
        this.#pump();
      };
      const onAbort = () => leave(cancelled(request.signal.reason));
      const onImpatience = () => {
        const pauseMs = this.#pauseLeftMs(lane, request, this.#options.clock.now());
        if (pauseMs > 0) leave(pauseTooLong(pauseMs));
      };
      const onPoolTimeout = (poolMs: number) => {
        // Only waits for other requests count; a pause of the service is bounded by the deadline.
        const restMs = lane.pausedUntil + poolMs - this.#options.clock.now();
        if (restMs > 0) {
          poolTimer = setTimeout(onPoolTimeout, restMs, poolMs);
        } else {
          leave(noSlot(poolMs));
        }
      };
      request.signal.addEventListener('abort', onAbort, { once: true });
      patience?.ended.addEventListener('abort', onImpatience, { once: true });
      if (request.poolMs !== undefined) poolTimer = setTimeout(onPoolTimeout, request.poolMs, request.poolMs);
      lane.queue.add(waiter, request);
      this.#options.telemetry.record('azure.limiter.queue.depth', lane.queue.size, { lane: lane.label });
      this.#pumpLane(lane);
    });
  }

  /** Admits all that can go now; lanes take turns. */
  #pump(): void {
    let isMoving = true;
    while (isMoving) {
      isMoving = false;
      for (const lane of this.#lanes.values()) {
        isMoving = (lane.queue.size > 0 && this.#admitNext(lane)) || isMoving;
      }
    }
  }

  #pumpLane(lane: Lane): void {
    while (this.#admitNext(lane)) {
      // One after the other, until one has to wait.
    }
  }

  #admitNext(lane: Lane): boolean {
    const waiter = lane.queue.peek();
    if (waiter === undefined) {
      lane.alarm.stop();
      return false;
    }
    const now = this.#options.clock.now();
    const waitMs = this.#blockedForMs(lane, waiter.request, now);
    if (waitMs === 0) {
      lane.queue.shift(({ request }) => request);
      waiter.admit(this.#take(lane, waiter.request, now));
      return true;
    }
    if (Number.isFinite(waitMs)) {
      this.#refuseHopeless(lane, now);
      lane.alarm.set(now + waitMs);
    }
    return false;
  }

  /** When a pause has grown beyond the deadlines of waiting requests, they are refused now; the others learn of it. */
  #refuseHopeless(lane: Lane, now: number): void {
    const first = lane.queue.peek();
    if (first === undefined || this.#pauseLeftMs(lane, first.request, now) === 0) return;
    for (const waiter of lane.queue.items()) {
      const pauseMs = this.#pauseLeftMs(lane, waiter.request, now);
      if (pauseMs > 0 && isTooLong(pauseMs, waiter.request, now)) {
        lane.queue.remove(waiter, waiter.request);
        waiter.refuse(pauseTooLong(pauseMs));
      } else if (pauseMs > 0) {
        waiter.hold(pauseMs);
      }
    }
  }
}

/** Whether a pause ends after the request has to be answered. */
function isTooLong(pauseMs: number, { deadlineAt, patience }: SlotRequest, now: number): boolean {
  return now + pauseMs > deadlineAt || (pauseMs > 0 && patience?.ended.aborted === true);
}

function pauseTooLong(pauseMs: number): AppError {
  const seconds = Math.ceil(pauseMs / 1000);
  return new AppError('throttled', `The service asked for a pause that lasts another ${seconds} s.`, {
    hint: `Call again in ${seconds} s, or with a longer timeout.`,
    retryable: true,
    retryAfterMs: pauseMs,
  });
}

function noSlot(poolMs: number): AppError {
  return new AppError('throttled', `No request slot of the connection was free within ${poolMs / 1000} s.`, {
    hint: 'Send fewer requests at once, or raise max_concurrent_requests or timeouts.pool of the connection.',
    retryable: true,
  });
}
