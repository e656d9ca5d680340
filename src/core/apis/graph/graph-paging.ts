import type { AppError } from '../../errors.ts';
import type { PagingDialect } from '../../http/paginate.ts';
import { stripNoise } from './strip-noise.ts';

/** A link that is too old, or that no longer fits the consistency it was made with. */
function isExpiredLink(error: AppError): boolean {
  const code = error.upstream?.code;
  return (
    code === 'Directory_ExpiredPageToken' || (code === 'Request_UnsupportedQuery' && /page token/i.test(error.message))
  );
}

/** https://learn.microsoft.com/graph/paging */
export const graphPaging: PagingDialect = {
  items: 'value',
  nextLink: '@odata.nextLink',
  deltaLink: '@odata.deltaLink',
  count: '@odata.count',
  clean: stripNoise,
  isExpiredLink,
};
