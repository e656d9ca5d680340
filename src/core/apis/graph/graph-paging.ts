import type { AppError } from '../../base/errors.ts';
import type { PagingDialect } from '../../http/paginate.ts';
import { stripNoise } from './strip-noise.ts';

/** A link that is too old, or that no longer fits the consistency it was made with. */
function isExpiredLink(error: AppError): boolean {
  const code = error.upstream?.code;
  return (
    code === 'Directory_ExpiredPageToken' || (code === 'Request_UnsupportedQuery' && /page token/i.test(error.message))
  );
}

/** Where an answer names its next page. */
export const nextLinkName = '@odata.nextLink';

/** https://learn.microsoft.com/graph/paging */
export const graphPaging: PagingDialect = {
  read({ body }) {
    const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
    const { value, [nextLinkName]: nextLink, '@odata.deltaLink': deltaLink, '@odata.count': count } = fields;
    return {
      items: Array.isArray(value) ? value : undefined,
      nextLink: typeof nextLink === 'string' ? nextLink : undefined,
      ...(typeof deltaLink === 'string' ? { deltaLink } : {}),
      ...(typeof count === 'number' ? { count } : {}),
    };
  },
  clean: stripNoise,
  isExpiredLink,
};
