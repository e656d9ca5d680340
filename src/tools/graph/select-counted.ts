import { classifyDirectoryPath } from '../../core/apis/graph/advanced/directory-path.ts';
import { readQueryOptions } from '../../core/apis/graph/advanced/plan-query.ts';
import { propertyTables } from '../../core/apis/graph/advanced/property-tables.ts';
import type { CallContext } from '../../core/base/call-context.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { membersCounted } from '../../core/results/item-counter.ts';

interface CountedQuery {
  readonly endpoint: string;
  readonly params?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly project?: string | undefined;
  readonly count_by?: string | undefined;
}

/**
 * Graph sends most properties of directory objects only where `$select` names them, so that counting by one of the others
 * would find nothing. Where the call says nothing else, those that `count_by` reads are selected, and nothing besides. `ours` is
 * a member that Tenantry adds to the items.
 */
export async function selectCounted<Query extends CountedQuery>(
  query: Query,
  { note }: Pick<CallContext, 'note'>,
  ours?: string,
): Promise<Query> {
  const { endpoint, params, project, count_by: countBy } = query;
  if (countBy === undefined || project !== undefined) return query;
  const { $select, $expand } = readQueryOptions({ path: endpoint, ...withoutUndefined({ params }) });
  const place = classifyDirectoryPath(endpoint);
  if ($select !== undefined || $expand !== undefined || place?.shape !== 'collection' || place.counts) return query;
  const known = new Set(propertyTables[place.type]?.rows.flatMap(({ properties }) => properties));
  const names = await membersCounted(countBy);
  const theirs = names.filter((name) => name !== ours);
  if (names.length === 0 || !theirs.every((name) => known.has(name))) return query;
  const selected = theirs.join(',') || 'id';
  note(`$select=${selected} was added, since count_by reads nothing else.`);
  return { ...query, params: { ...params, $select: selected } };
}
