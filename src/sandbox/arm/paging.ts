import { isMatch } from '../base/faults.ts';
import type { SandboxResponse } from '../base/service.ts';
import type { ArmCall } from './arm-call.ts';
import { ArmError, badRequest } from './arm-error.ts';

const defaultPageSize = 50;

/** Clients must accept next links of at least this length. The padding ensures that they do. */
const filling = 'c2tpcCB0b2tlbiBvZiB0aGUgc2FuZGJveA'.repeat(50);

/** `placeObject('arm', 'paging', { match, page_size, behaviour })`; `behaviour` is one of these. */
const behaviours = ['empty_middle', 'relative_link', 'throttled_second', 'foreign_host', 'no_api_version'] as const;
type Behaviour = (typeof behaviours)[number];

interface PageToken {
  readonly path: string;
  readonly offset: number;
  readonly page: number;
}

/** One page of a list, with a link to the next page. `$top` is the page size. */
export function pageOf(call: ArmCall, items: Iterable<unknown>, { maxTop = 1000 } = {}): SandboxResponse {
  const setting = call.store.settings('paging').findLast((one) => isMatch(one['match'], call.method, [call.path]));
  const behaviour = behaviours.find((one) => one === setting?.['behaviour']);
  const token = readToken(call);
  refuseOnce(call, token, behaviour);
  const isEmptyPage = behaviour === 'empty_middle' && token.page === 1;
  const size = isEmptyPage ? 0 : pageSize(call, Number(setting?.['page_size'] ?? defaultPageSize), maxTop);
  const value: unknown[] = [];
  let position = 0;
  let hasMore = false;
  for (const item of items) {
    position += 1;
    if (position <= token.offset) continue;
    if (value.length >= size) {
      hasMore = true;
      break;
    }
    value.push(item);
  }
  if (!hasMore) return { status: 200, body: { value } };
  const next = { path: call.path.toLowerCase(), offset: token.offset + value.length, page: token.page + 1 };
  return { status: 200, body: { value, nextLink: linkTo(call, next, behaviour) } };
}

function pageSize({ query }: ArmCall, placed: number, maxTop: number): number {
  const top = query.get('$top');
  if (top === undefined) return placed;
  const size = Number(top);
  if (Number.isInteger(size) && size >= 1 && size <= maxTop) return size;
  throw badRequest(
    'InvalidQueryParameterValue',
    `The $top value '${top}' is invalid; it must be between 1 and ${maxTop}.`,
  );
}

function readToken({ query, context, path }: ArmCall): PageToken {
  const sealed = query.get('$skiptoken');
  if (sealed === undefined) return { path, offset: 0, page: 0 };
  // Only this module seals with this mark.
  const opened = context.open(sealed) as { readonly armPage?: PageToken } | undefined;
  const token = opened?.armPage;
  if (token?.path === path.toLowerCase()) return token;
  throw badRequest('InvalidSkipToken', 'The provided skip token is invalid.');
}

function refuseOnce({ refusedPages }: ArmCall, token: PageToken, behaviour: Behaviour | undefined): void {
  const key = `${token.path} ${token.page}`;
  if (behaviour !== 'throttled_second' || token.page !== 1 || refusedPages.has(key)) return;
  refusedPages.add(key);
  const message = 'The request is being throttled. Please retry after 1 second.';
  throw new ArmError(429, 'TooManyRequests', message, { headers: { 'retry-after': '1' } });
}

function linkTo(call: ArmCall, token: PageToken, behaviour: Behaviour | undefined): string {
  const kept = call.request.rawQuery.split('&').filter((part) => {
    const name = decodeURIComponent(part.split('=', 1)[0] ?? '').toLowerCase();
    return name !== '$skiptoken' && !(behaviour === 'no_api_version' && name === 'api-version');
  });
  const sealed = call.context.seal({ armPage: token, filling });
  const query = [...kept, `%24skiptoken=${encodeURIComponent(sealed)}`].join('&');
  const relative = `${call.request.rawPath}?${query}`;
  if (behaviour === 'relative_link') return `${new URL(call.request.base).pathname.replace(/\/$/, '')}${relative}`;
  if (behaviour === 'foreign_host') return `https://arm.elsewhere.invalid${relative}`;
  return `${call.request.base}${relative}`;
}
