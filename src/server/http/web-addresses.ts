import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopbackHost } from '../../core/base/public-address.ts';
import { rpcRefusal } from './answer.ts';
import type { HttpRefusal } from './gate.ts';

/** By which names the server may be reached, and which web pages may call it. */
export interface WebRules {
  /** How clients reach the server: `http.public_url`. */
  readonly publicUrl?: string;
  /** Origins of web pages that may call: `http.allowed_origins`. */
  readonly allowedOrigins?: readonly string[];
  /** Whether people sign in. Pages of this machine may then not call unless they are named: they are anybody's. */
  readonly isSignedIn?: boolean;
}

export interface WebAddresses {
  /** A name that is not ours is how a web page reaches us through a resolver of its own (DNS rebinding). */
  refuseHost(request: IncomingMessage): HttpRefusal | undefined;
  /** Browsers say which page asks; other programs say nothing. */
  refuseOrigin(request: IncomingMessage): HttpRefusal | undefined;
  /** Lets the page that asks read the answer. Only for origins that were not refused. */
  share(request: IncomingMessage, response: ServerResponse): void;
}

/** A host with or without a port, and nothing else that `URL` would take for a part of an address. */
const hostPattern = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

export function createWebAddresses({ publicUrl, allowedOrigins = [], isSignedIn = false }: WebRules): WebAddresses {
  const own = publicUrl === undefined ? undefined : new URL(publicUrl);
  const origins = new Set(own === undefined ? allowedOrigins : [...allowedOrigins, own.origin]);
  const isOwnHost = (hostname: string) => isLoopbackHost(hostname) || hostname === own?.hostname;
  const mayCall = (origin: string) => origins.has(origin) || (!isSignedIn && isOfThisMachine(origin));
  return {
    refuseHost(request) {
      const given = hostsOf(request);
      const [host = ''] = given;
      // Two of them are read differently by a proxy and by us.
      if (given.length !== 1) return rpcRefusal(400, 'Invalid Host header: name the host once');
      const hostname = hostPattern.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined;
      if (hostname !== undefined && isOwnHost(hostname)) return undefined;
      const known = own === undefined ? 'localhost, 127.0.0.1 or [::1]' : `${own.hostname} (http.public_url)`;
      return rpcRefusal(403, `Invalid Host header: this server is reached as ${known}`);
    },
    refuseOrigin({ headers: { origin } }) {
      if (origin === undefined || mayCall(origin)) return undefined;
      return rpcRefusal(403, 'Invalid Origin header: pages from there may not call; see http.allowed_origins');
    },
    share({ headers: { origin } }, response) {
      // Also where none is sent: a cache must not give the answer of one page to another.
      response.setHeader('vary', 'Origin');
      if (origin === undefined || !mayCall(origin)) return;
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', 'WWW-Authenticate, Mcp-Session-Id');
    },
  };
}

/** Node keeps the first of several. */
function hostsOf({ rawHeaders }: IncomingMessage): readonly string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host');
}

function isOfThisMachine(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && url.origin === origin && /^https?:$/.test(url.protocol) && isLoopbackHost(url.hostname);
}

/** A browser asks first whether a page may send what it wants to send. It asks without a token. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** Tokens travel in a header that the page itself sets, so credentials of the browser are never allowed. */
export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, DELETE',
    // The last one asks for the rest of a lost stream.
    'access-control-allow-headers':
      'Authorization, Content-Type, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, Last-Event-ID',
    'access-control-max-age': '600',
  });
  response.end();
}
