import { isRecord } from '../../core/base/guards.ts';
import { badRequest } from './arm-error.ts';
import { idKey, resourceGroupOf } from './arm-ids.ts';
import type { ArmResource } from './arm-store.ts';

type Test = (resource: ArmResource) => boolean;

const comparison = /^\(?\s*([\w/]+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*\)?$/i;
const containment = /^\(?\s*substringof\(\s*'((?:[^']|'')*)'\s*,\s*(\w+)\s*\)\s*\)?$/i;

const readers: Readonly<Record<string, (resource: ArmResource) => unknown>> = {
  location: ({ location }) => location,
  resourcetype: ({ type }) => type,
  name: ({ name }) => name,
  resourcegroup: ({ id }) => resourceGroupOf(id),
  identity: ({ identity }) => identity?.['type'],
  'identity/principalid': ({ identity }) => identity?.['principalId'],
  plan: ({ plan }) => plan?.['name'],
  ...Object.fromEntries(
    ['publisher', 'product', 'name', 'version', 'promotionCode'].map((part) => [
      `plan/${part.toLowerCase()}`,
      ({ plan }: ArmResource) => (isRecord(plan) ? plan[part] : undefined),
    ]),
  ),
};

/** `$filter` of resource and group lists. Source: the properties and operators listed in "Resources - List". */
export function parseListFilter(filter: string | undefined): Test {
  if (filter === undefined || filter.trim() === '') return () => true;
  if (/\btagname\b/i.test(filter)) return parseTagFilter(filter);
  const alternatives = splitOutsideQuotes(filter, 'or').map((part) => splitOutsideQuotes(part, 'and').map(parseTerm));
  return (resource) => alternatives.some((terms) => terms.every((term) => term(resource)));
}

/** Tag filters cannot be combined with other properties. */
function parseTagFilter(filter: string): Test {
  const terms = splitOutsideQuotes(filter, 'and').map((term) => comparison.exec(term.trim()));
  const wanted = new Map(terms.map((match) => [idKey(match?.[1] ?? ''), unquote(match?.[3] ?? '')]));
  const isPure = terms.every(
    (match) => match !== null && /^tag(name|value)$/i.test(match[1] ?? '') && match[2] === 'eq',
  );
  if (!isPure) throw invalid(filter);
  const [name, value] = [idKey(wanted.get('tagname') ?? ''), wanted.get('tagvalue')];
  return ({ tags = {} }) =>
    Object.entries(tags).some(([key, tag]) => idKey(key) === name && (value === undefined || tag === value));
}

function parseTerm(term: string): Test {
  const [, name, operator, value = ''] = comparison.exec(term.trim()) ?? [];
  if (name !== undefined) {
    const read = readers[idKey(name)];
    if (!read) throw invalid(term);
    const wanted = idKey(unquote(value));
    return (resource) => (idKey(String(read(resource) ?? '')) === wanted) === (operator?.toLowerCase() === 'eq');
  }
  const [, part = '', property = ''] = containment.exec(term.trim()) ?? [];
  const read = ['name', 'resourcegroup'].includes(idKey(property)) ? readers[idKey(property)] : undefined;
  if (!read) throw invalid(term);
  return (resource) => idKey(String(read(resource) ?? '')).includes(idKey(unquote(part)));
}

function splitOutsideQuotes(text: string, word: 'and' | 'or'): readonly string[] {
  const parts = text.split(/('(?:[^']|'')*')/);
  const marked = parts.map((part, index) =>
    index % 2 === 1 ? part : part.replace(new RegExp(`\\s+${word}\\s+`, 'gi'), '\0'),
  );
  return marked.join('').split('\0');
}

function unquote(text: string): string {
  return text.replaceAll("''", "'");
}

function invalid(filter: string) {
  return badRequest('InvalidFilterInQueryString', `Invalid $filter '${filter.trim()}' specified in the query string.`);
}
