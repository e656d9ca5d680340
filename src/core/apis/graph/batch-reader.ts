import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import { AppError, type ErrorChanges } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { ApiDescriptor, DescribedRequest } from '../../http/api-descriptor.ts';
import type { BatchEntry, BatchOptions } from '../../http/batch/batch-item.ts';
import type { BatchRunOptions } from '../../http/batch/run-batch.ts';
import { readEnvelope } from '../../http/batch/settle-item.ts';
import type { Answer } from '../../http/exchange.ts';
import { absoluteLink, linkIn } from '../../http/page.ts';
import { mapFailedAnswer, mapUntrueAnswer } from '../../http/policies/error.ts';
import { codesIn, readUpstreamError } from '../../http/upstream-error.ts';
import { maskShapes } from '../../secrets/answers/secret-shapes.ts';
import { maybeNotReplicated, type RecentObjects } from './consistency.ts';
import type { ReadPages } from './delta.ts';
import { nextLinkName } from './graph-descriptor.ts';

interface BatchReaderOptions {
  readonly client: ApiClient;
  readonly descriptor: ApiDescriptor;
  readonly clock: Clock;
  readonly recent: RecentObjects;
}

type Hooks = Pick<BatchRunOptions, 'mapFailure' | 'mapUntrue' | 'isTransient' | 'mapLostOutcome' | 'sendAlone'>;

/** The entry as the descriptor sees a single request. */
function describe({ request, wire }: BatchEntry): DescribedRequest {
  const [wirePath = '', query = ''] = wire.url.split('?', 2);
  return { ...request, wirePath, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** Reads the answers to batch items like answers to single requests. */
export class BatchReader {
  readonly #options: BatchReaderOptions;
  /** Mapped errors by entry, for what can only be found out after the batch. */
  readonly #errors = new WeakMap<BatchEntry, AppError>();

  constructor(options: BatchReaderOptions) {
    this.#options = options;
  }

  hooks(): Hooks {
    return {
      mapFailure: (entry, answer, tooLongMs) => this.#mapFailure(entry, answer, tooLongMs),
      mapUntrue: (entry, answer) => this.#mapUntrue(entry, answer),
      isTransient: (entry, answer) => this.#isTransient(entry, answer),
      mapLostOutcome: (entry, error) => this.#mapLostOutcome(entry, error),
      sendAlone: (entry, call) => this.#options.client.send(entry.request, call),
    };
  }

  /** Remembers what was created, and completes the errors of the others. */
  async finish(
    entries: readonly BatchEntry[],
    explain: (error: AppError, request: ApiRequest) => Promise<ErrorChanges | undefined>,
  ): Promise<void> {
    for (const entry of entries) {
      const { result, request } = entry;
      const error = this.#errors.get(entry);
      if (result?.success) {
        this.#options.recent.learn(request, { status: result.status, body: result.body });
      } else if (error !== undefined && result?.error !== undefined) {
        const changes = await explain(error, request);
        if (changes !== undefined) entry.result = { ...result, error: { ...result.error, ...changes } };
      }
    }
  }

  /** Sends one entry in an envelope of its own, and returns its answer like that of a single request. */
  async sendEntry(
    entry: BatchEntry,
    { expectedStatuses = [] }: Pick<BatchOptions, 'expectedStatuses'>,
    call: CallContext,
  ): Promise<ApiResponse> {
    const { apiVersion, wire } = entry;
    const envelope = await this.#options.client.send(
      { method: 'POST', path: '/$batch', body: { requests: [wire] }, readOnly: true, apiVersion },
      call,
    );
    const answer = readEnvelope(envelope).get(entry.wire.id.toLowerCase());
    if (answer === undefined) {
      throw new AppError('upstream_error', 'The answer to the batch lacks the answer to its request.', {
        hint: 'Call again; if it happens again, use a shorter filter.',
        retryable: true,
      });
    }
    const isSuccess = answer.status >= 200 && answer.status < 400;
    if (!isSuccess && !expectedStatuses.includes(answer.status)) throw this.#mapFailure(entry, answer, undefined);
    const untrue = this.#mapUntrue(entry, answer);
    if (untrue !== undefined) throw untrue;
    const requestId = answer.headers['request-id'] ?? envelope.requestId;
    return { ...answer, sizeBytes: envelope.sizeBytes, requestId };
  }

  #mapFailure(entry: BatchEntry, answer: Answer, tooLongMs: number | undefined): AppError {
    const exchange = this.#exchangeOf(entry, tooLongMs);
    const error = mapFailedAnswer(exchange, { ...answer, url: entry.wire.url }, this.#options.clock.now());
    this.#errors.set(entry, error);
    return error;
  }

  #mapUntrue(entry: BatchEntry, answer: Answer): AppError | undefined {
    const exchange = this.#exchangeOf(entry, undefined);
    const error = mapUntrueAnswer(exchange, { ...answer, url: entry.wire.url }, this.#options.clock.now());
    if (error !== undefined) this.#errors.set(entry, error);
    return error;
  }

  #exchangeOf(entry: BatchEntry, tooLongMs: number | undefined) {
    const described = describe(entry);
    const { repeatability } = entry;
    return { api: this.#options.descriptor, described, request: described, repeatability, tooLongMs };
  }

  #isTransient(entry: BatchEntry, answer: Answer): boolean {
    const { descriptor, recent } = this.#options;
    const { code, message } = readUpstreamError(answer.body);
    const { status, headers, body } = answer;
    if (maybeNotReplicated(status, codesIn(body), message) && recent.concerns(entry.request)) return true;
    return descriptor.isTransient?.({ status, code, message, headers, body, request: describe(entry) }) ?? false;
  }

  #mapLostOutcome(entry: BatchEntry, error: AppError): AppError {
    const check = this.#options.descriptor.howToCheck?.(describe(entry));
    return new AppError('outcome_unknown', error.message, {
      hint: check ?? error.hint ?? '',
      ...withoutUndefined({ upstream: error.upstream }),
    });
  }
}

interface FollowOptions {
  readonly pages: ReadPages;
  readonly concurrency: number;
  /** Address of a request: relative links start from it. */
  addressOf(request: ApiRequest): string;
}

/** Completes the lists inside the items of a batch, several at a time. What could not be read keeps its link. */
export async function followItemPages(
  entries: readonly BatchEntry[],
  options: FollowOptions,
  call: CallContext,
): Promise<void> {
  const waiting = entries.filter((entry) => linkOf(entry) !== undefined).values();
  const work = async () => {
    for (const entry of waiting) {
      await followOne(entry, options, call);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, work));
}

function linkOf({ result }: BatchEntry): string | undefined {
  const link = result?.success
    ? linkIn({ body: result.body, ...withoutUndefined({ links: result.links }) }, nextLinkName)
    : undefined;
  return typeof link === 'string' ? link : undefined;
}

async function followOne(entry: BatchEntry, { pages, addressOf }: FollowOptions, call: CallContext): Promise<void> {
  const { result, request } = entry;
  const link = linkOf(entry);
  if (link === undefined || result === undefined || !isRecord(result.body)) return;
  const { [nextLinkName]: _, ...rest } = result.body;
  const value = Array.isArray(rest['value']) ? [...rest['value']] : [];
  let left: string | undefined = link;
  const headers = request.headers === undefined ? {} : { headers: request.headers };
  try {
    const path = absoluteLink(link, addressOf(request));
    for await (const page of pages({ method: 'GET', path, verbatim: true, ...headers }, {})) {
      for (const item of page.items) {
        value.push(item);
      }
      left = page.nextLink;
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    call.note(`The list of request ${entry.wire.id} is not complete: ${error.message}`);
  }
  entry.result = {
    ...result,
    body: { ...rest, value, ...(left === undefined ? {} : { [nextLinkName]: maskShapes(left, { isPageLink: true }) }) },
  };
}
