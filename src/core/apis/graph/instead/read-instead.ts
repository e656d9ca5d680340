import type { RequestInstead } from '../../../base/request-instead.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { DescribedRequest } from '../../../http/api-descriptor.ts';
import { classifyDirectoryPath } from '../advanced/directory-path.ts';
import { consistencyHeader } from '../advanced/plan-query.ts';

/** What a read has instead. An option that is undefined is left out. */
export interface ReadChanges {
  readonly path?: string;
  readonly options?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly project?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * The same read with changes. The parameters of advanced queries are left out on directory paths: they are added again where
 * what is new needs them. Undefined for a write, whose body is not repeated, and for a link of the service.
 */
export function readInstead(request: DescribedRequest, changes: ReadChanges): RequestInstead | undefined {
  if (request.method !== 'GET' || request.verbatim === true) return undefined;
  const path = changes.path ?? barePath(request);
  const isPlanned = classifyDirectoryPath(path) !== undefined;
  const kept = Object.entries({ ...request.query, ...changes.options }).filter(
    ([name, value]) => value !== undefined && !(isPlanned && name.toLowerCase() === '$count'),
  );
  const headers = Object.entries({ ...request.headers, ...changes.headers }).filter(
    ([name]) => !(isPlanned && name.toLowerCase() === consistencyHeader.toLowerCase()),
  );
  return withoutUndefined({
    api: 'graph',
    method: 'GET',
    path,
    // What was undefined is filtered out.
    params: kept.length === 0 ? undefined : (Object.fromEntries(kept) as Record<string, string | number>),
    headers: headers.length === 0 ? undefined : Object.fromEntries(headers),
    apiVersion: request.apiVersion,
    project: changes.project,
    limit: changes.limit,
  });
}

/** A read of something else, with none of the options of the refused request. */
export function otherRead(path: string, params?: RequestInstead['params'], project?: string): RequestInstead {
  return withoutUndefined({ api: 'graph', method: 'GET', path, params, project, isOther: true });
}

/** The path as its caller wrote it, without query. */
export function barePath({ path }: Pick<DescribedRequest, 'path'>): string {
  const [bare = ''] = path.split('?', 1);
  return /^(?:\/|https?:)/i.test(bare) ? bare : `/${bare}`;
}

/** The options of a query by the names that the service gives them; the last one counts. */
export function optionOf({ query }: Pick<DescribedRequest, 'query'>, name: `$${string}`): string | undefined {
  return Object.entries(query).findLast(([one]) => one.toLowerCase() === name)?.[1];
}
