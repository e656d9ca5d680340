import { randomUUID } from 'node:crypto';
import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { attributeNames as names, spanNames } from '../../telemetry/attributes.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { type Exchange, exchangeOf, requestIdOf, shownUrl } from '../exchange.ts';
import type { WireSettings } from '../settings.ts';
import { codeOf } from '../wire-failure.ts';

// What support and operators see of a request: its id, its spans and its lines in the log.

export interface ActionOptions {
  readonly telemetry: Telemetry;
  readonly cloud: string;
}

/** One span and one duration for the whole request: queue, attempts and pauses. */
export function actionPolicy({ telemetry, cloud }: ActionOptions): PipelinePolicy {
  return {
    name: 'action',
    async sendRequest(request, next) {
      const exchange = exchangeOf(request);
      const attributes = {
        [names.method]: request.method,
        [names.action]: actionName(exchange),
        [names.api]: exchange.api.name,
        [names.cloud]: cloud,
      };
      const startedAt = performance.now();
      try {
        return await telemetry.withSpan(spanNames.performAction, { attributes }, () => next(request));
      } finally {
        telemetry.record('azure.perform_action.duration', (performance.now() - startedAt) / 1000, attributes);
      }
    },
  };
}

/** First segment of the path without keys: few values, and no ids of the tenant in the attributes. */
function actionName(exchange: Exchange): string {
  return /^\/([A-Za-z$]{1,64})/.exec(exchange.described.wirePath)?.[1] ?? 'other';
}

export interface RequestIdOptions {
  /** `User-Agent` of every request. */
  readonly userAgent: string;
}

/** One id for all attempts of all requests of a call, so that support can join them. Headers of the caller win. */
export function requestIdPolicy({ userAgent }: RequestIdOptions): PipelinePolicy {
  return {
    name: 'request-id',
    sendRequest(request, next) {
      const { headers } = request;
      const { api, call } = exchangeOf(request);
      const { clientRequestId } = call;
      const ids = api.identify?.(clientRequestId, randomUUID()) ?? { 'client-request-id': clientRequestId };
      for (const [name, value] of Object.entries(ids)) {
        headers.set(name, value);
      }
      headers.set('User-Agent', userAgent);
      // In English, messages can be recognised and searched for.
      if (!headers.has('accept-language')) headers.set('Accept-Language', 'en-US');
      return next(request);
    },
  };
}

/**
 * One client span for each attempt, without query and body.
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export function tracePolicy({ telemetry }: { readonly telemetry: Telemetry }): PipelinePolicy {
  return {
    name: 'trace',
    sendRequest(request, next) {
      const exchange = exchangeOf(request);
      const attributes = {
        [names.method]: request.method,
        [names.url]: shownUrl(request.url),
        [names.api]: exchange.api.name,
        [names.clientRequestId]: exchange.call.clientRequestId,
        [names.resendCount]: exchange.attempt > 1 ? exchange.attempt - 1 : undefined,
      };
      return telemetry.withSpan(request.method, { kind: 'client', attributes }, async (span) => {
        for (const [name, value] of Object.entries(span.headers())) {
          request.headers.set(name, value);
        }
        const response = await next(request);
        span.setAttributes({
          [names.status]: response.status,
          [names.serviceRequestId]: exchange.answer?.headers['request-id'],
          [names.responseSize]: exchange.answer?.sizeBytes,
        });
        if (response.status >= 400) span.fail(String(response.status));
        return response;
      });
    },
  };
}

export interface LogOptions {
  readonly logger: Logger;
  /** `settings.logging` of the connection: `enabled` raises the lines from `debug` to `info`. */
  readonly logging: WireSettings['logging'];
}

/** Logs what was really sent and answered. Bodies are never logged; the logger masks the rest. */
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

function describeRequest(request: PipelineRequest, exchange: Exchange, logging: Logging) {
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

type Logging = WireSettings['logging'];

function describeResponse(response: PipelineResponse, exchange: Exchange, logging: Logging, startedAt: number) {
  return {
    ...identify(response.request, exchange),
    status: response.status,
    requestId: requestIdOf(exchange.api, response.headers.toJSON()),
    durationMs: Math.round(performance.now() - startedAt),
    ...(logging.format === 'detailed' ? { headers: response.headers.toJSON() } : {}),
  };
}
