import type { RequestInstead } from '../../../base/request-instead.ts';
import type { DescribedRequest, FailedAnswer } from '../../../http/api-descriptor.ts';
import { classifyDirectoryPath, type DirectoryPath } from '../advanced/directory-path.ts';
import { asProjection, selectWith } from './as-projection.ts';
import { asSearch } from './as-search.ts';
import { type Condition, conjunctsOf, joinConjuncts, propertiesIn, readConditions } from './conditions.ts';
import { optionOf, readInstead } from './read-instead.ts';

/** What a query that the directory does not support should have been; undefined where no other one finds the same. */
export function supportedQuery(failure: FailedAnswer): RequestInstead | undefined {
  const { request } = failure;
  if (optionOf(request, '$expand') !== undefined) return readInstead(request, { options: { $expand: undefined } });
  const filter = optionOf(request, '$filter');
  const path = classifyDirectoryPath(request.wirePath);
  const whole = filter === undefined || path === undefined ? undefined : readConditions(filter);
  if (whole === undefined || path === undefined) return undefined;
  const parts = conjunctsOf(whole);
  return signInAlone(request, parts, path) ?? searched(request, parts, path) ?? projected(failure, parts, path);
}

/** A filter by sign-in activity goes with no other condition. https://learn.microsoft.com/graph/api/user-list */
function signInAlone(
  request: DescribedRequest,
  parts: readonly Condition[],
  path: DirectoryPath,
): RequestInstead | undefined {
  const isActivity = (part: Condition) => /signInActivity\//i.test(part.text);
  const alone = parts.filter(isActivity);
  const others = parts.filter((part) => !isActivity(part));
  if (alone.length === 0 || others.length === 0) return undefined;
  return narrowed(request, { kept: alone, others, path });
}

/** `contains` is no filter of the directory; `$search` finds words, by their beginning too. */
function searched(
  request: DescribedRequest,
  parts: readonly Condition[],
  { type }: DirectoryPath,
): RequestInstead | undefined {
  const searches = parts.map((part) => asSearch(part, type));
  const found = searches.filter((search) => search !== undefined);
  if (found.length === 0) return undefined;
  const rest = joinConjuncts(parts.filter((_, index) => searches[index] === undefined));
  const before = optionOf(request, '$search');
  const search = [...(before === undefined ? [] : [grouped(before)]), ...found].join(' AND ');
  return readInstead(request, { options: { $search: unwrapped(search), $filter: rest } });
}

/** The caller's own search as one operand. */
function grouped(search: string): string {
  return /\sOR\s/.test(search) ? `(${search})` : search;
}

/** Parentheses around all of it say nothing. */
function unwrapped(search: string): string {
  return /^\([^()]*\)$/.test(search) ? search.slice(1, -1) : search;
}

/** The conditions on the refused property are checked here instead, on more items than the service would have sent. */
function projected(
  { message, request }: FailedAnswer,
  parts: readonly Condition[],
  path: DirectoryPath,
): RequestInstead | undefined {
  const refused = /clause specified for property '([^']{1,200})'/i.exec(message)?.[1]?.toLowerCase();
  const isRefused = (part: Condition) =>
    propertiesIn(part).some((property) => property.toLowerCase() === refused) || hasContains(part);
  const others = parts.filter(isRefused);
  return others.length === 0
    ? undefined
    : narrowed(request, { kept: parts.filter((part) => !isRefused(part)), others, path });
}

function hasContains(part: Condition): boolean {
  if (part.kind === 'test') return part.operator === 'contains';
  if (part.kind === 'not') return hasContains(part.part);
  return part.kind !== 'other' && part.parts.some(hasContains);
}

interface Narrowed {
  readonly kept: readonly Condition[];
  readonly others: readonly Condition[];
  readonly path: Pick<DirectoryPath, 'type' | 'counts'>;
}

function narrowed(request: DescribedRequest, { kept, others, path }: Narrowed): RequestInstead | undefined {
  const project = asProjection(others);
  // A number cannot be narrowed afterwards.
  if (project === undefined || path.counts) return undefined;
  const top = Number(optionOf(request, '$top'));
  const select = optionOf(request, '$select');
  const options = {
    $filter: joinConjuncts(kept),
    $select: selectWith(select, select === undefined ? [...kept, ...others] : others, path.type === 'user'),
    // It counts what the service sends, and not what is left of that.
    $top: undefined,
  };
  return readInstead(request, { options, project, limit: top > 0 ? top : undefined });
}

/** Whether the service refused `contains`, which the directory does not have. */
export function usesContains({ request }: FailedAnswer): boolean {
  return /\bcontains\s*\(/i.test(optionOf(request, '$filter') ?? '');
}
