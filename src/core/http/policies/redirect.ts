import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { isLoopbackHttp } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { exchangeOf } from '../exchange.ts';

export interface RedirectOptions {
  /** How many redirects in a row are followed. Default 5. */
  readonly maxRedirects?: number;
  /** The cloud is on a loopback address without TLS (sandbox, tests): `http:` targets on loopback are followed. */
  readonly allowLoopbackHttp?: boolean;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects of reads. The auth policy decides about the token again for every hop, so a download host gets none.
 * https://learn.microsoft.com/graph/api/driveitem-get-content
 */
export function redirectPolicy({ maxRedirects = 5, allowLoopbackHttp = false }: RedirectOptions): PipelinePolicy {
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
          if (!isAllowed(target, allowLoopbackHttp)) {
            throw refusedRedirect('a redirect to an address that is not https');
          }
          request.url = target.href;
        }
      } finally {
        // A later attempt begins at the original address again.
        request.url = home;
      }
    },
  };
}

function targetOf(request: PipelineRequest, response: PipelineResponse): URL | undefined {
  const location = response.headers.get('location');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  // The status as the API means it: a redirect to a sign-in page is a refusal, and not followed.
  const status = exchangeOf(request).answer?.status ?? response.status;
  if (!isRead || location === undefined || !redirects.has(status)) return undefined;
  return URL.parse(location, request.url) ?? undefined;
}

function isAllowed(target: URL, allowLoopbackHttp: boolean): boolean {
  if (target.username !== '' || target.password !== '') return false;
  return target.protocol === 'https:' || (allowLoopbackHttp && isLoopbackHttp(target.href));
}

function refusedRedirect(what: string): AppError {
  return new AppError('upstream_error', `The service answered with ${what}; it was not followed.`, {
    hint: 'Check the address that was asked for; redirects of the service itself are always https and few.',
  });
}
