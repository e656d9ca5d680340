import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import { AppError, cancelled } from '../../base/errors.ts';
import { type AttemptWatch, watchAttempt } from '../attempt-watch.ts';
import { type Answer, type Exchange, exchangeOf } from '../exchange.ts';
import { parseBody } from '../parse-body.ts';
import { readBytes } from '../read-body.ts';
import { requestIdOf } from '../request-id-of.ts';
import type { WireSettings } from '../settings.ts';
import { toWireFailure } from '../wire-failure.ts';

export interface WireOptions {
  readonly timeouts: WireSettings['timeouts'];
  /** Largest answer that is read, in bytes. Default 64 MiB. */
  readonly maxBodyBytes?: number;
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
