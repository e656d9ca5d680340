import { cloudServices, tokenAudience } from '../../base/clouds.ts';
import type { AppError } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';
import type { ApiRequest, ApiResponse, HttpMethod } from '../../http/api-client.ts';
import type { ApiDescriptor, DescribedRequest, FailedAnswer } from '../../http/api-descriptor.ts';
import { absoluteLink, linkIn, listIn } from '../../http/page.ts';
import type { PageContent, PagingDialect } from '../../http/paginate.ts';
import type { BucketDefinition, Charge } from '../../throttle/budget.ts';
import { classifyArmError } from './arm-errors.ts';
import { isReadOnlyPost, parseArmPath } from './arm-path.ts';

/** Refusals that mean "nothing was done, try again": the principal or the role is not known everywhere yet. */
function isTransient({ status, code }: FailedAnswer): boolean {
  return (status === 409 || status === 429) && code === 'RetryableErrorDueToAnotherOperation';
}

/** How to find out whether a write whose answer was lost took effect. */
function howToCheck({ method, wirePath }: DescribedRequest): string | undefined {
  if (method === 'POST') {
    const resource = wirePath.split('/').slice(0, -1).join('/');
    return `Read ${resource} and its activity log to see whether the action ran before calling it again.`;
  }
  return `Read it with GET ${wirePath} to see whether it took effect.`;
}

/** Azure Resource Manager as the pipeline sees it. https://learn.microsoft.com/rest/api/resources */
export function createArmDescriptor(): ApiDescriptor {
  return {
    name: 'arm',
    title: cloudServices.resource_manager.title,
    versioning: {
      place: 'query',
      parameter: 'api-version',
      // No version fits every request: `createArmApi` resolves it for each resource type.
      default: '',
      pattern: /^\d{4}-\d{2}-\d{2}(?:-[a-z0-9.-]{1,40})?$/i,
      hint: 'use a date such as 2024-03-01 or 2024-03-01-preview',
    },
    root: (cloud) => cloud.resourceManager,
    audience: (cloud) => tokenAudience(cloud, 'resource_manager'),
    identify: (callId, requestId) => ({
      'x-ms-client-request-id': requestId,
      'x-ms-return-client-request-id': 'true',
      'x-ms-correlation-request-id': callId,
    }),
    service: ({ method, wirePath }) => serviceOf(method, wirePath),
    charges: ({ method, wirePath }) => chargesOf(method, wirePath),
    isReadOnlyPost: ({ wirePath }) => isReadOnlyPost(wirePath),
    wants: formOf,
    isTransient,
    classifyError: ({ status, body, request }) => {
      const reading = classifyArmError(body, request.wirePath, request);
      return reading.code === undefined && status === 400 ? { ...reading, code: 'invalid_argument' } : reading;
    },
    howToCheck,
  };
}

/**
 * Resources, and the lists of Resource Manager itself, are JSON. Below a provider, what looks like a list may be a script or
 * the output of a job; results of operations may be empty.
 */
function formOf({ method, wirePath }: DescribedRequest): 'json' | 'data' {
  const { namespace, rest, lower } = parseArmPath(wirePath);
  const isOwnList = namespace === undefined && /^\/(?:subscriptions|tenants|providers)(?:\/|$)/.test(lower);
  const isResource = isOwnList || (namespace !== undefined && rest.length > 0 && rest.length % 2 === 0);
  return method === 'GET' && isResource && !/operation|async/.test(lower) ? 'json' : 'data';
}

const source = 'https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling';

/** A refusal by a provider, such as the compute limits, says nothing about the budgets of Resource Manager itself. */
function isOwnRefusal(headers: Readonly<Record<string, string>>): boolean {
  return headers['x-ms-failure-cause'] !== 'service' && headers['x-ms-ratelimit-remaining-resource'] === undefined;
}

/**
 * Buckets of Resource Manager, for each subscription (or the tenant) and principal. A few tokens stay unspent: requests
 * that are sent evenly may arrive closer together.
 */
function bucket(
  scope: string,
  kind: 'reads' | 'writes' | 'deletes',
  capacity: number,
  perSecond: number,
): BucketDefinition {
  return {
    id: `arm.${scope}.${kind}`,
    kind: 'bucket',
    capacity,
    windowMs: (capacity / perSecond) * 1000,
    remainingHeader: `x-ms-ratelimit-remaining-${scope}-${kind}`,
    reserve: 5,
    isRefusal: isOwnRefusal,
    source,
  };
}

function budgetsOf(scope: string) {
  return {
    reads: bucket(scope, 'reads', 250, 25),
    writes: bucket(scope, 'writes', 200, 10),
    deletes: bucket(scope, 'deletes', 200, 10),
  };
}

const subscriptionBudgets = budgetsOf('subscription');
const tenantBudgets = budgetsOf('tenant');

/** Resource Graph: 15 queries in 5 seconds for each principal. */
const resourceGraphQueries: BucketDefinition = {
  id: 'arm.resource-graph',
  kind: 'window',
  capacity: 15,
  windowMs: 5000,
  remainingHeader: 'x-ms-user-quota-remaining',
  source: 'https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests',
};

/** Every POST counts as a write, even when it changes nothing. */
function kindOf(method: HttpMethod): 'reads' | 'writes' | 'deletes' {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

/** What a request takes from which published budgets. */
export function chargesOf(method: HttpMethod, path: string): readonly Charge[] {
  const { subscriptionId, namespace } = parseArmPath(path);
  if (namespace?.toLowerCase() === 'microsoft.resourcegraph') return [{ bucket: resourceGraphQueries, cost: 1 }];
  const kind = kindOf(method);
  return subscriptionId === undefined
    ? [{ bucket: tenantBudgets[kind], cost: 1 }]
    : [{ bucket: subscriptionBudgets[kind], cost: 1, scope: subscriptionId }];
}

/**
 * What a refusal pauses: one provider in one subscription, with deletions apart from other writes. A refusal of Resource
 * Manager itself also pauses the budget, and with it every provider that draws on it.
 */
export function serviceOf(method: HttpMethod, path: string): string {
  const { subscriptionId = 'tenant', namespace = 'resources' } = parseArmPath(path);
  return `${subscriptionId} ${namespace.toLowerCase()}${method === 'DELETE' ? ' delete' : ''}`;
}

/** Names that providers give to the link, the usual one first. */
const linkNames = ['nextLink', '@odata.nextLink', 'odata.nextLink', '@nextLink'];

/** Names that providers give to the items, the usual one first; otherwise the only list in the answer counts. */
const itemNames = ['value', 'values', 'items', 'data'];

function findItems(body: unknown): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body;
  if (!isRecord(body)) return undefined;
  const named = itemNames.map((name) => body[name]).find((value) => Array.isArray(value));
  if (named !== undefined) return named;
  if (listIn(body) !== undefined) return [];
  const lists = Object.values(body).filter((value) => Array.isArray(value));
  const isResource = typeof body['id'] === 'string' || 'properties' in body;
  return lists.length === 1 && !isResource ? lists[0] : undefined;
}

function findLink(response: ApiResponse): string | undefined {
  return linkNames
    .map((name) => linkIn(response, name))
    .find((link): link is string => typeof link === 'string' && link !== '');
}

/** The link as an absolute address. One without an api-version gets that of the list. */
function versionedLink(link: string, answeredBy: string): string {
  const absolute = absoluteLink(link, answeredBy);
  const version = /[?&](api-version=[^&#]*)/i.exec(answeredBy)?.[1];
  if (version === undefined || /[?&]api-version=/i.test(absolute) || absolute.includes('#')) return absolute;
  return `${absolute}${absolute.includes('?') ? '&' : '?'}${version}`;
}

function isExpiredLink(error: AppError): boolean {
  return error.upstream?.code === 'ExpiredSkipToken' || error.upstream?.code === 'InvalidSkipToken';
}

/** Lists with `nextLink`. https://learn.microsoft.com/rest/api/azure/#async-operations-throttling-and-paging */
export const armPaging: PagingDialect = {
  read(response): PageContent {
    const link = findLink(response);
    return {
      items: findItems(response.body),
      nextLink: link === undefined ? undefined : versionedLink(link, response.url),
    };
  },
  isExpiredLink,
};

/** Rows of a table as objects, so that both formats of Resource Graph look the same. No data at all is an empty list. */
function rowsOf(data: unknown): readonly unknown[] | undefined {
  if (data === null) return [];
  if (Array.isArray(data)) return data;
  const { columns, rows } = isRecord(data) ? data : {};
  if (!Array.isArray(columns) || !Array.isArray(rows)) return undefined;
  const names = columns.map((column) => (isRecord(column) ? String(column['name']) : ''));
  return rows.map((row) =>
    Array.isArray(row) ? Object.fromEntries(names.map((name, index) => [name, row[index]])) : row,
  );
}

function readQueryAnswer({ body }: ApiResponse): PageContent {
  const fields = isRecord(body) ? body : {};
  const { $skipToken: token, totalRecords, resultTruncated } = fields;
  const nextLink = typeof token === 'string' && token !== '' ? token : undefined;
  return {
    items: rowsOf(fields['data']),
    nextLink,
    ...(typeof totalRecords === 'number' ? { count: totalRecords } : {}),
    isTruncated: nextLink === undefined && String(resultTruncated) === 'true',
  };
}

/**
 * Pages of a POST, as it was sent: the same request again, with the token of the last page in `options.$skipToken`. `nextLink` of a page is
 * that token.
 *
 * https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data#paging-results
 */
export function queryPaging(requestOf: () => ApiRequest): PagingDialect {
  return {
    read: readQueryAnswer,
    follow(token) {
      const request = requestOf();
      const body = isRecord(request.body) ? request.body : {};
      const options = isRecord(body['options']) ? body['options'] : {};
      // A token continues behind the rows that were skipped in the first place.
      const { $skip: _, ...others } = options;
      return { ...request, body: { ...body, options: { ...others, $skipToken: token } } };
    },
    isExpiredLink,
  };
}
