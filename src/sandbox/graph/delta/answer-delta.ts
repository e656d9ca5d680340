import type { SandboxRequest } from '../../base/service.ts';
import { notModelled } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { contextOf } from '../reads/odata-context.ts';
import { isEntityType } from '../reads/resolve-entity.ts';
import {
  buildDeltaLink,
  type DeltaPosition,
  openDeltaToken,
  readDeltaOptions,
  refuseOptionsBesideToken,
} from './delta-position.ts';
import { changeEntries, initialEntries, type PagedEntry } from './delta-rounds.ts';

const pageSize = 100;

/**
 * Delta queries on directory objects: a first round with every object, then rounds with changes. Each page has a
 * nextLink or, at the end of its round, a deltaLink. Source: "Use delta query to track changes in Microsoft Graph
 * data", https://learn.microsoft.com/graph/delta-query-overview.
 */
export const answerDelta: GraphHandler = async (parsed, request, context) => {
  const position = startOf(parsed, request, context);
  const entries = position === 'latest' ? [] : takePage(entriesOf(position, request, context));
  const next = entries[pageSize];
  const round = position === 'latest' ? roundOf(parsed, context) : position;
  const link = next
    ? { '@odata.nextLink': buildDeltaLink('$skiptoken', { ...round, ...placeOf(next) }, request, context) }
    : { '@odata.deltaLink': buildDeltaLink('$deltatoken', nextRound(round), request, context) };
  const head = { '@odata.context': contextOf(parsed, request, round.select, round.type), ...link };
  return { status: 200, body: { ...head, value: entries.slice(0, pageSize).map(({ body }) => body) } };
};

/** Where this call begins: at the start, in the middle of a round, after the last round, or now (`latest`). */
function startOf(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: GraphCallContext,
): DeltaPosition | 'latest' {
  const type = parsed.parentType ?? '';
  const { query } = parsed;
  const token = query.get('$skiptoken') ?? query.get('$deltatoken');
  if (token === 'latest') return 'latest';
  if (!token) return roundOf(parsed, context);
  refuseOptionsBesideToken(query);
  const position = openDeltaToken(token, type, request, context);
  return query.has('$skiptoken') ? position : { ...position, until: context.store.sequence };
}

/** A first round, with the options of this call. */
function roundOf(parsed: ParsedGraphPath, { store }: GraphCallContext): DeltaPosition {
  const options = readDeltaOptions(parsed.query, parsed.parentType ?? '');
  return { ...options, phase: 'initial', since: store.sequence, until: store.sequence, from: 0, linksTold: 0 };
}

/** The next round returns changes from now on. */
function nextRound(position: DeltaPosition): DeltaPosition {
  return { ...position, phase: 'changes', since: position.until, from: 0, linksTold: 0 };
}

function entriesOf(position: DeltaPosition, request: SandboxRequest, { store }: GraphCallContext) {
  const { type, phase } = position;
  if (!isEntityType(type)) throw notModelled(`GET ${request.rawPath.replace(/^\/(?:v1\.0|beta)/, '')}`);
  if (phase === 'initial') return initialEntries(type, position, store);
  const isMinimal = /(^|,)\s*return=minimal\s*(,|$)/i.test(request.headers['prefer'] ?? '');
  return changeEntries(type, position, store, isMinimal);
}

/** The entries of a page and, if any, the first of the next page. */
function takePage(entries: Iterable<PagedEntry>): readonly PagedEntry[] {
  const page: PagedEntry[] = [];
  for (const entry of entries) {
    page.push(entry);
    if (page.length > pageSize) break;
  }
  return page;
}

function placeOf({ from, linksTold }: PagedEntry) {
  return { from, linksTold };
}
