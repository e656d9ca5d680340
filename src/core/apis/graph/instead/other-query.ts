import type { RequestInstead } from '../../../base/request-instead.ts';
import type { DescribedRequest } from '../../../http/api-descriptor.ts';
import { classifyDirectoryPath } from '../advanced/directory-path.ts';
import { consistencyHeader } from '../advanced/plan-query.ts';
import { asProjection } from './as-projection.ts';
import { asNameSearch } from './as-search.ts';
import { conjunctsOf, readConditions } from './conditions.ts';
import { barePath, optionOf, otherRead, readInstead } from './read-instead.ts';
import { repairFilter, repairSearch } from './repair-filter.ts';

/** The same query without some of its options. */
export function without(request: DescribedRequest, ...names: readonly `$${string}`[]): RequestInstead | undefined {
  return readInstead(request, { options: Object.fromEntries(names.map((name) => [name, undefined])) });
}

/** Pages of the size that the service allows, and as many items as were wanted. */
export function withPageSize(request: DescribedRequest, most: number): RequestInstead | undefined {
  const wanted = Number(optionOf(request, '$top'));
  const isNumber = Number.isInteger(wanted) && wanted > 0;
  return readInstead(request, { options: { $top: most }, limit: isNumber ? wanted : undefined });
}

/** A list without the option that it does not take. What it would have chosen is chosen from the answer. */
export function withoutOption(request: DescribedRequest, name: string): RequestInstead | undefined {
  const option = Object.keys(request.query).find((one) => one.toLowerCase() === name.toLowerCase());
  if (option === undefined) return undefined;
  const [top, skip] = [Number(optionOf(request, '$top')), Number(optionOf(request, '$skip'))];
  if (/^\$top$/i.test(name)) return readInstead(request, { options: { [option]: undefined }, limit: positive(top) });
  if (!/^\$skip$/i.test(name)) return readInstead(request, { options: { [option]: undefined } });
  const end = positive(top) === undefined ? '' : String(skip + top);
  const options = { [option]: undefined, $top: undefined };
  return readInstead(request, { options, project: skip > 0 ? `value[${skip}:${end}]` : undefined });
}

function positive(value: number): number | undefined {
  return Number.isInteger(value) && value > 0 ? value : undefined;
}

/** An advanced query, with nothing of the caller's in its way. */
export function advancedQuery(request: DescribedRequest): RequestInstead | undefined {
  // On other paths nothing is added by itself.
  const isKnown = classifyDirectoryPath(request.wirePath) !== undefined;
  return isKnown
    ? readInstead(request, { options: { $expand: undefined } })
    : readInstead(request, { options: { $count: 'true' }, headers: { [consistencyHeader]: 'eventual' } });
}

/** The earliest time of any mailbox; a condition that holds for every message. */
const always = '1900-01-01T00:00:00Z';

/**
 * Messages are filtered by the properties that they are sorted by, first and in the same order. By a time, a condition that
 * always holds does; any other order is left out. https://learn.microsoft.com/graph/api/user-list-messages
 */
export function sortableQuery(request: DescribedRequest): RequestInstead | undefined {
  const filter = optionOf(request, '$filter');
  const keys = (optionOf(request, '$orderby') ?? '').split(',').map((key) => key.trim().split(/\s+/)[0] ?? '');
  const [time] = keys;
  if (filter === undefined || time === undefined || keys.length > 1 || !/^\w+DateTime$/.test(time)) {
    return without(request, '$orderby');
  }
  return new RegExp(`\\b${time}\\b`, 'i').test(filter)
    ? without(request, '$orderby')
    : readInstead(request, { options: { $filter: `${time} ge ${always} and (${filter})` } });
}

/** Messages are either searched or filtered: the filter is checked afterwards, as far as it can be. */
export function searchedMessages(request: DescribedRequest): RequestInstead | undefined {
  const whole = readConditions(optionOf(request, '$filter') ?? '');
  const project = whole && asProjection(conjunctsOf(whole));
  const select = optionOf(request, '$select');
  if (project === undefined || select !== undefined) return undefined;
  return readInstead(request, { options: { $filter: undefined }, project });
}

/** Query options in the syntax that the service reads; undefined where nothing known was wrong. */
export function repairedQuery(request: DescribedRequest): RequestInstead | undefined {
  const [filter, search] = [optionOf(request, '$filter'), optionOf(request, '$search')];
  const better = {
    ...option('$filter', filter === undefined ? undefined : repairFilter(filter)),
    ...option('$search', search === undefined ? undefined : repairSearch(search)),
  };
  return Object.keys(better).length === 0 ? undefined : readInstead(request, { options: better });
}

/** Words without a property, looked for in the names. */
export function searchedNames(request: DescribedRequest): RequestInstead | undefined {
  const [words, path] = [optionOf(request, '$search'), classifyDirectoryPath(request.wirePath)];
  const search = words === undefined || path === undefined ? undefined : asNameSearch(words, path.type);
  return search === undefined ? undefined : readInstead(request, { options: { $search: search } });
}

function option(name: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [name]: value };
}

/** One relationship instead of several. */
export function firstExpanded(request: DescribedRequest): RequestInstead | undefined {
  const [first = ''] = (optionOf(request, '$expand') ?? '').split(',');
  return first.includes('(') || first === '' ? undefined : readInstead(request, { options: { $expand: first.trim() } });
}

/** The relationship by its own path, where one object was asked for; otherwise the list without it. */
export function ownPath(request: DescribedRequest): RequestInstead | undefined {
  const relation = optionOf(request, '$expand')?.trim() ?? '';
  const isEntity = classifyDirectoryPath(request.wirePath)?.shape === 'entity';
  return isEntity && /^\w+$/.test(relation)
    ? otherRead(`${barePath(request)}/${relation}`)
    : without(request, '$expand');
}

/** Kept in the mailbox or the profile. https://learn.microsoft.com/graph/api/resources/user */
const mailboxProperties =
  /^(?:aboutMe|birthday|hireDate|interests|mailboxSettings|mySite|pastProjects|preferredName|responsibilities|schools|skills)$/i;

/** The list without what can be read for one user at a time. */
export function withoutMailboxProperties(request: DescribedRequest): RequestInstead | undefined {
  const names = (optionOf(request, '$select') ?? '').split(',').map((name) => name.trim());
  const left = names.filter((name) => !mailboxProperties.test(name));
  const isMoved = left.length > 0 && left.length < names.length;
  return isMoved ? readInstead(request, { options: { $select: left.join(',') } }) : undefined;
}

/** A delta query with the options that it takes. */
export function plainDelta(request: DescribedRequest): RequestInstead | undefined {
  return without(request, '$filter', '$orderby', '$expand', '$top', '$search', '$count');
}

/** A delta query from the beginning. */
export function restartedDelta(request: DescribedRequest): RequestInstead | undefined {
  const whole = readInstead({ ...request, query: {}, verbatim: false }, {});
  return whole && { ...whole, restarts: true };
}
