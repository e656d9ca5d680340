import type { PipelineRequest } from '@azure/core-rest-pipeline';
import type { CallContext } from '../base/call-context.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { ApiRequest, ApiResponse } from './api-client.ts';
import type { ApiDescriptor, DescribedRequest } from './api-descriptor.ts';
import { WireFailure } from './wire-failure.ts';

/**
 * How a request may be repeated: `safe` changes nothing, `idempotent` has the same effect twice, `once` must never be
 * repeated while its outcome is unknown.
 */
export type Repeatability = 'safe' | 'idempotent' | 'once';

/** The answer to one attempt, read to the end. */
export interface Answer extends Omit<ApiResponse, 'requestId'> {
  /** What was read, for answers that are passed on as they are. */
  readonly bytes?: Buffer;
}

/** Everything the policies share about one request and all of its attempts. */
export interface Exchange {
  readonly api: ApiDescriptor;
  readonly connection: ConnectionRecord;
  readonly request: ApiRequest;
  readonly described: DescribedRequest;
  /** Where the first attempt goes. */
  readonly url: string;
  readonly call: CallContext;
  readonly repeatability: Repeatability;
  /** Epoch milliseconds at which the first attempt was made. */
  readonly startedAt: number;
  /**
   * The request comes from another client (`createPipelineHttpClient`), which gets the bytes of every answer that was
   * read to the end and judges failures by itself.
   */
  readonly isPassedOn: boolean;
  /** Running number of the attempt, from 1. */
  attempt: number;
  /** Whether bytes of this attempt may have reached the service. */
  sent: boolean;
  /** Whether an earlier attempt may have been carried out although it failed. */
  mayHaveHappened: boolean;
  /** The wait before another attempt that was too long for this call, in milliseconds. */
  tooLongMs: number | undefined;
  /** Epoch milliseconds until which the last answer has paused the lane in the limiter. */
  pausedUntil: number | undefined;
  /** Token of the last attempt, to recognise it after a 401; never logged or shown. */
  token: string | undefined;
  /** Set once the one replay after a 401 has been used. */
  refusedToken: string | undefined;
  /** Claims challenge that the next token must answer. */
  claims: string | undefined;
  /** Answer of the last attempt. */
  answer: Answer | undefined;
}

/** The request of our own pipeline: Azure's, with the exchange it belongs to. */
export interface ExchangeRequest extends PipelineRequest {
  readonly exchange: Exchange;
}

/** The exchange of a request; `RequestPipeline.start` makes it. */
export function exchangeOf(request: PipelineRequest): Exchange {
  if (!isExchangeRequest(request)) throw new TypeError('The request carries no exchange.');
  return request.exchange;
}

/** The answer of an exchange that has ended. */
export function answerOf({ answer }: Exchange): Answer {
  if (answer === undefined) throw new WireFailure('reset', 'UNKNOWN', true);
  return answer;
}

/** Statuses that leave open whether a write was carried out. https://learn.microsoft.com/graph/errors */
export const doubtfulStatuses: ReadonlySet<number> = new Set([408, 500, 502, 503, 504]);

function isExchangeRequest(request: PipelineRequest): request is ExchangeRequest {
  return 'exchange' in request;
}

/** What is known about a request before its first attempt. */
type KnownExchange = Pick<
  Exchange,
  'api' | 'connection' | 'described' | 'url' | 'call' | 'repeatability' | 'startedAt' | 'isPassedOn'
>;

export function startExchange(known: KnownExchange): Exchange {
  return {
    ...known,
    request: known.described,
    attempt: 1,
    sent: false,
    mayHaveHappened: false,
    tooLongMs: undefined,
    pausedUntil: undefined,
    token: undefined,
    refusedToken: undefined,
    claims: undefined,
    answer: undefined,
  };
}

/** The service's own id of a request, for support. Header names are lower-case. */
export function requestIdOf(
  { requestIdHeader }: Pick<ApiDescriptor, 'requestIdHeader'>,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  const own = requestIdHeader === undefined ? undefined : headers[requestIdHeader];
  return own ?? headers['request-id'] ?? headers['x-ms-request-id'];
}

/** The address without its query, which may hold names, filters and page tokens. */
export function shownUrl(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}
