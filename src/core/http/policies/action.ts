import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { attributeNames as names, spanNames } from '../../telemetry/attributes.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { type Exchange, exchangeOf } from '../exchange.ts';

export interface ActionOptions {
  readonly telemetry: Telemetry;
  readonly cloud: string;
}

/** First segment of the path without keys: few values, and no ids of the tenant among the attributes. */
function actionName(exchange: Exchange): string {
  return /^\/([A-Za-z$]{1,64})/.exec(exchange.described.wirePath)?.[1] ?? 'other';
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
