import type { Entity } from '../../base/entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { requestBadRequest, unsupportedQuery } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import { canRead } from '../permissions.ts';
import { type ListQuery, readListQuery, readsIndex } from '../query/list-query.ts';
import { listRulesOf } from '../query/list-rules.ts';
import { buildNextLink, readPageToken } from '../query/page-token.ts';
import { createEntitySource, type EntitySource, type PositionedEntity, type ReadContext } from './entity-source.ts';
import { contextOf, selectTip } from './odata-context.ts';
import { createProjector, expandInto } from './projection.ts';
import { selectEntities } from './selection.ts';

/** One page of a list. */
export function answerList(parsed: ParsedGraphPath, request: SandboxRequest, context: ReadContext): SandboxResponse {
  // Check the token first: without its header, a later page counts as expired, even if the query is also invalid.
  const from = readPageToken(request, readsIndex(listRulesOf(parsed), request), context);
  const query = readListQuery(parsed, request);
  const source = createEntitySource(parsed, context);
  const selection = selectEntities(source, query, context);
  const page = takePage(selection.scan(from ?? 0), query.top);
  const head: Record<string, unknown> = { '@odata.context': contextOf(parsed, request, query.select) };
  if (!query.select && !query.asReferences) Object.assign(head, selectTip(parsed, source.type));
  if (query.wantsCount && from === undefined) head['@odata.count'] = selection.count();
  if (page.next !== undefined) head['@odata.nextLink'] = buildNextLink(request, page.next, query.isEventual, context);
  return { status: 200, body: { ...head, value: bodiesOf(page.items, source, query, request, context) } };
}

/** `/$count`: the number as plain text. Directory objects are counted only in the index. */
export function answerCount(parsed: ParsedGraphPath, request: SandboxRequest, context: ReadContext): SandboxResponse {
  const query = readListQuery(parsed, request);
  if (query.rules.kind === 'directory' && !query.isEventual) {
    throw requestBadRequest('$count is not currently supported.');
  }
  if (query.rules.kind === 'plain') throw unsupportedQuery('$count is not supported for this resource.');
  const selection = selectEntities(createEntitySource(parsed, context), query, context);
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(selection.count()) };
}

function takePage(items: Iterable<PositionedEntity>, top: number | undefined) {
  const page: PositionedEntity[] = [];
  for (const item of items) {
    if (page.length === top) return { items: page, next: item.position };
    page.push(item);
  }
  return { items: page, next: undefined };
}

function bodiesOf(
  items: readonly PositionedEntity[],
  source: EntitySource,
  query: ListQuery,
  request: SandboxRequest,
  context: ReadContext,
): readonly unknown[] {
  if (query.asReferences) return items.map(({ entity }) => ({ '@odata.id': referenceTo(entity, request) }));
  const isMixed = source.type === 'directoryObject';
  const project = createProjector({ select: query.select, withType: isMixed });
  return items.map((item) => {
    const body = project(item);
    if (isMixed && !canRead(item.type, context)) return hidden(body, item.entity);
    return query.expand ? expandInto(body, item, query.expand, context) : body;
  });
}

/** In a mixed list, objects that the caller cannot read show only their type and id. */
function hidden(body: Record<string, unknown>, entity: Entity): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      name === '@odata.type' ? value : name === 'id' ? entity.id : null,
    ]),
  );
}

export function referenceTo(entity: Entity, request: SandboxRequest): string {
  const version = request.rawPath.split('/')[1] ?? 'v1.0';
  return `${request.base}/${version}/directoryObjects/${entity.id}`;
}
