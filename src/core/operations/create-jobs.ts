import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { createSealer, type Sealer, type SealerOptions } from '../secrets/sealed-text.ts';
import type { OpenWrite, OpenWriteStore } from '../storage/storage.ts';
import type { Begun, Ended, Job, JobControl, JobRequest, Jobs, OpenedJob } from './job.ts';
import { isAlive, repeatMs, WriteClaims } from './write-claims.ts';

export interface JobsOptions<Outcome> extends Omit<SealerOptions, 'ttlMs'> {
  readonly store: OpenWriteStore;
  readonly clock: Clock;
  readonly onUnavailable: (error: unknown) => void;
  /** Whether the work has ended before the operation that its write has become. */
  readonly isOperationOpen: (ended: Ended<Outcome>) => boolean;
  /** Most jobs of one caller that go on behind a handle, and most whose end is remembered. Default 100. */
  readonly most?: number;
}

/** How long a handle works, and how long the end of a job is remembered. */
const lifeMs = 24 * 3_600_000;
const rememberMs = 3_600_000;
/** How long closing waits for answers that are on the way: each tells what became of a write. */
const closeMs = 2_000;
const mostJobs = 100;
/** Tells the handle of a job from that of an operation. */
const prefix = 'job.';

type HandleContent = Pick<OpenedJob<unknown>, 'tool' | 'checkWith' | 'startedAt' | 'reads'> & { readonly id: string };

interface Parts<Outcome> extends Pick<JobsOptions<Outcome>, 'isOperationOpen'> {
  readonly claims: WriteClaims;
  readonly clock: Clock;
  readonly sealer: Sealer<HandleContent>;
  /** Whether one more of this caller may go on. */
  hasRoom(caller: string): boolean;
  forget(id: string): void;
}

class RunningJob<Outcome> implements Job<Outcome> {
  readonly tool: string;
  readonly caller: string;
  readonly connectionId: string;
  readonly reads: readonly string[];
  readonly checkWith: string;
  readonly startedAt: number;
  readonly id: string;
  /** What other processes see of it; undefined for work that changes nothing. */
  write: OpenWrite | undefined;
  /** Resolves once it is known whether another process sends the same write. */
  claimed: Promise<OpenWrite | undefined> = Promise.resolve(undefined);
  ended: Ended<Outcome> | undefined;
  endedAt = Number.POSITIVE_INFINITY;
  goesOn = false;
  handle: string | undefined;
  isAnswered = false;
  /** Whether the store has `write`. */
  #isStored = true;
  #control: JobControl | undefined;
  readonly #parts: Parts<Outcome>;
  readonly #settled = Promise.withResolvers<Ended<Outcome>>();
  readonly #becameOperation = Promise.withResolvers<string>();

  constructor(request: JobRequest, write: OpenWrite | undefined, parts: Parts<Outcome>) {
    this.tool = request.tool;
    this.caller = request.caller;
    this.connectionId = request.connectionId;
    this.reads = request.reads ?? [];
    this.checkWith = request.checkWith;
    this.write = write;
    this.id = write?.id ?? randomUUID();
    this.startedAt = write?.startedAt ?? parts.clock.now();
    this.#parts = parts;
  }

  get settled(): Promise<Ended<Outcome>> {
    return this.#settled.promise;
  }

  get becameOperation(): Promise<string> {
    return this.#becameOperation.promise;
  }

  get operation(): string | undefined {
    return this.write?.operation;
  }

  get progress() {
    return this.#control?.progress();
  }

  get notes(): readonly string[] {
    return this.#control?.notes ?? [];
  }

  get isCancelled(): boolean {
    return this.#control?.isCancelled() ?? false;
  }

  run(work: () => Promise<Outcome>, control: JobControl): void {
    this.#control = control;
    work().then(
      (outcome) => this.#end({ outcome }),
      (error: unknown) => this.#end({ error }),
    );
  }

  async became(operation: string): Promise<void> {
    if (this.write === undefined || this.write.operation === operation) return;
    this.write = { ...this.write, operation };
    this.#becameOperation.resolve(operation);
    await this.#parts.claims.update(this.write);
  }

  async answered(): Promise<void> {
    this.isAnswered = true;
    if (this.write === undefined) return;
    this.write = { ...this.write, isAnswered: true };
    if (this.write.operation !== undefined) {
      await this.#parts.claims.update(this.write);
    } else if (this.ended !== undefined) {
      await this.#release();
    }
  }

  async goOn(): Promise<string | undefined> {
    if (!this.goesOn && !this.#parts.hasRoom(this.caller)) return undefined;
    this.goesOn = true;
    // Other processes are to see for as long as it may run that somebody does.
    if (this.write !== undefined && this.ended === undefined && this.write.operation === undefined) {
      this.write = { ...this.write, expiresAt: this.startedAt + lifeMs };
      await this.#parts.claims.update(this.write);
    }
    const { id, tool, checkWith, startedAt, caller, connectionId, reads } = this;
    const content = { id, tool, checkWith, startedAt, ...(reads.length === 0 ? {} : { reads }) };
    this.handle ??= prefix + (await this.#parts.sealer.seal(content, bindingOf(caller, connectionId)));
    return this.handle;
  }

  abort(): void {
    this.#control?.abort();
  }

  /** Whether the same write, repeated, is answered with this one. */
  isOpen(now: number): boolean {
    if (this.ended === undefined) return true;
    const isUntold = this.write !== undefined && (this.write.operation !== undefined || !this.isAnswered);
    return isUntold && now < this.startedAt + repeatMs;
  }

  /** Whether there is nothing left that somebody could ask about. */
  isOver(now: number): boolean {
    return !this.isOpen(now) && !(this.goesOn && now < this.endedAt + rememberMs);
  }

  /** For a write that another process was first to begin: this one ends without having begun. */
  withdraw(): void {
    this.write = undefined;
    this.#settled.resolve({ error: new AppError('conflict', 'Another process sends the same write.', { hint: '' }) });
    this.#parts.forget(this.id);
  }

  /** Leaves word for other processes that nobody will tell what became of it. */
  async abandon(): Promise<void> {
    if (this.write === undefined || this.ended !== undefined || this.write.operation !== undefined) return;
    await this.#parts.claims.update({ ...this.write, process: { ...this.write.process, pid: 0 } });
  }

  async #end(ended: Ended<Outcome>): Promise<void> {
    this.ended = ended;
    this.endedAt = this.#parts.clock.now();
    if (this.write?.operation !== undefined && !this.#parts.isOperationOpen(ended)) {
      const { operation: _, ...write } = this.write;
      this.write = write;
    }
    // An outcome that no caller has seen answers the next call of the same write. A failure that changed nothing is not kept.
    if (this.write?.operation === undefined && (this.isAnswered || isHarmless(ended))) {
      await this.#release();
    } else if (this.write?.operation === undefined) {
      await this.#removeStored();
    }
    this.#settled.resolve(ended);
  }

  async #release(): Promise<void> {
    await this.#removeStored();
    this.write = undefined;
    if (!this.goesOn) this.#parts.forget(this.id);
  }

  async #removeStored(): Promise<void> {
    if (this.write === undefined || !this.#isStored) return;
    this.#isStored = false;
    await this.#parts.claims.remove(this.write.id);
  }
}

function isHarmless(ended: Ended<unknown>): boolean {
  return 'error' in ended && !(ended.error instanceof AppError && ended.error.code === 'outcome_unknown');
}

function bindingOf(caller: string, connectionId: string): unknown {
  return ['job', caller, connectionId];
}

class ProcessJobs<Outcome> implements Jobs<Outcome> {
  readonly #options: JobsOptions<Outcome>;
  readonly #claims: WriteClaims;
  readonly #sealer: Sealer<HandleContent>;
  readonly #jobs = new Map<string, RunningJob<Outcome>>();
  readonly #byDigest = new Map<string, RunningJob<Outcome>>();

  constructor(options: JobsOptions<Outcome>) {
    this.#options = options;
    this.#claims = new WriteClaims(options);
    this.#sealer = createSealer({ ...options, ttlMs: lifeMs });
  }

  async begin(request: JobRequest): Promise<Begun<Outcome>> {
    this.#forgetOver();
    this.#forgetOldest(request.caller);
    if (request.sameAs === undefined) return { kind: 'new', job: this.#add(request, undefined) };
    const digest = await this.#claims.digestOf(request.sameAs);
    const known = this.#byDigest.get(digest);
    if (known?.isOpen(this.#options.clock.now())) {
      const elsewhere = await known.claimed;
      return elsewhere === undefined ? { kind: 'here', job: known } : found(elsewhere);
    }
    const write = this.#claims.newWrite({ digest, tool: request.tool });
    const job = this.#add(request, write);
    this.#byDigest.set(digest, job);
    job.claimed = this.#claims.claim(write);
    const elsewhere = await job.claimed;
    if (elsewhere === undefined) return { kind: 'new', job };
    job.withdraw();
    return found(elsewhere);
  }

  async handleOf({ id, tool, startedAt }: OpenWrite, { checkWith, caller, connectionId }: JobRequest): Promise<string> {
    return prefix + (await this.#sealer.seal({ id, tool, checkWith, startedAt }, bindingOf(caller, connectionId)));
  }

  answered(write: OpenWrite): Promise<void> {
    return this.#claims.update({ ...write, isAnswered: true });
  }

  forget(id: string): Promise<void> {
    this.#forget(id);
    return this.#claims.remove(id);
  }

  async open(handle: string, caller: string, connectionId: string): Promise<OpenedJob<Outcome> | undefined> {
    if (!handle.startsWith(prefix)) return undefined;
    const opened = await this.#sealer.open(handle.slice(prefix.length), bindingOf(caller, connectionId));
    if (opened === undefined) {
      throw invalidArgument(
        'operation: not a handle of this caller and connection.',
        'Pass the operation exactly as it was answered, with the same connection.',
      );
    }
    const { id, tool, checkWith, startedAt, reads = [] } = opened.content;
    if (opened.isExpired) throw invalidArgument('operation: the handle has expired.', checkWith);
    const job = this.#jobs.get(id);
    const write = job === undefined ? await this.#claims.find(id) : undefined;
    return { tool, checkWith, startedAt, reads, ...(job ? { job } : {}), ...(write ? { write } : {}) };
  }

  async close(): Promise<void> {
    const running = [...this.#jobs.values()].filter(({ ended }) => ended === undefined);
    if (running.length === 0) return;
    for (const job of running) job.abort();
    const enough = new AbortController();
    const limit = delay(closeMs, enough.signal).catch(() => undefined);
    await Promise.race([Promise.all(running.map(({ settled }) => settled)), limit]);
    enough.abort();
    await Promise.all(running.map((job) => job.abandon()));
  }

  #add(request: JobRequest, write: OpenWrite | undefined): RunningJob<Outcome> {
    const job = new RunningJob<Outcome>(request, write, {
      claims: this.#claims,
      isOperationOpen: this.#options.isOperationOpen,
      clock: this.#options.clock,
      sealer: this.#sealer,
      hasRoom: (caller) => this.#countGoingOn(caller) < (this.#options.most ?? mostJobs),
      forget: (id) => this.#forget(id),
    });
    this.#jobs.set(job.id, job);
    return job;
  }

  #countGoingOn(caller: string): number {
    const isOne = (job: RunningJob<Outcome>) => job.caller === caller && job.goesOn && job.ended === undefined;
    return [...this.#jobs.values()].filter(isOne).length;
  }

  #forgetOver(): void {
    const now = this.#options.clock.now();
    for (const job of this.#jobs.values()) if (job.isOver(now)) this.#forget(job.id);
  }

  /** What has ended takes memory until somebody asks about it: of one caller, the latest are remembered. */
  #forgetOldest(caller: string): void {
    const { clock, most = mostJobs } = this.#options;
    const now = clock.now();
    const known = [...this.#jobs.values()].filter((job) => job.caller === caller && job.ended && !job.isOpen(now));
    known.sort((a, b) => a.endedAt - b.endedAt);
    for (const { id } of known.slice(0, Math.max(0, known.length - most))) this.#forget(id);
  }

  #forget(id: string): void {
    this.#jobs.delete(id);
    for (const [digest, job] of this.#byDigest) if (job.id === id) this.#byDigest.delete(digest);
  }
}

function found(write: OpenWrite): { readonly kind: 'elsewhere'; readonly write: OpenWrite; readonly isAlive: boolean } {
  return { kind: 'elsewhere', write, isAlive: isAlive(write) };
}

/** The work of calls, which may outlive them. */
export function createJobs<Outcome>(options: JobsOptions<Outcome>): Jobs<Outcome> {
  return new ProcessJobs(options);
}
