import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Logger } from '../../telemetry/logger.ts';
import { type Exchange, exchangeOf } from '../exchange.ts';
import { requestIdOf } from '../request-id-of.ts';
import type { WireSettings } from '../settings.ts';
import { codeOf } from '../wire-failure.ts';

export interface LogOptions {
  readonly logger: Logger;
  /** `settings.logging` of the connection: `enabled` raises the lines from `debug` to `info`. */
  readonly logging: WireSettings['logging'];
}

/** Nearest the wire: logs what was really sent and answered. Bodies are never logged; the logger masks the rest. */
export function logPolicy({ logger, logging }: LogOptions): PipelinePolicy {
  const level = logging.enabled ? 'info' : 'debug';
  return {
    name: 'log',
    async sendRequest(request, next) {
      if (!logger.isEnabled(level)) return next(request);
      const exchange = exchangeOf(request);
      const startedAt = performance.now();
      if (logging.request) logger[level]('request', describeRequest(request, exchange, logging));
      try {
        const response = await next(request);
        if (logging.response) logger[level]('response', describeResponse(response, exchange, logging, startedAt));
        return response;
      } catch (error) {
        logger[level]('no response', { ...identify(request, exchange), error: codeOf(error) });
        throw error;
      }
    },
  };
}

function identify(request: PipelineRequest, { connection, call, attempt }: Exchange) {
  const [url] = request.url.split('?', 1);
  return { connection: connection.name, method: request.method, url, clientRequestId: call.clientRequestId, attempt };
}

function describeRequest(request: PipelineRequest, exchange: Exchange, logging: WireSettings['logging']) {
  const detailed = logging.format === 'detailed';
  return {
    ...identify(request, exchange),
    ...(detailed ? { query: request.url.split('?')[1], headers: request.headers.toJSON() } : {}),
    ...(logging.auth ? { auth: schemeOf(request.headers.get('authorization')) } : {}),
  };
}

function schemeOf(authorization: string | undefined): string {
  return authorization?.split(' ', 1)[0]?.toLowerCase() ?? 'none';
}

function describeResponse(
  response: PipelineResponse,
  exchange: Exchange,
  logging: WireSettings['logging'],
  startedAt: number,
) {
  return {
    ...identify(response.request, exchange),
    status: response.status,
    requestId: requestIdOf(exchange.api, response.headers.toJSON()),
    durationMs: Math.round(performance.now() - startedAt),
    ...(logging.format === 'detailed' ? { headers: response.headers.toJSON() } : {}),
  };
}
