import type { AppError } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';
import type { ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { PageContent, PagingDialect } from '../../http/paginate.ts';

/** Names that providers give to the link, the usual one first. */
const linkNames = ['nextLink', '@odata.nextLink', 'odata.nextLink', '@nextLink'];

/** Names that providers give to the items, the usual one first; otherwise the only list in the answer counts. */
const itemNames = ['value', 'values', 'items', 'data'];

function findItems(body: unknown): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body;
  if (!isRecord(body)) return undefined;
  const named = itemNames.map((name) => body[name]).find((value) => Array.isArray(value));
  if (named !== undefined) return named;
  const lists = Object.values(body).filter((value) => Array.isArray(value));
  const isResource = typeof body['id'] === 'string' || 'properties' in body;
  return lists.length === 1 && !isResource ? lists[0] : undefined;
}

function findLink(body: unknown): string | undefined {
  if (!isRecord(body)) return undefined;
  return linkNames.map((name) => body[name]).find((link) => typeof link === 'string' && link !== '') as
    | string
    | undefined;
}

/**
 * The link as an absolute address. Absolute ones stay unchanged, byte for byte; relative ones (of some providers) start
 * from the address that answered. A link without an api-version gets that of the list.
 */
function absoluteLink(link: string, answeredBy: string): string {
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(link);
  const absolute = isAbsolute ? link : (URL.parse(link, answeredBy)?.href ?? link);
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
    const link = findLink(response.body);
    return {
      items: findItems(response.body),
      nextLink: link === undefined ? undefined : absoluteLink(link, response.url),
    };
  },
  isExpiredLink,
};

/** Rows of a table as objects, so that both formats of Resource Graph look the same. */
function rowsOf(data: unknown): readonly unknown[] | undefined {
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
 * Pages of a POST: the same request again, with the token of the last page in `options.$skipToken`. `nextLink` of a page is
 * that token.
 *
 * https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data#paging-results
 */
export function queryPaging(request: ApiRequest): PagingDialect {
  return {
    read: readQueryAnswer,
    follow(token) {
      const body = isRecord(request.body) ? request.body : {};
      const options = isRecord(body['options']) ? body['options'] : {};
      // A token continues behind the rows that were skipped in the first place.
      const { $skip: _, ...others } = options;
      return { ...request, body: { ...body, options: { ...others, $skipToken: token } } };
    },
    isExpiredLink,
  };
}
