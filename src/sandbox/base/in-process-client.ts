import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { WireAnswer, WireRequest } from './exchange.ts';
import { inProcessDestination } from './hosts.ts';

type RestPipeline = typeof import('@azure/core-rest-pipeline');

/** Answers pipeline requests without a socket and behaves like the pipeline's own Node client. */
export function createInProcessClient(exchange: (request: WireRequest) => Promise<WireAnswer>): HttpClient {
  return {
    async sendRequest(request) {
      const pipeline = await import('@azure/core-rest-pipeline');
      const destination = inProcessDestination(request.url);
      if (!destination) {
        const { host } = new URL(request.url);
        throw new Error(`'${host}' is not a host of the sandbox; nothing was sent to it.`);
      }
      const signal = signalOf(request);
      if (signal?.aborted) throw abortError();
      const wire: WireRequest = {
        method: request.method,
        destination,
        headers: lowerCaseHeaders(request),
        body: await readBody(request),
        ...(signal ? { signal } : {}),
      };
      const answer = await unlessAborted(exchange(wire), signal);
      if (answer.kind === 'reset') throw new pipeline.RestError('read ECONNRESET', { code: 'ECONNRESET', request });
      return toResponse(answer, request, pipeline);
    },
  };
}

function toResponse(
  answer: WireAnswer & { readonly kind: 'answer' },
  request: PipelineRequest,
  pipeline: RestPipeline,
): PipelineResponse {
  const response: PipelineResponse = {
    request,
    status: answer.status,
    headers: pipeline.createHttpHeaders({ ...answer.headers, 'content-length': String(answer.body.length) }),
  };
  if (request.method === 'HEAD') return response;
  const streamed = request.streamResponseStatusCodes;
  if (streamed?.has(answer.status) || streamed?.has(Number.POSITIVE_INFINITY)) {
    response.readableStreamBody = Readable.from(answer.body.length > 0 ? [Buffer.from(answer.body)] : []);
  } else {
    response.bodyAsText = Buffer.from(answer.body).toString('utf8');
  }
  return response;
}

/** The caller's signal combined with the request's timeout. */
function signalOf(request: PipelineRequest): AbortSignal | undefined {
  const signals: AbortSignal[] = [];
  if (request.abortSignal) signals.push(toNativeSignal(request.abortSignal));
  if (request.timeout > 0) signals.push(AbortSignal.timeout(request.timeout));
  return signals.length > 0 ? AbortSignal.any(signals) : undefined;
}

function toNativeSignal(signal: NonNullable<PipelineRequest['abortSignal']>): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  if (signal.aborted) {
    controller.abort();
  } else {
    signal.addEventListener('abort', () => controller.abort());
  }
  return controller.signal;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(abortError());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function abortError(): Error {
  const error = new Error('The operation was aborted.');
  error.name = 'AbortError';
  return error;
}

function lowerCaseHeaders(request: PipelineRequest): Record<string, string> {
  return Object.fromEntries([...request.headers].map(([name, value]) => [name.toLowerCase(), value]));
}

async function readBody(request: PipelineRequest): Promise<Uint8Array> {
  const body = typeof request.body === 'function' ? request.body() : request.body;
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (body instanceof Blob) return new Uint8Array(await body.arrayBuffer());
  if (body instanceof FormData) throw new TypeError('Form data is sent by the pipeline as text, not to the client.');
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  // The remaining types of the union are Node streams and web streams.
  return buffer(body as AsyncIterable<Uint8Array>);
}
