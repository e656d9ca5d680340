import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { attributeNames as names } from '../../telemetry/attributes.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { exchangeOf } from '../exchange.ts';
import { shownUrl } from '../map-failed-answer.ts';

export interface TraceOptions {
  readonly telemetry: Telemetry;
}

/**
 * One client span for each attempt, without query and body.
 * https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export function tracePolicy({ telemetry }: TraceOptions): PipelinePolicy {
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
