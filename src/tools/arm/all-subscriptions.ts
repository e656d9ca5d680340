import { member, textOf } from '../../core/base/guards.ts';
import { isGuid } from '../../core/base/guid.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { Page, PageLimits } from '../../core/http/page.ts';
import type { ConnectionToolContext } from '../define-tool.ts';

/**
 * Resource Graph wants fewer than 300 subscriptions in a query, and looks into 10,000 at most.
 * https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
 */
const mostInQuery = 299;
const mostInTenant = 10_000;

/** Operators whose result is not the sum of the results for parts of the subscriptions. */
const wholeOnly = /(?:\||^|[;(=])\s*(?:summarize|count|distinct|top|limit|take|sample|join|union|lookup|render)\b/i;
/** A query within the query, which looks at rows of any subscription: `in ((resourcecontainers | project id))`. */
const innerQuery = /\(\s*[a-z]\w*\s*\|/i;
const ordering = /\|\s*(?:order|sort)\s+by\b(?!\s+id\s+asc\b)/i;

/** Texts, verbatim ones first, and comments: whichever begins earlier holds what looks like the other. */
const noOperator = /@'[^'\n]*'|@"[^"\n]*"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*/g;

/** The query without its texts and comments. */
function operatorsOf(query: string): string {
  return query.replaceAll(noOperator, (found) => (found.startsWith('//') ? '' : "''")).trim();
}

/** Ids of the subscriptions that the connection may read, in lower case and in order. */
export async function readableSubscriptions({ arm, call }: ConnectionToolContext): Promise<readonly string[]> {
  const ids: string[] = [];
  const request: ApiRequest = { method: 'GET', path: '/subscriptions' };
  for await (const { items } of arm.pages(request, { maxItems: mostInTenant }, call)) {
    ids.push(...items.map((item) => textOf(member(item, 'subscriptionId')).toLowerCase()).filter(isGuid));
  }
  if (ids.length >= mostInTenant) call.note(`Resource Graph looks into the first ${mostInTenant} subscriptions only.`);
  return [...new Set(ids)].toSorted();
}

/** Whether a query may be asked of one part of the subscriptions after the other, and its rows put together. */
export function canBeDivided(query: string): boolean {
  const operators = operatorsOf(query);
  return !wholeOnly.test(operators) && !innerQuery.test(operators);
}

/** Groups of subscriptions, each of which fits into one query. */
export function groupsOf(ids: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(ids.length / mostInQuery);
  return Array.from({ length: count }, (_, index) => ids.slice(index * mostInQuery, (index + 1) * mostInQuery));
}

/** Whether rows that are in order within each group are not so as a whole. Ids begin with the subscription. */
export function losesOrder(query: string): boolean {
  return ordering.test(operatorsOf(query));
}

/** Where a list over groups goes on: behind a subscription, with the service's token if it stopped within a group. */
interface Position {
  readonly after: string;
  readonly token: string;
}

/** Whether `nextLink` is that of a list over groups: any other one is the service's own token for the whole tenant. */
export function isPosition(link: string): boolean {
  return /^(?:[0-9a-f-]{36})?\|/.test(link);
}

/** Reads what `nextLink` of such a page holds. */
export function readPosition(link: string): Position {
  const at = link.indexOf('|');
  return { after: link.slice(0, at), token: link.slice(at + 1) };
}

interface GroupedQuery {
  readonly ids: readonly string[];
  readonly from: Position | undefined;
  readonly limits: PageLimits;
  pages(subscriptions: readonly string[], token: string | undefined, limits: PageLimits): AsyncIterable<Page>;
}

/** The pages of one query over all groups of subscriptions; `nextLink` is a position, for `readPosition`. */
export async function* pagesOverGroups({ ids, from, limits, pages }: GroupedQuery): AsyncGenerator<Page, void> {
  const groups = groupsOf(ids.filter((id) => id > (from?.after ?? '')));
  const isOne = groups.length === 1 && from === undefined;
  let { maxItems: items = Number.POSITIVE_INFINITY, maxPages: left = Number.POSITIVE_INFINITY } = limits;
  let after = from?.after ?? '';
  let token = from?.token || undefined;
  for (const [index, group] of groups.entries()) {
    const last = group.at(-1) ?? '';
    const behind = index + 1 < groups.length ? `${last}|` : undefined;
    for await (const page of pages(group, token, limitsOf(items, left))) {
      items -= page.items.length;
      left -= 1;
      yield placed(page, page.nextLink === undefined ? behind : `${after}|${page.nextLink}`, isOne);
    }
    if (items <= 0 || left <= 0) return;
    after = last;
    token = undefined;
  }
}

/** The page with its position. The count of one group is not that of the list. */
function placed({ nextLink: _, count, ...page }: Page, position: string | undefined, isOne: boolean): Page {
  return {
    ...page,
    ...(position === undefined ? {} : { nextLink: position }),
    ...(isOne && count !== undefined ? { count } : {}),
  };
}

function limitsOf(items: number, pages: number): PageLimits {
  return {
    ...(Number.isFinite(items) ? { maxItems: items } : {}),
    ...(Number.isFinite(pages) ? { maxPages: pages } : {}),
  };
}
