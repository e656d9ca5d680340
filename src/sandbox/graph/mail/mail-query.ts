import { isRecord } from '../../../core/base/guards.ts';
import type { Entity } from '../../base/entity-store.ts';
import type { SandboxRequest } from '../../base/service.ts';
import { idPrefixes } from '../../seed/mail.ts';
import { badRequest, GraphError } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import { expandNotSupported } from '../query/expand.ts';
import { compileFilter, type EntityPredicate } from '../query/filter-evaluator.ts';
import { parseFilter, pathsOf } from '../query/filter-parser.ts';
import { type OrderByTerm, parseTerm } from '../query/order-by.ts';
import { unquotedWords } from '../query/search-words.ts';
import { findProperty, parseSelect, unknownProperty } from '../query/select.ts';

/** A request for messages or folders. */
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
export const maximumSearchResults = 1000;

/**
 * Mail pages with `$top` and `$skip`, filters without a header, and does not combine search with other options. Source:
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
  const paths = filter ? pathsOf(filter).map((path) => path.join('/')) : [];
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

const knownOptions = ['$top', '$skip', '$count', '$select', '$filter', '$orderby', '$search', '$expand', '$format'];

function checkNames(query: ReadonlyMap<string, string>): void {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !knownOptions.includes(name)) {
      throw badRequest(`The query parameter '${name}' is not supported.`);
    }
  }
  const expandable = /^(attachments|singleValueExtendedProperties|multiValueExtendedProperties|extensions)\b/i;
  for (const name of query.get('$expand')?.split(',') ?? []) {
    if (!expandable.test(name.trim())) throw expandNotSupported(name.trim());
  }
}

function checkSearchAlone(query: ReadonlyMap<string, string>): void {
  for (const name of ['$filter', '$orderBy']) {
    if (!query.has(name.toLowerCase())) continue;
    const code = name === '$filter' ? 'SearchWithFilter' : 'SearchWithOrderBy';
    throw new GraphError(400, code, `The query parameter '${name}' is not supported with '$search'.`);
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
  return text?.split(',').map((one) => {
    const term = parseTerm(one, type);
    if (!term) throw unknownProperty('', type);
    return term;
  });
}

/** The sort properties must come first in the filter, in the same order. */
function checkSameOrder(paths: readonly string[], terms: readonly OrderByTerm[]): void {
  const filtered = [...new Set(paths.map((path) => path.toLowerCase()))];
  if (terms.some(({ property }, index) => filtered[index] !== property.toLowerCase())) {
    throw new GraphError(400, 'InefficientFilter', 'The restriction or sort order is too complex for this operation.');
  }
}

/** Dates in messages are UTC strings, so string order is time order. */
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

/** `"subject:invoice"` searches one property; bare words, with or without quotes, search all text. */
function compileSearch(text: string): EntityPredicate {
  const phrase = /^"(.*)"$/s.exec(text.trim())?.[1] ?? unquotedWords(text).join(' ');
  const [, property, words = ''] = /^(?:(subject|from|to|body|cc|bcc|participants):)?(.*)$/is.exec(phrase) ?? [];
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

/** Preferences in the `Prefer` headers of a mail request. Source: "Get immutable identifiers for Outlook resources". */
export interface MailPreferences {
  readonly immutableIds: boolean;
  readonly textBodies: boolean;
  readonly maxPageSize: number | undefined;
  /** Value of `Preference-Applied`. */
  readonly applied: string | undefined;
}

export function readMailPreferences({ headers }: SandboxRequest): MailPreferences {
  const prefer = headers['prefer'] ?? '';
  const immutableIds = /IdType\s*=\s*"?ImmutableId"?/i.test(prefer);
  const textBodies = /outlook\.body-content-type\s*=\s*"?text"?/i.test(prefer);
  const pageSize = /odata\.maxpagesize\s*=\s*(\d+)/i.exec(prefer)?.[1];
  const applied = [
    ...(immutableIds ? ['IdType="ImmutableId"'] : []),
    ...(textBodies ? ['outlook.body-content-type="text"'] : []),
    ...(pageSize ? [`odata.maxpagesize=${pageSize}`] : []),
  ];
  return {
    immutableIds,
    textBodies,
    maxPageSize: pageSize ? Math.min(1000, Math.max(1, Number(pageSize))) : undefined,
    applied: applied.length > 0 ? applied.join(', ') : undefined,
  };
}

/** The stored id of a message from either kind of id; undefined if it is not the preferred kind. */
export function storedMessageId(id: string, { immutableIds }: MailPreferences): string | undefined {
  const prefix = immutableIds ? idPrefixes.immutable : idPrefixes.default;
  return id.startsWith(prefix) ? idPrefixes.default + id.slice(prefix.length) : undefined;
}

/** The message with these preferences applied. */
export function applyPreferences(message: Entity, { immutableIds, textBodies }: MailPreferences): Entity {
  const id = immutableIds ? idPrefixes.immutable + message.id.slice(idPrefixes.default.length) : message.id;
  const body = message['body'];
  if (!textBodies || !isRecord(body) || !('content' in body)) return { ...message, id };
  const content = String(body['content'])
    .replace(/<br\s*\/?>/g, '\r\n')
    .replace(/<[^>]+>/g, '');
  return { ...message, id, body: { contentType: 'text', content } };
}
