import { createHash } from 'node:crypto';
import { optionalText, type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { authorize, hasAnyRole } from '../access/guards.ts';
import { type ArmCall, type ArmRoute, parseBody } from '../arm-call.ts';
import { badRequest } from '../arm-error.ts';
import { idKey, isSameId, subscriptionScope } from '../arm-ids.ts';
import { groupsUpFrom, type SubscriptionRecord } from '../arm-store.ts';
import type { Row } from './expression.ts';
import { parseQuery } from './parse-query.ts';
import type { Query } from './query.ts';
import { operatorNotModelled } from './query-error.ts';
import { runQuery } from './run-query.ts';
import { type ScopeFilter, tableRows } from './table-rows.ts';

export const resourceGraphRoutes: readonly ArmRoute[] = [
  {
    method: 'POST',
    path: '/providers/Microsoft.ResourceGraph/resources',
    type: 'Microsoft.ResourceGraph/resources',
    handle: queryResources,
  },
];

const maxTop = 1000;
const filters: readonly ScopeFilter[] = ['AtScopeAndBelow', 'AtScopeAndAbove', 'AtScopeExact', 'AtScopeAboveAndBelow'];

interface Page {
  readonly offset: number;
  readonly top: number;
}

/** Source: "Working with large Azure resource data sets", for paging and truncation. */
function queryResources(call: ArmCall): SandboxResponse {
  const body = parseBody(call);
  const text = optionalText(body['query']);
  if (text === undefined || text.trim() === '') throw badRequest('BadRequest', 'The query is missing.');
  if (body['facets'] !== undefined) throw operatorNotModelled('facets');
  const options = recordOf(body['options']);
  const query = parseQuery(text);
  const visible = subscriptionsOf(call, body);
  const subscriptions = new Set(visible.map(({ subscriptionId }) => idKey(subscriptionId)));
  const filter = filters.find((one) => one === options['authorizationScopeFilter']) ?? 'AtScopeAndBelow';
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([text, [...subscriptions]]))
    .digest('hex')
    .slice(0, 16);
  const page = pageOf(call, options, fingerprint);
  const { rows, total } = readPage(runQuery(query, tableRows(query.table, call, { subscriptions, filter })), page);
  const hasMore = page.offset + rows.length < total;
  const next = { armQuery: { fingerprint, offset: page.offset + rows.length } };
  return {
    status: 200,
    headers: { 'x-ms-resource-unit': '1', 'x-ms-tenant-subscription-limit-hit': 'false' },
    body: {
      totalRecords: total,
      count: rows.length,
      // A text, not a boolean.
      resultTruncated: String(hasMore && !query.keepsId),
      ...(hasMore && query.keepsId ? { $skipToken: call.context.seal(next) } : {}),
      data: optionalText(options['resultFormat'])?.toLowerCase() === 'table' ? asTable(query, rows) : rows,
      facets: [],
    },
  };
}

function readPage(
  result: Iterable<Row>,
  { offset, top }: Page,
): { readonly rows: readonly Row[]; readonly total: number } {
  const rows: Row[] = [];
  let total = 0;
  for (const row of result) {
    if (total >= offset && rows.length < top) rows.push(row);
    total += 1;
  }
  return { rows, total };
}

function pageOf(call: ArmCall, options: PlainObject, fingerprint: string): Page {
  const top = Number(options['$top'] ?? maxTop);
  if (!Number.isInteger(top) || top < 1 || top > maxTop) {
    throw badRequest('BadRequest', `The value of $top must be between 1 and ${maxTop}.`);
  }
  const sealed = optionalText(options['$skipToken']);
  if (sealed === undefined) return { offset: Number(options['$skip'] ?? 0), top };
  // Only this module seals with this mark.
  const opened = call.context.open(sealed) as
    | { readonly armQuery?: { fingerprint: string; offset: number } }
    | undefined;
  if (opened?.armQuery?.fingerprint === fingerprint) return { offset: opened.armQuery.offset, top };
  throw badRequest('BadRequest', 'The provided skip token does not belong to this query and its scopes.');
}

/** The requested subscriptions that the caller can see. Without a request, all that the caller can see. */
function subscriptionsOf(call: ArmCall, body: PlainObject): readonly SubscriptionRecord[] {
  const visible = call.store.subscriptions().filter(({ subscriptionId }) => hasAnyRole(call, subscriptionId));
  const ids = listOf(body['subscriptions']);
  const groups = listOf(body['managementGroups']);
  if (ids.length === 0 && groups.length === 0) return visible;
  const found = visible.filter(
    (one) =>
      ids.some((id) => isSameId(id, one.subscriptionId)) ||
      groupsUpFrom(one.managementGroup, call.store).some((above) => groups.some((name) => isSameId(name, above.name))),
  );
  const [first] = ids;
  if (found.length === 0 && first !== undefined) {
    authorize(call, 'Microsoft.Resources/subscriptions/read', subscriptionScope(first));
  }
  return found;
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function asTable({ columns }: Query, rows: readonly Row[]): PlainObject {
  return {
    columns: columns.map((name) => ({ name, type: typeName(rows.find((row) => row[name] !== null)?.[name]) })),
    rows: rows.map((row) => columns.map((name) => row[name])),
  };
}

function typeName(value: unknown): string {
  if (typeof value === 'object' && value !== null) return 'object';
  return typeof value === 'number' ? 'integer' : typeof value;
}
