import type { ApiRequest } from '../../http/api-client.ts';
import type { PageContent, PagingDialect } from '../../http/paginate.ts';

function findItems(body: unknown): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body;
  const value = typeof body === 'object' && body !== null && 'value' in body ? body.value : undefined;
  return Array.isArray(value) ? value : undefined;
}

/**
 * Lists `{ count, value }`; the token for the next page is a header of the answer and an option of the same request.
 * What pages know as the link is that token. `count` is that of the page, so it is not told.
 *
 * https://learn.microsoft.com/rest/api/azure/devops
 */
export function devopsPaging(request: ApiRequest): PagingDialect {
  return {
    read({ body, headers }): PageContent {
      return { items: findItems(body), nextLink: headers['x-ms-continuationtoken'] || undefined };
    },
    follow: (token) => ({ ...request, params: { ...request.params, continuationToken: token } }),
    isExpiredLink: () => false,
  };
}
