import type { ApiRequest } from '../../../http/api-client.ts';
import { decodeLoosely, splitOutsideQuotes } from '../../../http/url-text.ts';
import { classifyDirectoryPath, type DirectoryPath, type DirectoryType } from './directory-path.ts';
import { type FilterClause, parseFilter } from './parse-filter.ts';
import { type PropertyRow, propertyTables } from './property-tables.ts';

/** What has to be added to a request so that the service answers it. */
export interface QueryPlan {
  readonly header: boolean;
  readonly count: boolean;
  /** Why, as the end of a sentence: "`ne` needs an advanced query". */
  readonly reason: string;
}

type Need = { readonly kind: 'header' | 'both'; readonly reason: string };

export const consistencyHeader = 'ConsistencyLevel';

/** Value of a header whatever its casing. */
export function findHeader(headers: ApiRequest['headers'], name: string): string | undefined {
  if (headers === undefined) return undefined;
  const wanted = name.toLowerCase();
  return Object.entries(headers).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** The one `$expand` that is documented together with the advanced parameters. */
const expandsManagerChain = /^\s*manager\s*\((?:[^)]*;)?\s*\$levels\s*=/i;

function clauseNeed(clause: FilterClause, path: DirectoryPath, lookup: PropertyLookup): string | undefined {
  const { property, operator } = clause;
  if (clause.negated || operator === 'ne') return `\`${operator === 'ne' ? 'ne' : 'not'}\` needs an advanced query`;
  if (clause.countsItems) return '`/$count` inside a filter needs an advanced query';
  if (operator === 'endswith') return '`endsWith` needs an advanced query';
  if (clause.comparesNull) return 'a comparison with `null` needs an advanced query';
  const row = lookup.find(path.type, property);
  const support =
    operator === 'startswith' ? row?.startsWith : ['gt', 'ge', 'lt', 'le'].includes(operator) ? row?.range : row?.eq;
  const name = row?.properties.find((known) => known.toLowerCase() === property) ?? property;
  return support === 'A' ? `\`${name}\` can only be filtered this way in an advanced query` : undefined;
}

/** Whether a condition works only without the advanced parameters. */
function refusesAdvanced(clause: FilterClause, path: DirectoryPath, lookup: PropertyLookup): boolean {
  const row = lookup.find(path.type, clause.property);
  return row?.eq === 'O' || row?.null === 'O';
}

function orderNeed(orderBy: string, path: DirectoryPath, lookup: PropertyLookup): string | undefined {
  if (path.shape === 'relationship') return 'sorting a relationship needs an advanced query';
  const properties = orderBy.split(',').map((key) => key.trim().split(/\s+/)[0] ?? '');
  const unusual = properties.find((property) => !lookup.isDefaultOrderBy(path.type, property.toLowerCase()));
  return unusual === undefined ? undefined : `sorting by \`${unusual}\` needs an advanced query`;
}

function needBoth(
  path: DirectoryPath,
  options: QueryOptions,
  clauses: readonly FilterClause[],
  lookup: PropertyLookup,
): string | undefined {
  const { $filter: filter, $orderby: orderBy, $search: search } = options;
  for (const clause of clauses) {
    const reason = clauseNeed(clause, path, lookup);
    if (reason !== undefined) return reason;
  }
  if (filter !== undefined && path.shape === 'relationship') return 'filtering a relationship needs an advanced query';
  if (filter !== undefined && orderBy !== undefined) {
    return '`$filter` together with `$orderby` needs an advanced query';
  }
  if (search !== undefined && (filter ?? orderBy) !== undefined) {
    return '`$search` together with `$filter` or `$orderby` needs an advanced query';
  }
  if (path.cast && path.transitive) return 'a cast on a transitive list needs an advanced query';
  return orderBy === undefined ? undefined : orderNeed(orderBy, path, lookup);
}

function clausesOf({ $filter: filter }: QueryOptions): readonly FilterClause[] {
  return filter === undefined ? [] : (parseFilter(filter) ?? []);
}

function findNeed(path: DirectoryPath, options: QueryOptions, lookup: PropertyLookup): Need | undefined {
  if (options.$expand !== undefined) {
    return expandsManagerChain.test(options.$expand)
      ? { kind: 'both', reason: 'the whole chain of managers needs an advanced query' }
      : undefined;
  }
  if (path.shape === 'entity') return undefined;
  const clauses = clausesOf(options);
  if (clauses.some((clause) => refusesAdvanced(clause, path, lookup))) return undefined;
  if (path.counts) return { kind: 'header', reason: '`/$count` needs it' };
  const reason = needBoth(path, options, clauses, lookup);
  if (reason !== undefined) return { kind: 'both', reason };
  if (options.$search !== undefined) return { kind: 'header', reason: '`$search` needs it' };
  return options.$count?.toLowerCase() === 'true'
    ? { kind: 'header', reason: '`$count` is ignored without it' }
    : undefined;
}

/** Leaves to the caller what the caller decided: a given header or `$count` stays unchanged. */
function respectCaller(need: Need, options: QueryOptions, { headers }: ApiRequest): QueryPlan | undefined {
  const given = findHeader(headers, consistencyHeader);
  const needsCount = need.kind === 'both';
  const declined = needsCount && options.$count !== undefined && options.$count.toLowerCase() !== 'true';
  if (declined || (given !== undefined && given.toLowerCase() !== 'eventual')) return undefined;
  const header = given === undefined;
  const count = needsCount && options.$count === undefined;
  return header || count ? { header, count, reason: need.reason } : undefined;
}

/** A cheap test: most requests have nothing that could need a plan. */
function cannotNeedPlan(request: ApiRequest): boolean {
  return (
    request.method !== 'GET' ||
    request.verbatim === true ||
    (request.params === undefined && !request.path.includes('?') && !/\$count|%24count|graph\./i.test(request.path))
  );
}

/**
 * Decides whether a GET is an advanced query on directory objects and what it lacks.
 * Rules: https://learn.microsoft.com/graph/aad-advanced-queries
 */
export function planQuery(request: ApiRequest, lookup: PropertyLookup): QueryPlan | undefined {
  if (cannotNeedPlan(request)) return undefined;
  const path = classifyDirectoryPath(request.path);
  if (path === undefined) return undefined;
  const options = readQueryOptions(request);
  const need = findNeed(path, options, lookup);
  return need && respectCaller(need, options, request);
}

/** The request with what the plan adds. */
export function applyPlan(request: ApiRequest, plan: Pick<QueryPlan, 'header' | 'count'>): ApiRequest {
  return {
    ...request,
    ...(plan.header ? { headers: { ...request.headers, [consistencyHeader]: 'eventual' } } : {}),
    ...(plan.count ? { params: { ...request.params, $count: 'true' } } : {}),
  };
}

/** The note about a plan. */
export function describePlan(plan: QueryPlan): string {
  const header = `${consistencyHeader}: eventual`;
  const added = plan.header && plan.count ? `${header} and $count=true` : plan.header ? header : '$count=true';
  return `Added ${added}: ${plan.reason}.`;
}

/**
 * What to add after the service refused a query for lack of the advanced parameters. Nothing where the caller decided
 * otherwise, with `$expand`, or for a property that works only without them.
 * `Request_UnsupportedQuery`: https://learn.microsoft.com/graph/aad-advanced-queries
 */
export function planHealing(request: ApiRequest, lookup: PropertyLookup): QueryPlan | undefined {
  const path = request.method === 'GET' && request.verbatim !== true ? classifyDirectoryPath(request.path) : undefined;
  if (path === undefined || path.shape === 'entity') return undefined;
  const options = readQueryOptions(request);
  const clauses = clausesOf(options);
  if (options.$expand !== undefined || clauses.some((clause) => refusesAdvanced(clause, path, lookup))) {
    return undefined;
  }
  const need: Need = { kind: path.counts ? 'header' : 'both', reason: 'the service refused the query without it' };
  return respectCaller(need, options, request);
}

/** System query options that decide how a list is asked for. */
const optionNames = ['$filter', '$search', '$orderby', '$count', '$expand', '$select', '$top'] as const;
type QueryOptionName = (typeof optionNames)[number];
export type QueryOptions = Readonly<Partial<Record<QueryOptionName, string>>>;

/** Without a `$` they mean the same on most of Graph. */
function nameOf(given: string): QueryOptionName | undefined {
  const bare = given.toLowerCase().replace(/^\$/, '');
  return optionNames.find((name) => name === `$${bare}`);
}

/** The options of a request, from its path and its params. */
export function readQueryOptions(request: Pick<ApiRequest, 'path' | 'params'>): QueryOptions {
  const options: Partial<Record<QueryOptionName, string>> = {};
  const mark = request.path.indexOf('?');
  if (mark >= 0) {
    for (const pair of splitOutsideQuotes(request.path.slice(mark + 1), '&')) {
      const at = pair.indexOf('=');
      const name = nameOf(decodeLoosely(at < 0 ? pair : pair.slice(0, at)));
      if (name !== undefined) options[name] = at < 0 ? '' : decodeLoosely(pair.slice(at + 1));
    }
  }
  for (const [given, value] of Object.entries(request.params ?? {})) {
    const name = nameOf(given);
    if (name !== undefined && value !== undefined && value !== null) options[name] = String(value);
  }
  return options;
}

/** Extensions: https://learn.microsoft.com/graph/aad-advanced-queries#user-properties */
const directoryExtension: PropertyRow = { eq: 'D', startsWith: 'A', null: 'A', properties: [] };
const schemaExtension: PropertyRow = { eq: 'A', startsWith: 'A', null: 'A', properties: [] };

export interface PropertyLookup {
  /** Support of a property (path in lower case); undefined when the documentation does not know it. */
  find(type: DirectoryType, property: string): PropertyRow | undefined;
  isDefaultOrderBy(type: DirectoryType, property: string): boolean;
}

function extensionRow(property: string): PropertyRow | undefined {
  if (/^extension_[0-9a-f]{32}_\w+$/.test(property)) return directoryExtension;
  return /^(?:ext[a-z0-9]{8}|[a-z0-9]+)_\w+\/\w+$/.test(property) ? schemaExtension : undefined;
}

/** Indexes the tables at first use, so that calls without filters never pay for them. */
export function createPropertyLookup(): PropertyLookup {
  const indexes = new Map<DirectoryType, Map<string, PropertyRow>>();
  const indexOf = (type: DirectoryType): Map<string, PropertyRow> => {
    const known = indexes.get(type);
    if (known !== undefined) return known;
    const rows = propertyTables[type]?.rows ?? [];
    const index = new Map(rows.flatMap((row) => row.properties.map((name) => [name.toLowerCase(), row] as const)));
    indexes.set(type, index);
    return index;
  };
  return {
    find: (type, property) => indexOf(type).get(property) ?? extensionRow(property),
    isDefaultOrderBy: (type, property) =>
      (propertyTables[type]?.defaultOrderBy ?? []).some((name) => name.toLowerCase() === property),
  };
}
