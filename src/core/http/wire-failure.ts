import type { NetworkProxy } from './proxy.ts';

/**
 * No complete answer came: the connection failed, timed out or broke. `sent` says whether the service may have seen
 * the request; a write that was not sent may be repeated whatever it is.
 */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  /**
   * `timeout`: our own limit; `reset`: the connection broke; `unreachable`: it never stood; `tls`: not trusted; `proxy`: the
   * proxy on the way could not be reached, or did not let the request through.
   */
  readonly kind: 'timeout' | 'reset' | 'unreachable' | 'tls' | 'proxy';
  readonly sent: boolean;
  /** Node's error code (`ECONNRESET`), or the status of a proxy; the only part of the cause that is shown. */
  readonly code: string;
  /** The proxy that failed, of kind `proxy`. */
  readonly proxy: NetworkProxy | undefined;
  /** The proxy that had opened the way, of other kinds. */
  readonly via: NetworkProxy | undefined;

  constructor(
    kind: WireFailure['kind'],
    code: string,
    sent: boolean,
    more: { cause?: unknown; proxy?: NetworkProxy | undefined; via?: NetworkProxy | undefined } = {},
  ) {
    super(`${kind}: ${code}`, more.cause === undefined ? undefined : { cause: more.cause });
    this.kind = kind;
    this.code = code;
    this.sent = sent;
    this.proxy = more.proxy;
    this.via = more.via;
  }

  /** Somebody must change something first: a certificate, or what a proxy lets through. */
  get isLasting(): boolean {
    return this.kind === 'tls' || (this.kind === 'proxy' && (/^[1-4]\d\d$/.test(this.code) || isNoHttp(this.code)));
  }
}

/** What Node's parser says of an answer that is no HTTP. https://github.com/nodejs/llhttp */
export function isNoHttp(code: string): boolean {
  return code.startsWith('HPE_');
}

/** Failures before the first byte of the request left: name resolution, routing, a closed port. */
const unreachableCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);

const tlsCode = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|ERR_SSL_)/;

/** Reads a code off whatever a transport threw. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{2,60}$/.test(code) ? code : 'UNKNOWN';
}

/** The libraries hang the whole request, token included, onto their errors; only the words and the code are kept. */
function bareCause(error: unknown): Error {
  return new Error(error instanceof Error ? error.message : 'The transport failed.');
}

/**
 * Sorts what the transport threw. `connecting` says that a connection was being opened and never stood; `via` is the proxy
 * that it leads through.
 */
export function toWireFailure(error: unknown, connecting: boolean, via?: NetworkProxy): WireFailure {
  if (error instanceof WireFailure) return error;
  const code = codeOf(error);
  const more = { cause: bareCause(error), via };
  if (tlsCode.test(code) || (code === 'EPROTO' && connecting)) return new WireFailure('tls', code, false, more);
  if (unreachableCodes.has(code) || connecting) return new WireFailure('unreachable', code, false, more);
  return new WireFailure('reset', code, true, more);
}
