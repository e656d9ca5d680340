import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/**
 * Sent with every answer. Nothing but the page's own two files is loaded, nobody may put the page into a frame, nothing
 * is kept by the browser, and no other site learns the address.
 */
export const safeHeaders: OutgoingHttpHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=()',
  'x-robots-tag': 'noindex',
};

/**
 * Whether a request may be answered at all. `authority` is `127.0.0.1:port`: another name in `Host` means that a foreign
 * name was made to point here. What a page of another origin sends, loads or frames is refused; only a person who
 * follows a link may come from elsewhere.
 */
export function isFromHere(request: IncomingMessage, authority: string): boolean {
  return request.headers.host === authority && isFromOrigin(request, `http://${authority}`);
}

/** The same without `Host`, for pages whose origin is that of a proxy. */
export function isFromOrigin({ method, headers }: IncomingMessage, own: string): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  // A form that the browser sends by itself, from a page without referrer, hides its origin; no page can write the other
  // header.
  if (method === 'POST') return (origin === own && isSameOrigin(site)) || (origin === 'null' && site === 'same-origin');
  if (method !== 'GET' || (origin !== undefined && origin !== own)) return false;
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isNavigation || isSameOrigin(headers['sec-fetch-site']) || headers['sec-fetch-site'] === 'none';
}

/** Browsers that are too old to say where a request comes from still send `Origin` with every POST. */
function isSameOrigin(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'same-origin';
}

/** Whether a person comes from another place, so that the browser keeps strict cookies to itself. */
export function comesFromElsewhere({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** A browser that looks ahead must not use up the address. */
export function isPrefetch({ headers }: IncomingMessage): boolean {
  return /prefetch|prerender|preview/i.test(`${headers['sec-purpose'] ?? ''} ${headers['purpose'] ?? ''}`);
}
