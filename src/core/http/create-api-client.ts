import type { HttpHeaders, RequestBodyType } from '@azure/core-rest-pipeline';
import type { CallContext } from '../base/call-context.ts';
import { invalidArgument } from '../base/errors.ts';
import type { ApiClient, ApiRequest, ApiResponse } from './api-client.ts';
import { type Exchange, type ExchangeRequest, requestIdOf } from './exchange.ts';
import { openPipeline, type PipelineOptions, type RequestPipeline } from './pipeline.ts';
import { hasControlCharacter } from './url-text.ts';
import type { UrlRequest } from './urls.ts';
import { WireFailure } from './wire-failure.ts';

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
    this.#pipeline = openPipeline(options);
  }

  resolveUrl(request: UrlRequest): string {
    return this.#pipeline.urls.resolve(request).url;
  }

  async send(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const { url, wirePath, query } = this.#pipeline.urls.resolve(request);
    const exchange = this.#pipeline.start({ ...request, wirePath, query }, url, call, false);
    checkHeaders(request.headers ?? {});
    this.#createHeaders ??= (await import('@azure/core-rest-pipeline')).createHttpHeaders;
    await this.#pipeline.send(this.#toWire(exchange, this.#createHeaders));
    const { answer } = exchange;
    if (answer === undefined) throw new WireFailure('reset', 'UNKNOWN', true);
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

/** Headers that belong to the pipeline or the connection; a caller who could set them could redirect the token. */
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
    if (value.length > 8192 || /[^\u0020-\u00ff]/.test(value)) {
      throw invalidArgument(
        `The value of the header ${name} is too long or has characters that a header cannot carry.`,
        'Use at most 8192 characters of Latin text.',
      );
    }
  }
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
