import type { SandboxContext, SandboxRequest } from '../../base/service.ts';
import { badRequest, GraphError, unsupportedQuery } from '../graph-error.ts';
import { type FilterNode, parseFilter } from '../query/filter-parser.ts';
import { openSealed } from '../query/page-token.ts';
import { parseSelect } from '../query/select.ts';

/** What a delta round keeps from its first call. Later calls contain only the token. */
interface DeltaOptions {
  readonly type: string;
  readonly select: readonly string[] | undefined;
  /** Ids that the round is limited to. */
  readonly ids: readonly string[] | undefined;
}

/** Where a round continues: in the objects of the first round, or in the changes since a sequence number. */
export interface DeltaPosition extends DeltaOptions {
  readonly phase: 'initial' | 'changes';
  /** Later changes belong to the next round. */
  readonly until: number;
  /** Changes up to this number have already been returned. */
  readonly since: number;
  /** Position in the list of the phase. */
  readonly from: number;
  /** Number of links of the object at `from` that have already been returned. */
  readonly linksTold: number;
}

interface SealedPosition extends DeltaPosition {
  readonly use: 'delta';
  readonly issuedAt: number;
}

/**
 * Directory delta tokens are valid for seven days. Source: "Use delta query to track changes in Microsoft Graph data".
 */
const lifetimeMs = 7 * 86_400_000;
const maxIds = 50;

/** Relations that delta queries track, by type. */
const trackedRelations: Readonly<Record<string, string>> = {
  administrativeUnit: 'members',
  directoryRole: 'members',
  group: 'members',
  user: 'manager',
};

/** The relation that a round tracks: members by default, the manager if selected. */
export function trackedRelation({ type, select }: DeltaOptions): string | undefined {
  const relation = trackedRelations[type];
  if (relation === undefined) return undefined;
  if (select) return select.includes(relation) ? relation : undefined;
  return relation === 'manager' ? undefined : relation;
}

/**
 * Options of a round's first call. Source: "Use delta query to track changes in Microsoft Graph data" and the `delta`
 * pages of user and group: `$select`, and a `$filter` on at most 50 ids.
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

/** A later call contains only its token, which includes the options. */
export function refuseOptionsBesideToken(query: ReadonlyMap<string, string>): void {
  for (const name of query.keys()) {
    if (!name.startsWith('$') || name === '$skiptoken' || name === '$deltatoken') continue;
    throw badRequest(`The query option '${name}' is already part of the token and cannot be given again.`);
  }
}

export function buildDeltaLink(
  option: '$skiptoken' | '$deltatoken',
  position: DeltaPosition,
  { base, rawPath }: SandboxRequest,
  { clock, seal }: SandboxContext,
): string {
  const sealed: SealedPosition = { use: 'delta', ...position, issuedAt: clock.now() };
  return `${base}${rawPath}?${option}=${seal(sealed)}`;
}

/** Opens the token of a later call. Throws 410 with the URL for a new round if it is too old. */
export function openDeltaToken(
  token: string,
  type: string,
  { base, rawPath }: SandboxRequest,
  context: SandboxContext,
): DeltaPosition {
  const position = openSealed<SealedPosition>(token, 'delta', context);
  if (position?.type !== type) throw unsupportedQuery('Unable to execute query; invalid page token specified.');
  const isTooOld = context.clock.now() - position.issuedAt > lifetimeMs;
  if (isTooOld || position.until > context.store.sequence) {
    const message = 'The sync state generation is not found; a full synchronization is required.';
    throw new GraphError(410, 'syncStateNotFound', message, {
      headers: { location: `${base}${rawPath}?$deltatoken=` },
    });
  }
  return position;
}
