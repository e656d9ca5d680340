import type { Fault } from '../sandbox.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../service.ts';
import { isRecord } from './guards.ts';

type ListFaultKind = NonNullable<Fault['kind']>;

/** Option that marks a second look at a page; the sandbox takes it off before a service sees the request. */
const againOption = '$again';

/** Takes the mark of an earlier list fault off a query string. */
export function withoutMark(rawQuery: string): string {
  return rawQuery
    .split('&')
    .filter((part) => !part.startsWith(`${againOption}=`))
    .join('&');
}

/** What the directory answers to a page token that has expired. */
export function expiredPageToken(request: SandboxRequest, context: SandboxContext): SandboxResponse {
  const innerError = {
    date: new Date(context.clock.now()).toISOString().slice(0, 19),
    'request-id': request.requestId,
    'client-request-id': request.headers['client-request-id'] ?? request.requestId,
  };
  const message = 'The specified page token value has expired and can no longer be included in your request.';
  return {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: { error: { code: 'Directory_ExpiredPageToken', message, innerError } },
  };
}

/**
 * Bends the answer of a list the way a fault of that kind asks for. Other answers stay as they are. `nextLink` is the
 * name of the link in the service's lists.
 * - `loop_next_link`: the page points to itself;
 * - `foreign_next_link`: it points to another host;
 * - `duplicate_page`: it points to a page with the same items;
 * - `empty_page`: an empty page comes first, and points to the real one.
 */
export function bendList(
  kind: ListFaultKind,
  request: SandboxRequest,
  markedQuery: string,
  response: SandboxResponse,
  nextLink: '@odata.nextLink' | 'nextLink' = '@odata.nextLink',
): SandboxResponse {
  if (!isList(response.body)) return response;
  const self = (query: string) => `${request.base}${request.rawPath}${query ? `?${query}` : ''}`;
  const again = Number(/(?:^|&)\$again=(\d+)/.exec(markedQuery)?.[1] ?? '0') + 1;
  const markedSelf = self([request.rawQuery, `${againOption}=${again}`].filter(Boolean).join('&'));
  const { '@odata.deltaLink': _deltaLink, ...list } = response.body;
  switch (kind) {
    case 'loop_next_link':
      return { ...response, body: { ...list, [nextLink]: self(markedQuery) } };
    case 'foreign_next_link':
      return { ...response, body: { ...list, [nextLink]: foreignLink(list[nextLink] ?? markedSelf) } };
    case 'duplicate_page':
      return { ...response, body: { ...list, [nextLink]: markedSelf } };
    case 'empty_page':
      return { ...response, body: { ...list, value: [], [nextLink]: markedSelf } };
    case 'expire_page_token':
      return response;
  }
}

function foreignLink(link: unknown): string {
  return String(link).replace(/^https?:\/\/[^/]+/, 'https://graph.elsewhere.invalid');
}

function isList(body: unknown): body is Record<string, unknown> & { readonly value: readonly unknown[] } {
  return isRecord(body) && Array.isArray(body['value']);
}
