import { randomUUID } from 'node:crypto';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { exchangeOf } from '../exchange.ts';

export interface RequestIdOptions {
  /** `User-Agent` of every request. */
  readonly userAgent: string;
  /** Language of messages. Default `en-US`, so that messages can be recognised and searched for. */
  readonly language?: string;
}

/** One id for all attempts of all requests of a call, so that support can join them. Headers of the caller win. */
export function requestIdPolicy({ userAgent, language = 'en-US' }: RequestIdOptions): PipelinePolicy {
  return {
    name: 'request-id',
    sendRequest(request, next) {
      const { headers } = request;
      const { api, call } = exchangeOf(request);
      const { clientRequestId } = call;
      const names = api.identify?.(clientRequestId, randomUUID()) ?? { 'client-request-id': clientRequestId };
      for (const [name, value] of Object.entries(names)) {
        headers.set(name, value);
      }
      headers.set('User-Agent', userAgent);
      if (!headers.has('accept-language')) headers.set('Accept-Language', language);
      return next(request);
    },
  };
}
