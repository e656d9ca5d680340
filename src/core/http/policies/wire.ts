import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { isLoopbackHttp } from '../../base/clouds.ts';
import { AppError, cancelled } from '../../base/errors.ts';
import { isPublicHost } from '../../base/public-address.ts';
import { type Answer, type Exchange, exchangeOf, requestIdOf } from '../exchange.ts';
import { parseBody } from '../parse-body.ts';
import type { WireSettings } from '../settings.ts';
import { type ConnectionState, newState } from '../socket-agents.ts';
import { findForeignAnswer } from '../untrue-answer.ts';
import type { UrlBuilder } from '../urls.ts';
import { toWireFailure, WireFailure } from '../wire-failure.ts';

export interface WireOptions {
  readonly timeouts: WireSettings['timeouts'];
  /** Largest answer that is read, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Addresses of hosts that are none of the cloud's: their names may lead to the Internet alone. Default: none. */
  readonly isForeign?: (url: string) => boolean;
}

const everyStatus: ReadonlySet<number> = new Set([Number.POSITIVE_INFINITY]);

/**
 * Sends and reads to the end, within the timeouts, so that a connection that breaks in the middle of a body is a
 * failure of the attempt like any other. Leaves the answer in the exchange.
 */
export function wirePolicy({ timeouts, maxBodyBytes = 64 * 1_048_576, isForeign }: WireOptions): PipelinePolicy {
  return {
    name: 'wire',
    async sendRequest(request, next) {
      const exchange = exchangeOf(request);
      const { call } = exchange;
      if (call.signal.aborted) throw cancelled(call.signal.reason);
      const isKept = call.awaitsWrites === true && exchange.repeatability !== 'safe';
      const bodyBytes = typeof request.body === 'string' ? request.body.length : 0;
      const watch = watchAttempt({ signal: call.signal, isKept }, timeouts, bodyBytes);
      request.abortSignal = watch.signal;
      request.streamResponseStatusCodes = new Set(everyStatus);
      request.requestOverrides = { connection: watch.connection, publicOnly: isForeign?.(request.url) === true };
      exchange.answer = undefined;
      exchange.sent = true;
      call.record.requests += 1;
      try {
        const response = await next(request);
        watch.heard();
        const bytes = await readBytes(response, { maxBytes: maxBodyBytes, onData: watch.heard });
        exchange.answer = toAnswer(exchange, request.url, response, bytes);
        call.record.requestId = requestIdOf(exchange.api, exchange.answer.headers) ?? call.record.requestId;
        return response;
      } catch (error) {
        throw toFailure(error, exchange, watch);
      } finally {
        watch.stop();
      }
    },
  };
}

function toAnswer(exchange: Exchange, url: string, response: PipelineResponse, bytes: Buffer): Answer {
  const headers = response.headers.toJSON();
  const facts = {
    status: response.status,
    contentType: headers['content-type'] ?? '',
    wirePath: exchange.described.wirePath,
  };
  const answer: Answer = {
    status: response.status,
    headers,
    ...parseBody(bytes, facts),
    sizeBytes: bytes.length,
    url,
    ...(exchange.isPassedOn ? { bytes } : undefined),
  };
  const meant = exchange.api.interpret?.(answer);
  return meant === undefined ? answer : { ...meant, headers, sizeBytes: bytes.length, url };
}

function toFailure(error: unknown, exchange: Exchange, watch: AttemptWatch): Error {
  if (error instanceof AppError) return error;
  if (watch.timedOut !== undefined) return watch.timedOut;
  const failure = toWireFailure(error, watch.connection.connecting, watch.connection.via);
  exchange.sent = failure.sent;
  return watch.isCancelled ? cancelled(exchange.call.signal.reason) : failure;
}

/** Bodies up to this size fit into the buffers of the socket: sending them cannot be what takes long. */
const smallBodyBytes = 65_536;

/** Ends an attempt when its caller cancels or the service stays silent for too long. */
interface AttemptWatch {
  /** For the transport; aborts on cancellation and on our own timeout. */
  readonly signal: AbortSignal;
  readonly connection: ConnectionState;
  /** The signal of the call ended the attempt. */
  readonly isCancelled: boolean;
  /** Set once our own timeout has passed. */
  readonly timedOut: WireFailure | undefined;
  /** The service said something: silence is counted from now. */
  heard(): void;
  stop(): void;
}

interface Ending {
  readonly signal: AbortSignal;
  /** The request is a write whose answer is waited for, once it is on the wire. */
  readonly isKept: boolean;
}

function watchAttempt({ signal, isKept }: Ending, timeouts: WireSettings['timeouts'], bodyBytes: number): AttemptWatch {
  const controller = new AbortController();
  const connection = newState(controller.signal, timeouts.connectMs);
  let timedOut: WireFailure | undefined;
  let isCancelled = false;
  const onAbort = () => {
    if (isKept && !connection.connecting) return;
    isCancelled = true;
    controller.abort();
  };
  const onSilence = () => {
    // Opening a connection has a limit of its own, kept by the agent.
    if (connection.connecting) {
      timer.refresh();
      return;
    }
    timedOut = new WireFailure('timeout', 'READ_TIMEOUT', true);
    controller.abort();
  };
  const silenceMs = timeouts.readMs + (bodyBytes > smallBodyBytes ? timeouts.writeMs : 0);
  const timer = setTimeout(onSilence, silenceMs);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    connection,
    get isCancelled() {
      return isCancelled;
    },
    get timedOut() {
      return timedOut;
    },
    heard: () => timer.refresh(),
    stop() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

export interface RedirectOptions {
  /** The cloud is on a loopback address without TLS (sandbox, tests): `http:` targets on loopback are followed. */
  readonly allowLoopbackHttp: boolean;
  /** The cloud's own hosts, which may be in a private network. */
  readonly urls: Pick<UrlBuilder, 'isTrusted'>;
}

/** How many redirects in a row are followed. */
const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects of reads. The auth policy decides about the token again for every hop, so a download host gets none.
 * https://learn.microsoft.com/graph/api/driveitem-get-content
 */
export function redirectPolicy(options: RedirectOptions): PipelinePolicy {
  return {
    name: 'redirect',
    async sendRequest(request, next) {
      const home = request.url;
      try {
        for (let hop = 0; ; hop++) {
          const response = await next(request);
          const target = targetOf(request, response);
          if (target === undefined) return response;
          if (hop >= maxRedirects) throw refusedRedirect(`more than ${maxRedirects} redirects in a row`);
          const problem = problemOf(target, options);
          // A page without encryption is a network's: the answer is judged as it is.
          if (target.protocol === 'http:' && problem !== undefined && isForeign(request)) return response;
          if (problem !== undefined) throw refusedRedirect(`a redirect to ${problem}`);
          request.url = target.href;
        }
      } finally {
        // A later attempt starts at the original address again.
        request.url = home;
      }
    },
  };
}

function targetOf(request: PipelineRequest, response: PipelineResponse): URL | undefined {
  const location = response.headers.get('location');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  // The status as the API means it: a redirect to a sign-in page is a refusal and is not followed.
  const status = exchangeOf(request).answer?.status ?? response.status;
  if (!isRead || location === undefined || !redirects.has(status)) return undefined;
  return URL.parse(location, request.url) ?? undefined;
}

function isForeign(request: PipelineRequest): boolean {
  const exchange = exchangeOf(request);
  return exchange.answer !== undefined && findForeignAnswer(exchange, exchange.answer) !== undefined;
}

function problemOf(target: URL, { allowLoopbackHttp, urls }: RedirectOptions): string | undefined {
  if (target.username !== '' || target.password !== '') return 'an address with a user name';
  if (allowLoopbackHttp && isLoopbackHttp(target.href)) return undefined;
  if (target.protocol !== 'https:') return 'an address that is not https';
  if (urls.isTrusted(target.href) || isPublicHost(target.hostname)) return undefined;
  return 'a host that is not on the Internet';
}

function refusedRedirect(what: string): AppError {
  return new AppError('upstream_error', `The service answered with ${what}; it was not followed.`, {
    hint: 'Check the address; the service itself redirects rarely, and always to https on a public host. A filter or the sign-in page of this network may have answered in its place.',
  });
}

interface ReadLimits {
  /** Largest body that is kept in memory, after decompression. */
  readonly maxBytes: number;
  /** Called for every part that arrives: the service is still talking. */
  onData(): void;
}

/** For a body that would not fit: the connection is closed, the rest is not read. */
function tooLarge(maxBytes: number): AppError {
  return new AppError('upstream_error', `The answer is larger than ${Math.floor(maxBytes / 1_048_576)} MiB.`, {
    hint: 'Ask for less at once: fewer properties with $select, or smaller pages with $top.',
  });
}

/** Reads the whole body. Rejects with whatever the stream fails with. */
async function readBytes(response: PipelineResponse, limits: ReadLimits): Promise<Buffer> {
  const { readableStreamBody: stream, bodyAsText: text } = response;
  if (stream === undefined) {
    const bytes = Buffer.from(text ?? '', 'utf8');
    if (bytes.length > limits.maxBytes) throw tooLarge(limits.maxBytes);
    return bytes;
  }
  const bytes = await collect(stream, Number(response.headers.get('content-length') ?? 0), limits);
  return isGzip(response, bytes) ? decompress(bytes, limits.maxBytes) : bytes;
}

function collect(stream: NodeJS.ReadableStream, announced: number, limits: ReadLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const fail = (error: unknown) => {
      if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
      reject(error);
    };
    stream.on('error', fail);
    if (announced > limits.maxBytes) {
      fail(tooLarge(limits.maxBytes));
      return;
    }
    stream.on('data', (chunk: Buffer | string) => {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      sizeBytes += part.length;
      limits.onData();
      if (sizeBytes > limits.maxBytes) {
        fail(tooLarge(limits.maxBytes));
        return;
      }
      chunks.push(part);
    });
    const brokeOff = () => reject(Object.assign(new Error('The answer broke off.'), { code: 'ECONNRESET' }));
    // A stream that is torn down without `end` or `error` must not leave the call hanging.
    stream.on('close', brokeOff);
    stream.on('end', () => {
      stream.off('close', brokeOff);
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, sizeBytes));
    });
  });
}

/** The magic number decides: some transports have decompressed already and keep the header. */
function isGzip(response: PipelineResponse, bytes: Buffer): boolean {
  return response.headers.get('content-encoding') === 'gzip' && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function decompress(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new AppError('upstream_error', 'The answer is not what its Content-Encoding says.', {
      hint: 'Repeat the call; if it fails again, a proxy between here and the service damages answers.',
      cause: error,
    });
  }
}
