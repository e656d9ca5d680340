import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import { AppError, cancelled } from '../../base/errors.ts';
import { type Answer, type Exchange, exchangeOf, requestIdOf } from '../exchange.ts';
import { parseBody, readBytes } from '../read-body.ts';
import type { WireSettings } from '../settings.ts';
import { toWireFailure, WireFailure } from '../wire-failure.ts';

export interface WireOptions {
  readonly timeouts: WireSettings['timeouts'];
  /** Largest answer that is read, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

const everyStatus: ReadonlySet<number> = new Set([Number.POSITIVE_INFINITY]);

/**
 * Sends and reads to the end, within the timeouts, so that a connection that breaks in the middle of a body is a
 * failure of the attempt like any other. Leaves the answer in the exchange.
 */
export function wirePolicy({ timeouts, maxBodyBytes = 64 * 1_048_576 }: WireOptions): PipelinePolicy {
  return {
    name: 'wire',
    async sendRequest(request, next) {
      const exchange = exchangeOf(request);
      const { call } = exchange;
      if (call.signal.aborted) throw cancelled(call.signal.reason);
      const watch = watchAttempt(call.signal, timeouts, typeof request.body === 'string' ? request.body.length : 0);
      request.abortSignal = watch.signal;
      request.streamResponseStatusCodes = new Set(everyStatus);
      request.requestOverrides = { connection: watch.connection };
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
  const failure = toWireFailure(error, watch.connection.connecting);
  exchange.sent = failure.sent;
  return exchange.call.signal.aborted ? cancelled(exchange.call.signal.reason) : failure;
}

/** Bodies up to this size fit into the buffers of the socket: sending them cannot be what takes long. */
const smallBodyBytes = 65_536;

/** State of the connection that an attempt uses; the agent of the default client fills it in. */
export interface ConnectionState {
  readonly connectTimeoutMs: number;
  /** True while a new connection is being opened. */
  connecting: boolean;
}

/** Ends one attempt when its caller cancels or the service stays silent for too long. */
interface AttemptWatch {
  /** For the transport; aborts on cancellation and on our own timeout. */
  readonly signal: AbortSignal;
  readonly connection: ConnectionState;
  /** Set once our own timeout has struck. */
  readonly timedOut: WireFailure | undefined;
  /** The service said something: silence is counted from now. */
  heard(): void;
  stop(): void;
}

function watchAttempt(signal: AbortSignal, timeouts: WireSettings['timeouts'], bodyBytes: number): AttemptWatch {
  const controller = new AbortController();
  const connection: ConnectionState = { connectTimeoutMs: timeouts.connectMs, connecting: false };
  let timedOut: WireFailure | undefined;
  const onAbort = () => controller.abort();
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
