import type { HttpClient, HttpHeaders, PipelinePolicy, RequestBodyType, SendRequest } from '@azure/core-rest-pipeline';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { type Cloud, isLoopbackHttp } from '../base/clouds.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { KnownSecrets } from '../secrets/secret.ts';
import type { SecretKeeper } from '../secrets/secret-keeper.ts';
import type { Logger } from '../telemetry/logger.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import type { LimiterRegistry } from '../throttle/limiter-registry.ts';
import type { ApiClient, ApiRequest, ApiResponse, UrlRequest } from './api-client.ts';
import type { ApiDescriptor, DescribedRequest } from './api-descriptor.ts';
import {
  answerOf,
  type Exchange,
  type ExchangeRequest,
  type Repeatability,
  requestIdOf,
  startExchange,
} from './exchange.ts';
import { limiterKey } from './limiter-key.ts';
import type { Permit } from './permit.ts';
import { type AnswersOptions, answersPolicy } from './policies/answers.ts';
import { authPolicy } from './policies/auth.ts';
import { errorPolicy } from './policies/error.ts';
import { actionPolicy, logPolicy, requestIdPolicy, tracePolicy } from './policies/observe.ts';
import { retryPolicy } from './policies/retry.ts';
import { throttlePolicy } from './policies/throttle.ts';
import { redirectPolicy, wirePolicy } from './policies/wire.ts';
import { leaveTrail } from './request-trail.ts';
import { resolveSettings, type WireSettings } from './settings.ts';
import type { TokenSource } from './token-source.ts';
import { hasControlCharacter } from './url-text.ts';
import { createUrlBuilder, type UrlBuilder } from './urls.ts';

/** What the pipeline of one connection and API is made from. */
export interface PipelineOptions {
  readonly descriptor: ApiDescriptor;
  readonly connection: ConnectionRecord;
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  readonly limiter: LimiterRegistry;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly telemetry?: Telemetry;
  /** Asked before a request is sent. Default: everything that the connection's access allows. */
  readonly permit?: Permit;
  /** Default `tenantry`. */
  readonly userAgent?: string;
  /** Largest answer that is read, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Stores the secrets that answers hand out; without it they are masked. */
  readonly keeper?: SecretKeeper;
  /** Values that no answer may show. */
  readonly knownSecrets?: KnownSecrets;
  /** Answers show their secrets. Default false. */
  readonly revealSecrets?: boolean;
  /** See `AnswersOptions.findApp`. */
  readonly findApp?: AnswersOptions['findApp'];
}

/** The path of the requests of one connection to one API. */
export interface RequestPipeline {
  readonly settings: WireSettings;
  readonly urls: UrlBuilder;
  readonly allowLoopbackHttp: boolean;
  /** Starts a request. Rejects with `refused` for a change over a read-only connection, and for what the permit refuses. */
  start(described: DescribedRequest, url: string, call: CallContext, isPassedOn: boolean): Promise<Exchange>;
  /** Takes requests that carry their exchange. */
  readonly send: SendRequest;
}

/** Throws `configuration` on a foreign `base_url`. */
export function openPipeline(options: PipelineOptions): RequestPipeline {
  const { descriptor, connection, cloud, clock } = options;
  const settings = resolveSettings(connection.settings);
  checkHeaders({ 'Content-Type': settings.contentType });
  const urls = createUrlBuilder(descriptor, cloud, connection.settings.base_url);
  const allowLoopbackHttp = isLoopbackHttp(descriptor.root(cloud));
  return {
    settings,
    urls,
    allowLoopbackHttp,
    async start(described, url, call, isPassedOn) {
      const repeatability = repeatabilityOf(described, descriptor);
      // Before anything may refuse it: what was denied is in the trail too.
      leaveTrail(call.record, descriptor.name, described, repeatability !== 'safe');
      checkAccess(described, repeatability, connection);
      const asked = options.permit?.check(
        { ...described, api: descriptor.name, isRead: repeatability === 'safe' },
        call,
      );
      if (asked !== undefined) await asked;
      const startedAt = clock.now();
      return startExchange({ api: descriptor, connection, described, url, call, repeatability, startedAt, isPassedOn });
    },
    send: compose(createPolicies(options, { settings, urls, allowLoopbackHttp }), options.httpClient),
  };
}

type OpenedParts = Pick<RequestPipeline, 'settings' | 'urls' | 'allowLoopbackHttp'>;

/** The order of the policies, outermost first, with the reason for each place. */
function createPolicies(options: PipelineOptions, { settings, urls, allowLoopbackHttp }: OpenedParts) {
  const { descriptor, cloud, tokens, limiter, clock, random, logger, telemetry = noTelemetry } = options;
  const { retry, timeouts, logging } = settings;
  const { userAgent = 'tenantry', maxBodyBytes } = options;
  const key = limiterKey(options.connection, limitedRoot(options));
  const isForeign = (url: string) => !urls.isTrusted(url) && !(allowLoopbackHttp && isLoopbackHttp(url));
  const { keeper, knownSecrets: known, revealSecrets: reveal, findApp } = options;
  return [
    actionPolicy({ telemetry, cloud: cloud.name }), // around everything: the duration that the caller sees
    errorPolicy({ clock }), // non-2xx becomes an AppError, once the retries are spent
    answersPolicy({ api: descriptor.name, ...withoutUndefined({ keeper, known, reveal, findApp }) }), // before anything reads it
    requestIdPolicy({ userAgent }), // one id for all attempts: support can join them
    retryPolicy({ settings: retry, clock, random, telemetry }), // decides alone whether and when to repeat
    throttlePolicy({ limiter, key, settings, clock, random, telemetry }), // inside retry: each attempt takes a slot
    tracePolicy({ telemetry }), // one client span for each attempt, without the time in the queue
    redirectPolicy({ allowLoopbackHttp, urls }), // outside auth: the token is decided for every hop
    authPolicy({ tokens, audience: descriptor.audience(cloud), urls }), // inside retry: each attempt has a valid token
    wirePolicy({ timeouts, maxBodyBytes, isForeign }), // reads to the end: a body that breaks off is a failed attempt
    logPolicy({ logger, logging }), // nearest the wire: logs what was really sent
  ];
}

/** Chains the policies once, so that requests need no set-up. */
function compose(policies: readonly PipelinePolicy[], client: HttpClient): SendRequest {
  return policies.reduceRight<SendRequest>(
    (next, policy) => (request) => policy.sendRequest(request, next),
    (request) => client.sendRequest(request),
  );
}

/** `base_url` is an address of Graph; other APIs have their own root, and with it their own limits. */
function limitedRoot({ descriptor, connection: { settings }, cloud }: PipelineOptions): string {
  return (descriptor.versioning.place === 'path' ? settings.base_url : undefined) ?? descriptor.root(cloud);
}

function repeatabilityOf(request: DescribedRequest, descriptor: ApiDescriptor): Repeatability {
  if (request.method === 'GET' || request.method === 'HEAD' || request.readOnly === true) return 'safe';
  if (request.method !== 'POST') return request.once === true ? 'once' : 'idempotent';
  if (descriptor.isReadOnlyPost(request)) return 'safe';
  return request.idempotent === true ? 'idempotent' : 'once';
}

/** The second lock of read-only connections; the first is in the dispatcher. */
function checkAccess({ method }: DescribedRequest, repeatability: Repeatability, connection: ConnectionRecord): void {
  if (connection.access === 'read_only' && repeatability !== 'safe') {
    throw new AppError('refused', `The connection ${connection.name} is read-only; the ${method} was not sent.`, {
      hint: 'Ask the person who runs Tenantry whether this connection may write.',
    });
  }
}

type CreateHeaders = (headers?: Record<string, string>) => HttpHeaders;

/** Requests of one connection to one API, through the pipeline. Throws `configuration` on a foreign `base_url`. */
export function createApiClient(options: PipelineOptions): ApiClient {
  return new PipelineApiClient(options);
}

class PipelineApiClient implements ApiClient {
  readonly api: string;
  readonly #options: PipelineOptions;
  readonly #pipeline: RequestPipeline;
  #createHeaders: CreateHeaders | undefined;

  constructor(options: PipelineOptions) {
    this.api = options.descriptor.name;
    this.#options = options;
    const { findApp } = options.descriptor;
    const find: AnswersOptions['findApp'] = findApp && ((resource, call) => findApp(resource, this, call));
    this.#pipeline = openPipeline({ ...options, ...withoutUndefined({ findApp: find }) });
  }

  resolveUrl(request: UrlRequest): string {
    return this.#pipeline.urls.resolve(request).url;
  }

  async send(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const { url, wirePath, query } = this.#pipeline.urls.resolve(request);
    checkHeaders(request.headers ?? {});
    const exchange = await this.#pipeline.start({ ...request, wirePath, query }, url, call, false);
    this.#createHeaders ??= (await import('@azure/core-rest-pipeline')).createHttpHeaders;
    await this.#pipeline.send(this.#toWire(exchange, this.#createHeaders));
    const answer = answerOf(exchange);
    return { ...answer, requestId: requestIdOf(exchange.api, answer.headers) };
  }

  #toWire(exchange: Exchange, createHeaders: CreateHeaders): ExchangeRequest {
    const { request, call, url } = exchange;
    const headers = createHeaders({
      'Accept-Encoding': 'gzip',
      ...this.#options.descriptor.defaultHeaders,
    });
    for (const [name, value] of Object.entries(request.headers ?? {})) {
      headers.set(name, value);
    }
    const encoded = encodeBody(request);
    if (encoded !== undefined && !headers.has('content-type')) {
      headers.set('Content-Type', encoded.contentType ?? this.#pipeline.settings.contentType);
    }
    return {
      exchange,
      url,
      method: request.method,
      headers,
      timeout: 0,
      withCredentials: false,
      requestId: call.clientRequestId,
      abortSignal: call.signal,
      allowInsecureConnection: this.#pipeline.allowLoopbackHttp,
      ...(encoded === undefined ? {} : { body: encoded.body }),
    };
  }
}

/** Headers that belong to the pipeline or the connection: a caller who sets them could redirect the token. */
const reservedHeaders =
  /^(?:authorization|proxy-.*|host|cookie|content-length|transfer-encoding|content-encoding|accept-encoding|connection|keep-alive|upgrade|te|trailer|expect|user-agent|client-request-id|x-http-method(?:-override)?|x-method-override|x-original-(?:url|method)|x-rewrite-url|x-forwarded-.*|forwarded)$/i;

/** Throws `invalid_argument` for headers that could break out of the request or take over its identity. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/.test(name) || typeof value !== 'string' || hasControlCharacter(value)) {
      throw invalidArgument(
        'A header has a name or value that HTTP does not allow.',
        'Use names of letters, digits and dashes, and values of one line of text.',
      );
    }
    if (reservedHeaders.test(name)) {
      throw invalidArgument(
        `The header ${name} decides about identity, routing or framing and cannot be given.`,
        'Leave the header out; the id of a call is set with correlation_id.',
      );
    }
    if (name.toLowerCase() === 'content-type' && !isReadAsUtf8(value)) {
      throw invalidArgument(
        'The header Content-Type names a charset in which the body would say something else.',
        'Leave the charset out: bodies are sent as UTF-8.',
      );
    }
    if (value.length > 8192 || /[^\u0020-\u00ff]/.test(value)) {
      throw invalidArgument(
        `The value of the header ${name} is too long or has characters that a header cannot carry.`,
        'Use at most 8192 characters of Latin text.',
      );
    }
  }
}

/** Another charset would make another body of the same bytes than the one that was judged. */
function isReadAsUtf8(contentType: string): boolean {
  return Array.from(contentType.matchAll(/charset\s*=\s*"?\s*([^\s";,]*)/gi)).every(([, name = '']) =>
    /^(?:utf-?8|us-ascii)?$/i.test(name),
  );
}

interface EncodedBody {
  readonly body: Exclude<RequestBodyType, null>;
  /** Undefined when the connection's default applies. */
  readonly contentType: string | undefined;
}

/** A GET carries no body, whatever was passed. Strings and bytes go as they are, everything else as JSON. */
function encodeBody({ method, body }: Pick<ApiRequest, 'method' | 'body'>): EncodedBody | undefined {
  if (method === 'GET' || method === 'HEAD' || body === undefined || body === null) return undefined;
  if (typeof body === 'string') return { body, contentType: undefined };
  if (body instanceof Uint8Array) return { body, contentType: 'application/octet-stream' };
  try {
    return { body: JSON.stringify(body), contentType: undefined };
  } catch {
    throw invalidArgument('The body cannot be written as JSON.', 'Pass plain objects, arrays, strings and numbers.');
  }
}
