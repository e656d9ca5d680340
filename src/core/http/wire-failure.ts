/**
 * No complete answer came: the connection failed, timed out or broke. `sent` says whether the service may have seen
 * the request; a write that was not sent may be repeated whatever it is.
 */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  /** `timeout`: our own limit; `reset`: the connection broke; `unreachable`: it never stood; `tls`: not trusted. */
  readonly kind: 'timeout' | 'reset' | 'unreachable' | 'tls';
  readonly sent: boolean;
  /** Node's error code (`ECONNRESET`), the only part of the cause that is shown. */
  readonly code: string;

  constructor(kind: WireFailure['kind'], code: string, sent: boolean, cause?: unknown) {
    super(`${kind}: ${code}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.code = code;
    this.sent = sent;
  }
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

/** Sorts what the transport threw. `connecting` says that a connection was being opened and never stood. */
export function toWireFailure(error: unknown, connecting: boolean): WireFailure {
  if (error instanceof WireFailure) return error;
  const code = codeOf(error);
  if (tlsCode.test(code)) return new WireFailure('tls', code, false, bareCause(error));
  if (unreachableCodes.has(code) || connecting) return new WireFailure('unreachable', code, false, bareCause(error));
  return new WireFailure('reset', code, true, bareCause(error));
}
