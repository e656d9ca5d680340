import { badRequest, unsupportedQuery } from '../graph-error.ts';
import type { FilterNode } from '../query/filter-parser.ts';
import { parseFilter } from '../query/filter-parser.ts';
import { parseSelect } from '../query/select.ts';
import type { DeltaOptions } from './delta-token.ts';

const maxIds = 50;

/** Relations that a delta query tells about, by type. */
const trackedRelations: Readonly<Record<string, string>> = {
  administrativeUnit: 'members',
  directoryRole: 'members',
  group: 'members',
  user: 'manager',
};

/** The relation that a round with this selection tracks: members by default, the manager when it is selected. */
export function trackedRelation({ type, select }: DeltaOptions): string | undefined {
  const relation = trackedRelations[type];
  if (relation === undefined) return undefined;
  if (select) return select.includes(relation) ? relation : undefined;
  return relation === 'manager' ? undefined : relation;
}

/**
 * Options of the first call of a round. Source: "Use delta query to track changes in Microsoft Graph data" and the
 * `delta` pages of user and group: `$select`, and a `$filter` on at most 50 ids.
 */
export function readDeltaOptions(query: ReadonlyMap<string, string>, type: string): DeltaOptions {
  for (const name of query.keys()) {
    if (!name.startsWith('$') || ['$select', '$filter', '$deltatoken', '$format'].includes(name)) continue;
    throw unsupportedQuery(`The query option '${name}' is not supported by delta queries on directory objects.`);
  }
  const filter = query.get('$filter');
  const relation = trackedRelations[type];
  const text = query.get('$select');
  const select = parseSelect(text, { type, isCollection: true });
  const isRelationSelected = text?.split(',').some((name) => name.trim().toLowerCase() === relation?.toLowerCase());
  return {
    type,
    select: select && isRelationSelected && relation ? [...select, relation] : select,
    ids: filter === undefined ? undefined : idsOf(parseFilter(filter)),
  };
}

/** A later call carries its token and nothing else: the options are in it. */
export function refuseOptionsBesideToken(query: ReadonlyMap<string, string>): void {
  for (const name of query.keys()) {
    if (!name.startsWith('$') || name === '$skiptoken' || name === '$deltatoken') continue;
    throw badRequest(`The query option '${name}' is already part of the token and cannot be given again.`);
  }
}

function idsOf(node: FilterNode): readonly string[] {
  const ids = collectIds(node);
  if (ids.length > maxIds) throw unsupportedQuery(`At most ${maxIds} ids can be given in the filter of a delta query.`);
  return ids;
}

function collectIds(node: FilterNode): readonly string[] {
  if (node.kind === 'or') return [...collectIds(node.left), ...collectIds(node.right)];
  const isId = node.kind === 'compare' && node.operator === 'eq' && node.path.join('/').toLowerCase() === 'id';
  if (!isId || node.value.kind !== 'string') {
    throw unsupportedQuery("Delta queries on directory objects can be filtered by id only: id eq '…' or id eq '…'.");
  }
  return [String(node.value.value).toLowerCase()];
}
