import type { Entity } from '../../entity-store.ts';
import { badRequest, GraphError } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import { compileFilter, type EntityPredicate } from '../query/filter-evaluator.ts';
import { type FilterNode, parseFilter } from '../query/filter-parser.ts';
import type { OrderByTerm } from '../query/order-by.ts';
import { findProperty, parseSelect, unknownProperty } from '../query/select.ts';

/** What a request for messages or folders asks for. */
export interface MailQuery {
  readonly top: number;
  readonly skip: number;
  readonly wantsCount: boolean;
  readonly select: readonly string[] | undefined;
  readonly accepts: EntityPredicate;
  readonly compare: ((left: Entity, right: Entity) => number) | undefined;
}

const defaultPage = 10;
const maximumPage = 1000;
const maximumSearchResults = 1000;

/**
 * Mail pages with `$top` and `$skip`, filters without any header, and does not combine search with anything. Source:
 * "List messages", "Use the $search query parameter".
 */
export function readMailQuery(
  { query }: ParsedGraphPath,
  type: 'message' | 'mailFolder',
  maxPageSize: number | undefined,
): MailQuery {
  checkNames(query);
  const filterText = query.get('$filter');
  const search = query.get('$search');
  if (search !== undefined) checkSearchAlone(query);
  const filter = filterText === undefined ? undefined : parseFilter(filterText);
  const paths = filter ? filterPaths(filter) : [];
  for (const path of paths) if (!findProperty(type, path.split('/')[0] ?? '')) throw unknownProperty(path, type);
  const terms = readOrderBy(query.get('$orderby'), type);
  if (filter && terms) checkSameOrder(paths, terms);
  const byDate: readonly OrderByTerm[] = [{ property: 'receivedDateTime', descending: true }];
  const sort = terms ?? (type === 'message' ? byDate : undefined);
  const inFilter = filter ? compileFilter(filter) : undefined;
  return {
    top: readTop(query.get('$top')) ?? maxPageSize ?? defaultPage,
    skip: readNumber('$skip', query.get('$skip')) ?? 0,
    wantsCount: query.get('$count')?.toLowerCase() === 'true',
    select: parseSelect(query.get('$select'), { type, isCollection: true }),
    accepts: search === undefined ? (inFilter ?? (() => true)) : compileSearch(search),
    compare: sort && compareMail(sort),
  };
}

export const searchLimit = maximumSearchResults;

const knownOptions = ['$top', '$skip', '$count', '$select', '$filter', '$orderby', '$search', '$expand', '$format'];

function checkNames(query: ReadonlyMap<string, string>): void {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !knownOptions.includes(name)) {
      throw badRequest(`The query parameter '${name}' is not supported.`);
    }
  }
  for (const name of query.get('$expand')?.split(',') ?? []) {
    if (/^(attachments|singleValueExtendedProperties|multiValueExtendedProperties|extensions)\b/i.test(name.trim())) {
      continue;
    }
    throw new GraphError(
      400,
      'ExpandNotSupported',
      `Expand is not allowed for property '${name.trim()}' according to the entity schema.`,
    );
  }
}

function checkSearchAlone(query: ReadonlyMap<string, string>): void {
  for (const [option, code, name] of [
    ['$filter', 'SearchWithFilter', '$filter'],
    ['$orderby', 'SearchWithOrderBy', '$orderBy'],
  ] as const) {
    if (query.has(option)) {
      throw new GraphError(400, code, `The query parameter '${name}' is not supported with '$search'.`);
    }
  }
}

function readTop(text: string | undefined): number | undefined {
  const top = readNumber('$top', text);
  if (top !== undefined && top > maximumPage) {
    throw badRequest(
      `The limit of '${maximumPage}' for Top query has been exceeded. The value from the incoming request is '${top}'.`,
    );
  }
  return top === 0 ? undefined : top;
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `Invalid value '${text}' for ${name} query option found. The ${name} query option requires a non-negative integer value.`,
    );
  }
  return Number(text);
}

function readOrderBy(text: string | undefined, type: string): readonly OrderByTerm[] | undefined {
  return text?.split(',').map((term) => {
    const [, name = '', direction] = /^\s*([\w/]+)(?:\s+(asc|desc))?\s*$/i.exec(term) ?? [];
    const property = findProperty(type, name.split('/')[0] ?? '');
    if (!property) throw unknownProperty(name, type);
    return { property: name.includes('/') ? name : property, descending: direction?.toLowerCase() === 'desc' };
  });
}

/** The properties to sort by have to come first in the filter, in the same order. */
function checkSameOrder(paths: readonly string[], terms: readonly OrderByTerm[]): void {
  const filtered = [...new Set(paths.map((path) => path.toLowerCase()))];
  if (terms.some(({ property }, index) => filtered[index] !== property.toLowerCase())) {
    throw new GraphError(400, 'InefficientFilter', 'The restriction or sort order is too complex for this operation.');
  }
}

/** Dates in messages are UTC texts, so text order is time order. */
function compareMail(terms: readonly OrderByTerm[]): (left: Entity, right: Entity) => number {
  return (left, right) => {
    for (const { property, descending } of terms) {
      const [first, second] = [valueAt(left, property), valueAt(right, property)];
      if (first !== second) return first < second === descending ? 1 : -1;
    }
    return 0;
  };
}

function valueAt(entity: Entity, path: string): string {
  let value: unknown = entity;
  for (const name of path.split('/')) value = Object(value)[name];
  return String(value ?? '').toLowerCase();
}

function filterPaths(node: FilterNode): readonly string[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return [...filterPaths(node.left), ...filterPaths(node.right)];
    case 'not':
      return filterPaths(node.inner);
    default:
      return [node.path.join('/')];
  }
}

/** `"subject:invoice"` looks into one property, bare words into all text. */
function compileSearch(text: string): EntityPredicate {
  const quoted = /^"(.*)"$/s.exec(text.trim());
  if (!quoted) throw badRequest(`Syntax error: the value of $search must be in double quotes: ${text}`);
  const [, property, words = ''] =
    /^(?:(subject|from|to|body|cc|bcc|participants):)?(.*)$/is.exec(quoted[1] ?? '') ?? [];
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const names: Readonly<Record<string, readonly string[]>> = {
    subject: ['subject'],
    body: ['body'],
    from: ['from'],
    to: ['toRecipients'],
    cc: ['ccRecipients'],
    bcc: ['bccRecipients'],
    participants: ['from', 'toRecipients', 'ccRecipients', 'bccRecipients'],
  };
  const searched = names[property?.toLowerCase() ?? ''] ?? ['subject', 'body', 'from', 'toRecipients'];
  return (message) => {
    const haystack = JSON.stringify(searched.map((name) => message[name])).toLowerCase();
    return wanted.every((word) => haystack.includes(word));
  };
}
