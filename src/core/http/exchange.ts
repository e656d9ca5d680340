import type { PipelineRequest } from '@azure/core-rest-pipeline';
import type { CallContext } from '../base/call-context.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { ApiRequest } from './api-client.ts';
import type { ApiDescriptor, DescribedRequest } from './api-descriptor.ts';

/**
 * How a request may be repeated: `safe` changes nothing, `idempotent` has the same effect twice, `once` must never be
 * repeated while its outcome is unknown.
 */
export type Repeatability = 'safe' | 'idempotent' | 'once';

/** An answer read to the end: what one attempt brought home. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** See `ApiResponse.body`. */
  readonly body: unknown;
  /** See `ApiResponse.json`. */
  readonly json?: Buffer;
  readonly sizeBytes: number;
  /** The URL that answered, after redirects. */
  readonly url: string;
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
   * The request is that of another client (`createPipelineHttpClient`): it gets the bytes of every answer that was read to
   * the end, and judges failures by itself.
   */
  readonly isPassedOn: boolean;
  /** Running number of the attempt, from 1. */
  attempt: number;
  /** Whether bytes of this attempt may have reached the service. */
  sent: boolean;
  /** Whether an earlier attempt may have been carried out although it failed. */
  mayHaveHappened: boolean;
  /** A wait that was needed for another attempt and was longer than the call may take, in milliseconds. */
  tooLongMs: number | undefined;
  /** The key of the limiter is paused until then because of the last answer, epoch milliseconds. */
  pausedUntil: number | undefined;
  /** Token of the last attempt, to tell it apart after a 401; never logged or shown. */
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

/** The exchange of a request: whoever sends through the pipeline has started one. */
export function exchangeOf(request: PipelineRequest): Exchange {
  if (!isExchangeRequest(request)) throw new TypeError('The request carries no exchange.');
  return request.exchange;
}

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
