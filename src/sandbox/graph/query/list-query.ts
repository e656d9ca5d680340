import type { SandboxRequest } from '../../base/service.ts';
import { badRequest, GraphError, unsupportedQuery } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import { type Expansion, parseExpand } from './expand.ts';
import { type FilterNode, parseFilter } from './filter-parser.ts';
import { checkFilter, type FilterScope, missingParameters } from './filter-rules.ts';
import { type ListRules, listRulesOf, readTop } from './list-rules.ts';
import { type OrderByTerm, parseOrderBy } from './order-by.ts';
import { parseSearch, type SearchNode } from './search.ts';
import { parseSelect } from './select.ts';

/** A list request, checked against what the service refuses. */
export interface ListQuery {
  readonly rules: ListRules;
  readonly isEventual: boolean;
  readonly wantsCount: boolean;
  /** If undefined, there is a single page. */
  readonly top: number | undefined;
  readonly select: readonly string[] | undefined;
  readonly expand: Expansion | undefined;
  readonly filter: FilterNode | undefined;
  readonly search: SearchNode | undefined;
  readonly orderBy: readonly OrderByTerm[] | undefined;
  /** `/$ref`: links instead of objects. */
  readonly asReferences: boolean;
  /** Filter, search, and order as a string: the same string finds the same objects. */
  readonly fingerprint: string;
}

const maxAdvancedUrlChars = 2_048;
const maxSignInActivityPage = 500;

export function readListQuery(parsed: ParsedGraphPath, request: SandboxRequest): ListQuery {
  const { query } = parsed;
  const rules = listRulesOf(parsed);
  const type = parsed.type ?? '';
  const asksCount = readCount(query);
  const isEventual = readsIndex(rules, request);
  const isAdvanced = isEventual && (asksCount || parsed.suffix === '$count');
  const scope: FilterScope = { type, rules, isEventual, isAdvanced };
  checkOptionNames(query, rules);
  if (isAdvanced) checkUrlLength(request);
  checkCast(parsed, isAdvanced);
  const select = parseSelect(query.get('$select'), { type, isCollection: true });
  const filter = readFilter(query.get('$filter'), scope);
  const search = readSearch(query.get('$search'), scope);
  const orderText = query.get('$orderby');
  return {
    rules,
    isEventual,
    wantsCount: isEventual && asksCount,
    top: rules.page && Math.min(readTop(query.get('$top'), rules.page), mostPerPage(query)),
    select,
    expand: readExpand(query.get('$expand'), scope),
    filter,
    search,
    orderBy: orderText === undefined ? undefined : parseOrderBy(orderText, scope, Boolean(filter ?? search)),
    asReferences: parsed.suffix === '$ref',
    fingerprint: JSON.stringify([query.get('$filter'), query.get('$search'), orderText]),
  };
}

/** Whether a list is read from the eventually consistent index, which only directory lists have. */
export function readsIndex(rules: ListRules, request: SandboxRequest): boolean {
  return rules.kind === 'directory' && request.headers['consistencylevel']?.trim().toLowerCase() === 'eventual';
}

function readCount(query: ReadonlyMap<string, string>): boolean {
  const text = query.get('$count');
  if (text === undefined) return false;
  const value = text.trim().toLowerCase();
  if (value !== 'true' && value !== 'false') {
    throw badRequest(`Invalid value '${text}' for $count query option found. Valid values are 'true' and 'false'.`);
  }
  return value === 'true';
}

function checkOptionNames(query: ReadonlyMap<string, string>, rules: ListRules): void {
  for (const name of query.keys()) {
    if (!name.startsWith('$') || name === '$select' || name === '$format') continue;
    if (rules.options.includes(name)) continue;
    if (name === '$skip') throw badRequest("'$skip' is not supported by the service.");
    if (name === '$count') continue;
    const isKnown = ['$filter', '$search', '$orderby', '$top', '$expand', '$skiptoken'].includes(name);
    if (isKnown) throw unsupportedQuery(`The query option '${name}' is not supported for this resource.`);
    throw badRequest(`The query parameter '${name}' is not supported.`);
  }
}

/** Advanced queries are limited to URLs of 2,048 characters, except in a batch, which has the URL in its body. */
function checkUrlLength(request: SandboxRequest): void {
  const length = request.base.length + request.rawPath.length + 1 + request.rawQuery.length;
  if (length > maxAdvancedUrlChars && !request.isBatchItem) {
    throw new GraphError(
      414,
      'UriTooLong',
      `The request URI is too long: ${length} characters, ${maxAdvancedUrlChars} are allowed.`,
    );
  }
}

/** A cast on a transitive list reads the index, which must be requested. */
function checkCast(parsed: ParsedGraphPath, isAdvanced: boolean): void {
  const navigation = parsed.names.at(-1) ?? '';
  if (parsed.cast && navigation.startsWith('transitive') && !isAdvanced) {
    throw unsupportedQuery(
      'OData cast on transitive relationships requires $count=true and ConsistencyLevel:eventual header.',
    );
  }
}

/** A larger `$top` is accepted and gives pages of 500. Source: "List users", sign-in activity. */
function mostPerPage(query: ReadonlyMap<string, string>): number {
  const isAboutActivity = ['$select', '$filter'].some((name) => /\bsignInActivity\b/i.test(query.get(name) ?? ''));
  return isAboutActivity ? maxSignInActivityPage : Number.POSITIVE_INFINITY;
}

function readFilter(text: string | undefined, scope: FilterScope): FilterNode | undefined {
  if (text === undefined) return undefined;
  const filter = parseFilter(text);
  checkFilter(filter, scope);
  return filter;
}

function readSearch(text: string | undefined, scope: FilterScope): SearchNode | undefined {
  if (text === undefined) return undefined;
  if (!scope.isEventual) {
    throw unsupportedQuery(
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  }
  return parseSearch(text, scope.type);
}

function readExpand(text: string | undefined, scope: FilterScope): Expansion | undefined {
  if (text === undefined) return undefined;
  const expand = parseExpand(text, scope.type);
  if (scope.isEventual && !(expand.levels && scope.isAdvanced)) {
    throw unsupportedQuery('$expand is not supported with ConsistencyLevel:eventual.');
  }
  if (expand.levels && !scope.isAdvanced) throw missingParameters('$levels');
  return expand;
}
