import type { AppError } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';
import type { PagingDialect } from '../../http/paginate.ts';

/** Where an answer names its next page. */
export const nextLinkName = '@odata.nextLink';

/** https://learn.microsoft.com/graph/paging */
export const graphPaging: PagingDialect = {
  read({ body }) {
    const fields = isRecord(body) ? body : {};
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

/** A link that is too old, or that no longer fits the consistency it was made with. */
function isExpiredLink(error: AppError): boolean {
  const code = error.upstream?.code;
  return (
    code === 'Directory_ExpiredPageToken' || (code === 'Request_UnsupportedQuery' && /page token/i.test(error.message))
  );
}

/** Annotations that tell a client library about addresses and types, and a reader nothing. */
const noisePattern =
  /@odata\.(?:context|id|editLink|readLink|navigationLink|associationLink|mediaReadLink|mediaEditLink)$|.@odata\.type$|^@microsoft\.graph\.tips$/;

/** Whether a property says nothing about the object. `@odata.type`, `@odata.etag`, `@removed`, `…@delta` and links to more stay. */
function isNoise(key: string): boolean {
  return key.includes('@') && noisePattern.test(key);
}

function stripObject(value: unknown): unknown {
  if (!isRecord(value)) return value;
  for (const key in value) {
    if (isNoise(key)) return Object.fromEntries(Object.entries(value).filter(([name]) => !isNoise(name)));
  }
  return value;
}

/** Items without annotations that carry no information; the same array when there are none. */
function stripNoise(items: readonly unknown[]): readonly unknown[] {
  let stripped: unknown[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const clean = stripObject(item);
    if (clean !== item) {
      stripped ??= [...items];
      stripped[index] = clean;
    }
  }
  return stripped ?? items;
}

/** A single object as the service sent it, less the annotations that lists are shown without as well. */
export function withoutNoise(body: unknown): unknown {
  return stripNoise([body])[0];
}
