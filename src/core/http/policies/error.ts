import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { exchangeOf } from '../exchange.ts';
import { mapFailedAnswer } from '../map-failed-answer.ts';
import { mapLostAnswer } from '../map-lost-answer.ts';
import { WireFailure } from '../wire-failure.ts';

export interface ErrorOptions {
  readonly clock: Clock;
}

/** Whatever is not a success becomes an `AppError` with a hint, once the retries are spent. */
export function errorPolicy({ clock }: ErrorOptions): PipelinePolicy {
  return {
    name: 'error',
    async sendRequest(request, next) {
      const exchange = exchangeOf(request);
      try {
        const response = await next(request);
        const { answer } = exchange;
        if (answer === undefined) throw new WireFailure('reset', 'UNKNOWN', true);
        const isSuccess = answer.status >= 200 && answer.status < 300;
        if (!isSuccess && exchange.request.expectedStatuses?.includes(answer.status) !== true) {
          throw mapFailedAnswer(exchange, answer, clock.now());
        }
        return response;
      } catch (error) {
        const isCancelled = error instanceof AppError && error.code === 'cancelled';
        throw error instanceof WireFailure || isCancelled ? mapLostAnswer(exchange, error, clock.now()) : error;
      }
    },
  };
}
