import { Readable } from 'node:stream';
import type { HttpClient, HttpHeaders, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { operatorAt } from '../base/authority.ts';
import type { CallContext } from '../base/call-context.ts';
import { localCaller } from '../base/caller.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { type HttpMethod, httpMethods } from './api-client.ts';
import type { ApiDescriptor } from './api-descriptor.ts';
import { type Answer, answerOf, type ExchangeRequest } from './exchange.ts';
import { openPipeline, type PipelineOptions } from './pipeline.ts';

/**
 * The pipeline of one connection and API as an `HttpClient`, which every `@azure/*` client takes as its `httpClient`. The
 * requests of such a client get the connection's token, wait for the same limits as our own, are repeated as their method
 * allows, and are logged and traced. The client gets a failed answer unchanged, since it knows what its service means by
 * it; a request without an answer ends with an `AppError`.
 *
 * Answers are read to the end before the client gets them. Its own retries are best switched off (`maxRetries: 0`).
 */
export function createPipelineHttpClient(options: PipelineOptions): HttpClient {
  const pipeline = openPipeline(options);
  return {
    async sendRequest(request) {
      const { createHttpHeaders } = await import('@azure/core-rest-pipeline');
      checkBody(request);
      const { url, ...parts } = pipeline.urls.resolve({ path: request.url, verbatim: true, foreign: true });
      const described = {
        ...parts,
        method: methodOf(request),
        path: url,
        headers: request.headers.toJSON(),
        body: describeBody(request),
      };
      const { call, abort, stop } = startCall(request, options.clock);
      const body = watchBody(request, abort);
      try {
        const exchange = await pipeline.start(described, url, call, true);
        const headers = createHttpHeaders(request.headers.toJSON({ preserveCase: true }));
        prepareHeaders(headers, options.descriptor);
        // A copy: the policies change requests, and the client may send its own again.
        const copy: ExchangeRequest = {
          ...request,
          exchange,
          url,
          headers,
          ...withoutUndefined({ body: body.watched }),
          timeout: 0,
          abortSignal: call.signal,
          allowInsecureConnection: pipeline.allowLoopbackHttp,
        };
        await pipeline.send(copy);
        const answer = answerOf(exchange);
        return toResponse(request, answer, createHttpHeaders(answer.headers));
      } catch (error) {
        throw body.failure() ?? error;
      } finally {
        stop();
      }
    },
  };
}

function prepareHeaders(headers: HttpHeaders, { defaultHeaders = {} }: ApiDescriptor): void {
  // A method inside a header would bypass read-only access and the rules of repetition.
  for (const name of ['x-http-method', 'x-http-method-override', 'x-method-override']) {
    headers.delete(name);
  }
  headers.set('Accept-Encoding', 'gzip');
  for (const [name, value] of Object.entries(defaultHeaders)) {
    if (!headers.has(name)) headers.set(name, value);
  }
}

function methodOf({ method }: PipelineRequest): HttpMethod {
  const known = httpMethods.find((one) => one === method);
  if (known !== undefined) return known;
  throw new AppError('unsupported', `The method ${method} cannot be sent through a connection.`, {
    hint: `Use one of ${httpMethods.join(', ')}.`,
  });
}

/** Every attempt must be able to send the body. */
function checkBody({ body, formData, multipartBody }: PipelineRequest): void {
  const isBytes = body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  const isRepeatable = isBytes || typeof body === 'string' || typeof body === 'function';
  const isAbsent = body === undefined || body === null;
  if (formData !== undefined || multipartBody !== undefined || !(isRepeatable || isAbsent)) {
    throw new AppError('unsupported', 'The body of the request can be read only once, so it could not be sent again.', {
      hint: 'Pass text, bytes, or a function that opens the stream.',
    });
  }
}

/** What descriptors look at: JSON as a value, as in our own requests. */
function describeBody({ body }: PipelineRequest): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

interface WatchedBody {
  readonly watched: PipelineRequest['body'];
  /** Set once the stream of the body has failed. */
  failure(): AppError | undefined;
}

/** The transport does not listen to what it reads a body from: a stream that fails would end the process, not the request. */
function watchBody({ body }: PipelineRequest, abort: () => void): WatchedBody {
  let failure: AppError | undefined;
  if (typeof body !== 'function') return { watched: body, failure: () => undefined };
  const fail = (cause: unknown) => {
    failure = new AppError('invalid_argument', 'The body of the request could not be read to its end.', {
      hint: 'Check where the stream comes from, and whether the service kept what it had before you send it again.',
      cause,
    });
    abort();
    return failure;
  };
  const open = () => {
    try {
      const opened = body();
      // The transport knows the streams of Node alone.
      const stream = opened instanceof ReadableStream ? Readable.from(opened) : opened;
      return stream.on('error', fail);
    } catch (error) {
      throw fail(error);
    }
  };
  return { watched: open, failure: () => failure };
}

/** The request is a call of its own: its timeout is the deadline, its id the one that support can search for. */
function startCall(
  { abortSignal, timeout, requestId }: PipelineRequest,
  clock: Clock,
): { readonly call: CallContext; abort(): void; stop(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (abortSignal?.aborted) abort();
  abortSignal?.addEventListener('abort', abort);
  // Timers may fire a moment early, and a call is over from its deadline on.
  const timer = timeout > 0 ? setTimeout(abort, timeout + 1) : undefined;
  return {
    call: {
      caller: localCaller,
      signal: controller.signal,
      deadlineAt: timeout > 0 ? clock.now() + timeout : Number.POSITIVE_INFINITY,
      clientRequestId: requestId,
      authority: operatorAt('library'),
      covered: new Set(),
      record: { requests: 0, attempts: 0, pages: 0, requestId: undefined, notes: [] },
      note() {},
      progress() {},
    },
    abort,
    stop() {
      clearTimeout(timer);
      abortSignal?.removeEventListener('abort', abort);
    },
  };
}

function toResponse(
  request: PipelineRequest,
  { status, bytes = Buffer.alloc(0) }: Answer,
  headers: HttpHeaders,
): PipelineResponse {
  if (headers.has('content-encoding')) {
    // The bytes are decompressed already.
    headers.delete('content-encoding');
    headers.delete('content-length');
  }
  const streamed = request.streamResponseStatusCodes;
  const isStreamed = streamed?.has(status) === true || streamed?.has(Number.POSITIVE_INFINITY) === true;
  return isStreamed
    ? { request, status, headers, readableStreamBody: Readable.from(bytes) }
    : { request, status, headers, bodyAsText: bytes.toString('utf8') };
}
