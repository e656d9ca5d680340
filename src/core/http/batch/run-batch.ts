import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/delay.ts';
import { AppError, cancelled } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiClient, ApiResponse } from '../api-client.ts';
import type { Answer } from '../exchange.ts';
import { retryDelay, serverWait } from '../policies/retry.ts';
import type { WireSettings } from '../settings.ts';
import type { BatchEntry } from './batch-item.ts';
import { EnvelopeQueue } from './envelope-queue.ts';
import {
  failedDependency,
  notSentAfterFailure,
  notSentAtDeadline,
  readEnvelope,
  resultNotSent,
  resultOfAnswer,
  resultOfError,
} from './settle-item.ts';

export interface BatchRunOptions {
  readonly client: ApiClient;
  readonly settings: Pick<WireSettings, 'retry' | 'maxConcurrent'>;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Of every envelope. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly continueOnError: boolean;
  readonly expectedStatuses: readonly number[];
  /** What a failed answer means; `tooLongMs` is a wait that this call cannot afford. */
  mapFailure(entry: BatchEntry, answer: Answer, tooLongMs?: number): AppError;
  /** The error for a success that says otherwise; undefined for one that is true. */
  mapUntrue(entry: BatchEntry, answer: Answer): AppError | undefined;
  /** Answers that mean "nothing was done, try again", besides the general table. */
  isTransient(entry: BatchEntry, answer: Answer): boolean;
  /** The error for a write whose envelope was sent and whose answer was lost. */
  mapLostOutcome(entry: BatchEntry, error: AppError): AppError;
  sendAlone(entry: BatchEntry, call: CallContext): Promise<ApiResponse>;
}

/** For an item that is missing from the answer: its outcome is unknown. */
function missingAnswer(url: string): Answer {
  return { status: 503, headers: {}, body: undefined, sizeBytes: 0, url };
}

/** Failures of one envelope that need not affect the next one. */
const passing = new Set(['outcome_unknown', 'upstream_unavailable']);

/** Sends the entries of one batch and gives each its result. */
class BatchRun {
  readonly #options: BatchRunOptions;
  readonly #call: CallContext;
  readonly #entries: readonly BatchEntry[];
  readonly #queue: EnvelopeQueue;
  readonly #active = new Set<Promise<void>>();
  readonly #inOrder: boolean;
  #successes = 0;
  #lastProgressAt: number;
  #answered = 0;
  #hasFailed = false;
  /** Ends the run; what was not sent by then stays unsent. */
  #stop: 'deadline' | 'failure' | undefined;
  #fatal: unknown;

  constructor(entries: readonly BatchEntry[], options: BatchRunOptions, call: CallContext) {
    this.#options = options;
    this.#call = call;
    this.#entries = entries;
    // Without `continueOnError` a failed write must be able to keep the later ones from being sent.
    this.#inOrder = !options.continueOnError && entries.some((entry) => entry.repeatability !== 'safe');
    this.#queue = new EnvelopeQueue(entries, this.#inOrder);
    this.#lastProgressAt = options.clock.now();
  }

  async run(): Promise<void> {
    while (!this.#isOver()) {
      const envelope = this.#active.size < this.#width() ? this.#queue.take(this.#now()) : undefined;
      if (envelope !== undefined) {
        this.#start(envelope);
      } else if (this.#active.size > 0) {
        await Promise.race(this.#active);
      } else if (!(await this.#waitOrPlan())) {
        break;
      }
    }
    await Promise.all(this.#active);
    if (this.#fatal !== undefined) throw this.#fatal;
    this.#settleRest();
  }

  #now(): number {
    return this.#options.clock.now();
  }

  /** Reads go in parallel once the first envelope has shown that they work at all. */
  #width(): number {
    const isFirst = !this.#options.continueOnError && this.#answered === 0;
    return this.#inOrder || isFirst ? 1 : this.#options.settings.maxConcurrent;
  }

  #isOver(): boolean {
    if (this.#fatal === undefined && this.#stop === undefined) {
      if (this.#hasFailed && !this.#options.continueOnError) {
        this.#stop = 'failure';
      } else if (this.#isPastDeadline()) {
        this.#stop = 'deadline';
      } else if (this.#call.signal.aborted) {
        this.#fatal = this.#call.signal.reason instanceof AppError ? this.#call.signal.reason : cancelled();
      }
    }
    return this.#fatal !== undefined || this.#stop !== undefined;
  }

  #isPastDeadline(): boolean {
    const { signal, deadlineAt } = this.#call;
    const isTimeout = signal.aborted && signal.reason instanceof AppError && signal.reason.code === 'timeout';
    return isTimeout || this.#now() >= deadlineAt;
  }

  /** With nothing in flight: waits for the next attempt that is due, or plans the next wave. False at the end. */
  async #waitOrPlan(): Promise<boolean> {
    const wakeAt = this.#queue.wakeAt();
    if (wakeAt !== undefined) {
      try {
        await delay(Math.max(0, wakeAt - this.#now()), this.#call.signal);
      } catch (error) {
        // At the deadline the caller learns what is done; a cancelled call has no reader.
        if (!this.#isPastDeadline()) this.#fatal = error;
      }
      return true;
    }
    return this.#queue.planWaiting((entry, needed) => this.#fail(entry, failedDependency(needed.wire.id)));
  }

  #start(envelope: readonly BatchEntry[]): void {
    const sending = this.#send(envelope)
      .catch((error: unknown) => {
        this.#fatal ??= error;
      })
      .finally(() => {
        this.#active.delete(sending);
        this.#queue.release(envelope);
        this.#answered += 1;
      });
    this.#active.add(sending);
  }

  async #send(envelope: readonly BatchEntry[]): Promise<void> {
    const { client, headers } = this.#options;
    const apiVersion = envelope[0]?.apiVersion;
    const isReading = envelope.every((entry) => entry.repeatability === 'safe');
    for (const entry of envelope) {
      entry.progressSeen = this.#successes;
    }
    let response: ApiResponse;
    try {
      response = await client.send(
        {
          method: 'POST',
          path: '/$batch',
          body: { requests: this.#wireItems(envelope) },
          readOnly: isReading,
          ...withoutUndefined({ apiVersion, headers }),
        },
        this.#call,
      );
    } catch (error) {
      await this.#envelopeFailed(envelope, error, isReading);
      return;
    }
    this.#settle(envelope, readEnvelope(response), response.url);
  }

  #wireItems(envelope: readonly BatchEntry[]): unknown[] {
    const ids = new Map(envelope.map((entry) => [entry.index, entry.wire.id]));
    return envelope.map(({ wire, dependsOn }) => {
      const needed = dependsOn.map((index) => ids.get(index)).filter((id) => id !== undefined);
      return needed.length === 0 ? wire : { ...wire, dependsOn: needed };
    });
  }

  #isSuccess(status: number): boolean {
    return (status >= 200 && status < 400) || this.#options.expectedStatuses.includes(status);
  }

  /** Successes first, so that refusals know whether anything got through; dependants last, when their cause is known. */
  #settle(envelope: readonly BatchEntry[], answers: ReadonlyMap<string, Answer>, url: string): void {
    const refused: [BatchEntry, Answer][] = [];
    const dependent: [BatchEntry, Answer][] = [];
    for (const entry of envelope) {
      const answer = answers.get(entry.wire.id.toLowerCase()) ?? missingAnswer(url);
      const untrue = this.#isSuccess(answer.status) ? this.#options.mapUntrue(entry, answer) : undefined;
      if (untrue !== undefined) {
        this.#fail(entry, untrue);
      } else if (this.#isSuccess(answer.status)) {
        this.#succeed(entry, answer);
      } else {
        (answer.status === 424 ? dependent : refused).push([entry, answer]);
      }
    }
    for (const [entry, answer] of refused) {
      this.#retryOrFail(entry, answer);
    }
    for (const [entry, answer] of dependent) {
      this.#settleDependent(entry, answer);
    }
  }

  #succeed(entry: BatchEntry, answer: Answer): void {
    entry.result = resultOfAnswer(entry, answer);
    this.#successes += 1;
    this.#lastProgressAt = this.#now();
  }

  #fail(entry: BatchEntry, error: AppError, body?: unknown): void {
    entry.result = resultOfError(entry, error, body);
    this.#hasFailed = true;
  }

  #settleDependent(entry: BatchEntry, answer: Answer): void {
    const needed = entry.dependsOn.map((index) => this.#entries[index]).filter((one) => one !== undefined);
    const failed = needed.find((one) => one.result?.success === false);
    const waiting = needed.find((one) => one.result === undefined);
    if (failed !== undefined) {
      this.#fail(entry, failedDependency(failed.wire.id));
    } else if (waiting !== undefined) {
      this.#queue.retry(entry, waiting.notBefore);
    } else {
      this.#retryOrFail(entry, answer);
    }
  }

  /** The same table as for single requests; a refusal counts as an attempt only when nothing at all gets through. */
  #retryOrFail(entry: BatchEntry, answer: Answer): void {
    const { settings, random } = this.#options;
    const now = this.#now();
    const hasProgress = this.#successes > entry.progressSeen;
    const isThrottled = answer.status === 429 || answer.status === 509;
    entry.attempts += hasProgress && isThrottled ? 0 : 1;
    entry.lastAnswer = answer;
    const question = {
      outcome: { kind: 'answer', answer, transient: this.#options.isTransient(entry, answer) },
      repeatability: entry.repeatability,
      attempt: Math.max(1, entry.attempts),
      settings: settings.retry,
      now,
      random,
    } as const;
    const waitMs = retryDelay(question);
    const longestMs = Math.min(this.#call.deadlineAt, this.#lastProgressAt + settings.retry.maxElapsedMs) - now;
    if (waitMs === undefined || waitMs > longestMs) {
      this.#fail(entry, this.#options.mapFailure(entry, answer, waitMs), shownBody(answer));
      return;
    }
    this.#noteAttempt(question.attempt + 1);
    this.#queue.retry(entry, now + waitMs);
    if (serverWait(question) !== undefined) this.#queue.pause(entry, now + waitMs);
  }

  #noteAttempt(attempt: number): void {
    const { record } = this.#call;
    record.attempts = Math.max(record.attempts, attempt);
  }

  /** The envelope itself failed, once its own retries were spent. */
  async #envelopeFailed(envelope: readonly BatchEntry[], error: unknown, isReading: boolean): Promise<void> {
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    if (error.code === 'outcome_unknown') {
      this.#settleLost(envelope, error);
      return;
    }
    if (isReading && error.code === 'upstream_unavailable' && (error.status ?? 0) >= 500) {
      this.#call.note('$batch kept failing: its requests were sent one by one.');
      await this.#sendEachAlone(envelope);
      return;
    }
    if (this.#entries.every((entry) => entry.result === undefined) && this.#active.size <= 1) throw error;
    for (const entry of envelope) {
      this.#fail(entry, error);
    }
    this.#stop ??= passing.has(error.code) ? undefined : error.code === 'timeout' ? 'deadline' : 'failure';
  }

  /** Repeats what may be repeated; a creation, and what depends on one, may have happened and is not sent again. */
  #settleLost(envelope: readonly BatchEntry[], error: AppError): void {
    const { settings, random } = this.#options;
    const now = this.#now();
    const unknown = new Set<number>();
    for (const entry of envelope) {
      const { repeatability } = entry;
      const isUnknown = repeatability === 'once' || entry.dependsOn.some((index) => unknown.has(index));
      entry.attempts += 1;
      const waitMs = isUnknown
        ? undefined
        : retryDelay({
            outcome: { kind: 'failure', failure: { sent: true, isLasting: false } },
            repeatability,
            attempt: entry.attempts,
            settings: settings.retry,
            now,
            random,
          });
      if (waitMs === undefined || now + waitMs > this.#call.deadlineAt) {
        unknown.add(entry.index);
        this.#fail(entry, this.#options.mapLostOutcome(entry, error));
      } else {
        this.#noteAttempt(entry.attempts + 1);
        this.#queue.retry(entry, now + waitMs);
      }
    }
  }

  async #sendEachAlone(envelope: readonly BatchEntry[]): Promise<void> {
    let down: AppError | undefined;
    for (const entry of envelope) {
      if (down !== undefined) {
        this.#fail(entry, down);
        continue;
      }
      try {
        const { status, headers, body, sizeBytes, url } = await this.#options.sendAlone(entry, this.#call);
        this.#succeed(entry, { status, headers, body, sizeBytes, url });
      } catch (error) {
        if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
        this.#fail(entry, error);
        down = error.code === 'upstream_unavailable' || error.code === 'timeout' ? error : undefined;
      }
    }
  }

  /** Items without a result at the end were not sent, or were refused and could not be sent again. */
  #settleRest(): void {
    for (const entry of this.#entries) {
      if (entry.result === undefined && entry.lastAnswer !== undefined) {
        this.#fail(entry, this.#options.mapFailure(entry, entry.lastAnswer));
      }
      entry.result ??= resultNotSent(entry, this.#stop === 'deadline' ? notSentAtDeadline() : notSentAfterFailure());
    }
  }
}

/** The body of a failed item, where it says more than the error. */
function shownBody({ body }: Answer): unknown {
  return typeof body === 'object' && body !== null ? body : undefined;
}

/**
 * Sends any number of requests in envelopes of 20, several at a time, and gives every entry its result. Throws only
 * when nothing at all was done: results are never lost behind an error.
 */
export async function runBatch(
  entries: readonly BatchEntry[],
  options: BatchRunOptions,
  call: CallContext,
): Promise<void> {
  await new BatchRun(entries, options, call).run();
}
