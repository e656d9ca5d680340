import type { HttpClient, HttpHeaders, SendRequest } from '@azure/core-rest-pipeline';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { isLoopbackHttp } from '../base/loopback.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Logger } from '../telemetry/logger.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import type { LimiterRegistry } from '../throttle/limiter-registry.ts';
import type { ApiClient, ApiRequest, ApiResponse } from './api-client.ts';
import type { ApiDescriptor, DescribedRequest } from './api-descriptor.ts';
import type { Exchange, ExchangeRequest, Repeatability } from './exchange.ts';
import { composePipeline, createPolicies } from './pipeline.ts';
import { requestIdOf } from './request-id-of.ts';
import { checkHeaders, encodeBody } from './request-parts.ts';
import { resolveSettings, type WireSettings } from './settings.ts';
import type { TokenSource } from './token-source.ts';
import { createUrlBuilder, type UrlBuilder, type UrlRequest } from './urls.ts';
import { WireFailure } from './wire-failure.ts';

export interface ApiClientOptions {
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
  /** Default `tenantry`. */
  readonly userAgent?: string;
  /** Largest answer that is read, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number;
}

type CreateHeaders = (headers?: Record<string, string>) => HttpHeaders;

class PipelineApiClient implements ApiClient {
  readonly api: string;
  readonly #options: ApiClientOptions;
  readonly #settings: WireSettings;
  readonly #urls: UrlBuilder;
  readonly #allowLoopbackHttp: boolean;
  readonly #sendRequest: SendRequest;
  #createHeaders: CreateHeaders | undefined;

  constructor(options: ApiClientOptions) {
    const { descriptor, cloud, connection } = options;
    const root = descriptor.root(cloud);
    this.api = descriptor.name;
    this.#options = options;
    this.#settings = resolveSettings(connection.settings);
    this.#urls = createUrlBuilder(descriptor, cloud, connection.settings.base_url);
    this.#allowLoopbackHttp = isLoopbackHttp(root);
    const policies = createPolicies({
      settings: this.#settings,
      cloud: cloud.name,
      audience: descriptor.audience(cloud),
      urls: this.#urls,
      tokens: options.tokens,
      limiter: options.limiter,
      limiterKey: limiterKey(options),
      allowLoopbackHttp: this.#allowLoopbackHttp,
      userAgent: options.userAgent ?? 'tenantry',
      clock: options.clock,
      logger: options.logger,
      telemetry: options.telemetry ?? noTelemetry,
      random: options.random,
      maxBodyBytes: options.maxBodyBytes,
    });
    this.#sendRequest = composePipeline(policies, options.httpClient);
  }

  resolveUrl(request: UrlRequest): string {
    return this.#urls.resolve(request).url;
  }

  async send(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const { url, wirePath, query } = this.#urls.resolve(request);
    const described = { ...request, wirePath, query };
    const repeatability = this.#repeatability(described);
    this.#checkAccess(request, repeatability);
    checkHeaders(request.headers ?? {});
    this.#createHeaders ??= (await import('@azure/core-rest-pipeline')).createHttpHeaders;
    const exchange = this.#startExchange({ described, url, call, repeatability });
    const wireRequest = this.#toWire(exchange, this.#createHeaders);
    await this.#sendRequest(wireRequest);
    const { answer } = wireRequest.exchange;
    if (answer === undefined) throw new WireFailure('reset', 'UNKNOWN', true);
    return { ...answer, requestId: requestIdOf(this.#options.descriptor, answer.headers) };
  }

  #repeatability(request: DescribedRequest): Repeatability {
    if (request.method === 'GET' || request.method === 'HEAD' || request.readOnly === true) return 'safe';
    if (request.method !== 'POST') return request.once === true ? 'once' : 'idempotent';
    if (this.#options.descriptor.isReadOnlyPost(request)) return 'safe';
    return request.idempotent === true ? 'idempotent' : 'once';
  }

  /** The second lock of read-only connections; the first is in the dispatcher. */
  #checkAccess({ method }: ApiRequest, repeatability: Repeatability): void {
    const { access, name } = this.#options.connection;
    if (access === 'read_only' && repeatability !== 'safe') {
      throw new AppError('refused', `The connection ${name} is read-only; the ${method} was not sent.`, {
        hint: 'Use a connection with access read_write for changes.',
      });
    }
  }

  #startExchange(known: Pick<Exchange, 'described' | 'url' | 'call' | 'repeatability'>): Exchange {
    return {
      ...known,
      api: this.#options.descriptor,
      connection: this.#options.connection,
      request: known.described,
      startedAt: this.#options.clock.now(),
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
      headers.set('Content-Type', encoded.contentType ?? this.#settings.contentType);
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
      allowInsecureConnection: this.#allowLoopbackHttp,
      ...(encoded === undefined ? {} : { body: encoded.body }),
    };
  }
}

/** What shares one limit at the service, unless the operator says otherwise. */
function limiterKey({ descriptor, connection, cloud }: ApiClientOptions): string {
  const { identity, settings, id } = connection;
  // `base_url` is an address of Graph; other APIs have their own root, and their own limits with it.
  const base = (descriptor.versioning.place === 'path' ? settings.base_url : undefined) ?? descriptor.root(cloud);
  return settings.rate_limit_key ?? `${base} ${identity.client_id ?? id} ${identity.tenant_id ?? ''}`.trimEnd();
}

/** Requests of one connection to one API, through the pipeline. Throws `configuration` on a foreign `base_url`. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  return new PipelineApiClient(options);
}
