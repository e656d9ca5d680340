import type { AddressField } from './address-fields.ts';

/** How addresses of Microsoft Graph are pasted. */
export const graphAddress: Pick<AddressField, 'fromLink' | 'finish'> = {
  fromLink: requestInExplorer,
  finish: (address) => withUserKey(withoutEndSlashes(address)),
};

const publicRoot = 'https://graph.microsoft.com';

/** The request in a link to Graph Explorer: `https://developer.microsoft.com/graph/graph-explorer?request=users&version=v1.0`. */
function requestInExplorer(text: string): string | undefined {
  if (!/^https:\/\/developer\.microsoft\.com\/[^?#]*graph-explorer\b/i.test(text)) return undefined;
  const query = URL.parse(text)?.searchParams;
  const request = query?.get('request')?.replace(/^\/+/, '') ?? '';
  if (request === '') return undefined;
  const version = query?.get('version') ?? '';
  const root = query?.get('GraphUrl')?.replace(/\/+$/, '') ?? publicRoot;
  // The page itself belongs to no cloud; another root than the usual one names it, and is compared with the connection's.
  return `${root === publicRoot ? '' : root}${version === '' ? '' : `/${version}`}/${request}`;
}

function withoutEndSlashes(address: string): string {
  const at = address.indexOf('?');
  const path = at < 0 ? address : address.slice(0, at);
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return `${path.slice(0, end)}${at < 0 ? '' : address.slice(at)}`;
}

/** Segments below `/users` that begin with `$` and are no user. */
const systemSegment = /^\$(?:count|ref|value|batch|entity|all|each|query|delta|metadata)$/i;

/**
 * A user whose name begins with `$` is written in parentheses: as a segment it is read as a system option.
 * https://learn.microsoft.com/graph/api/user-get
 */
function withUserKey(address: string): string {
  const match = /^((?:https?:\/\/[^/?#]+)?(?:\/?(?:v1\.0|beta))?\/?users)\/(\$[^/?#()=]+)(.*)$/is.exec(address);
  const [, collection = '', key = '', rest = ''] = match ?? [];
  if (match === null || systemSegment.test(key)) return address;
  // A quote is doubled in a literal, in either spelling.
  return `${collection}('${key.replace(/'|%27/g, '$&$&')}')${rest}`;
}
