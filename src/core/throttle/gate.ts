import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { AppError, cancelled } from '../base/errors.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Charge } from './bucket.ts';
import { type Budget, type CreateBudget, correctBudget } from './budget.ts';
import { type JobQueue, Lane, type Waiter } from './lane.ts';
import type { BudgetSnapshot, LaneSnapshot, Slot, SlotOutcome, SlotRequest } from './limiter-registry.ts';

export interface GateOptions {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Requests that may wait in one lane. */
  readonly maxQueue: number;
  readonly createJobs: () => Promise<JobQueue>;
  readonly createBudget: CreateBudget;
}

type Headers = Readonly<Record<string, string>>;

/** Lanes and budgets beyond this number are looked through for forgotten ones (one for each mailbox, for example). */
const manyEntries = 500;

/** Everything that shares one `rate_limit_key`: concurrency, budgets and the lanes that pause on their own. */
export class Gate {
  readonly key: string;
  readonly #options: GateOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #budgets = new Map<string, Budget>();
  #inFlight = 0;

  constructor(key: string, options: GateOptions) {
    this.key = key;
    this.#options = options;
  }

  acquire(request: SlotRequest): Slot | Promise<Slot> {
    if (request.signal.aborted) throw cancelled(request.signal.reason);
    const now = this.#options.clock.now();
    const lane = this.#lane(request.lane, now);
    if (lane.queue.size === 0 && this.#blockedForMs(lane, request, now) === 0) return this.#take(lane, request, now);
    this.#checkPause(lane, request, now);
    if (lane.queue.size >= this.#options.maxQueue) {
      throw new AppError(
        'throttled',
        `The queue for this service is full: ${counted(lane.queue.size, 'request')} waiting.`,
        {
          hint: 'Wait until running calls are done, or send fewer at once.',
          retryable: true,
        },
      );
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
    return [...this.#lanes.values()].every((lane) => lane.isIdle(now));
  }

  /** Refuses whoever waits, then lets the budgets give back what they have leased. */
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
    const lane = new Lane(name, this.#options.clock, this.#options.createJobs, () => this.#pump());
    this.#lanes.set(name, lane);
    return lane;
  }

  #forgetIdle(now: number): void {
    for (const [name, lane] of this.#lanes) {
      if (lane.isIdle(now)) this.#lanes.delete(name);
    }
    for (const [name, budget] of this.#budgets) {
      if (budget.left(now) < budget.definition.capacity) continue;
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

  /** 0: may go now. Infinity: when somebody hands a slot back. Otherwise milliseconds. */
  #blockedForMs(lane: Lane, request: SlotRequest, now: number): number {
    const pauseMs = this.#pauseLeftMs(lane, request, now);
    if (pauseMs > 0) return pauseMs;
    if (this.#inFlight >= request.maxConcurrent || lane.inFlight >= lane.pace.window) return Number.POSITIVE_INFINITY;
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
    lane.inFlight += 1;
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
    lane.inFlight -= 1;
    for (const charge of request.charges) {
      this.#budget(charge, now).release(charge.cost);
    }
    const { status, pauseMs } = outcome;
    if (pauseMs !== undefined) lane.pauseUntil(now + pauseMs);
    if (status === 429 || status === 509) {
      lane.pace.refused(now, pauseMs ?? 0);
    } else if (status !== undefined && status < 500) {
      lane.pace.succeeded(now);
    }
    if (outcome.headers !== undefined) this.#hear(outcome, outcome.headers, lane, request, now);
    this.#pump();
  }

  /** What the service says in the headers of an answer. */
  #hear({ status, pauseMs }: SlotOutcome, headers: Headers, lane: Lane, { charges }: SlotRequest, now: number): void {
    // A pause is that of the budget as well, unless the service is in trouble.
    const isOfBudget = pauseMs !== undefined && status !== undefined && status < 500;
    for (const charge of charges) {
      const budget = this.#budget(charge, now);
      correctBudget(budget, charge, headers, now);
      this.#options.telemetry.record('azure.limiter.budget.left', budget.left(now), { budget: charge.bucket.id });
      if (isOfBudget && charge.bucket.isRefusal?.(headers) === true) budget.pauseUntil(now + pauseMs);
    }
    lane.hear(headers, now);
  }

  /** A pause beyond the deadline is told at once instead of waited for in vain. */
  #checkPause(lane: Lane, request: SlotRequest, now: number): void {
    const pauseMs = this.#pauseLeftMs(lane, request, now);
    if (now + pauseMs > request.deadlineAt) throw pauseTooLong(pauseMs);
  }

  #enqueue(lane: Lane, request: SlotRequest): Promise<Slot> {
    return new Promise((resolve, reject) => {
      let poolTimer: NodeJS.Timeout | undefined;
      const done = () => {
        clearTimeout(poolTimer);
        request.signal.removeEventListener('abort', onAbort);
        this.#options.telemetry.record('azure.limiter.queue.depth', lane.queue.size, { lane: lane.name });
      };
      const waiter: Waiter = {
        request,
        admit(slot) {
          done();
          resolve(slot);
        },
        refuse(error) {
          done();
          reject(error);
        },
      };
      const leave = (error: Error) => {
        lane.queue.remove(waiter, request.caller);
        waiter.refuse(error);
        if (lane.queue.size === 0) lane.alarm.stop();
        this.#pump();
      };
      const onAbort = () => leave(cancelled(request.signal.reason));
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
      if (request.poolMs !== undefined) poolTimer = setTimeout(onPoolTimeout, request.poolMs, request.poolMs);
      lane.queue.add(waiter, request.caller, request.isReplay);
      this.#options.telemetry.record('azure.limiter.queue.depth', lane.queue.size, { lane: lane.name });
      this.#pumpLane(lane);
    });
  }

  /** Lets go whoever can go now; lanes take turns. */
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
      // One after the other, until somebody has to wait.
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
      lane.queue.shift();
      waiter.admit(this.#take(lane, waiter.request, now));
      return true;
    }
    if (Number.isFinite(waitMs)) {
      this.#refuseHopeless(lane, now);
      lane.alarm.set(now + waitMs);
    }
    return false;
  }

  /** After a pause has grown beyond the deadlines of those who wait, they are told now. */
  #refuseHopeless(lane: Lane, now: number): void {
    const first = lane.queue.peek();
    if (first === undefined || this.#pauseLeftMs(lane, first.request, now) === 0) return;
    for (const waiter of lane.queue.items()) {
      const pauseMs = this.#pauseLeftMs(lane, waiter.request, now);
      if (pauseMs > 0 && now + pauseMs > waiter.request.deadlineAt) {
        lane.queue.remove(waiter, waiter.request.caller);
        waiter.refuse(pauseTooLong(pauseMs));
      }
    }
  }
}

function pauseTooLong(pauseMs: number): AppError {
  const seconds = Math.ceil(pauseMs / 1000);
  return new AppError('throttled', `The service asked for a pause that lasts ${seconds} s more.`, {
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
