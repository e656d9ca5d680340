import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { isLoopback, type NetworkProxy, proxyForm } from './proxy.ts';
import { isNoHttp, type WireFailure } from './wire-failure.ts';

/** What went wrong between here and a service, in words for people. */
export interface NetworkProblem {
  /** A sentence without its period, so that more can be said. */
  readonly what: string;
  readonly hint: string;
  /** The same request may succeed later without anybody changing anything. */
  readonly isPassing: boolean;
}

/** Who was asked: `Microsoft Graph` at `graph.microsoft.com`. */
export interface Asked {
  readonly title: string;
  /** Host, with its port where it is not 443. */
  readonly host: string;
}

/** Says what a failure of the network means and what to do about it. The code is always part of the sentence. */
export function explainFailure(failure: WireFailure, asked: Asked): NetworkProblem {
  const { what, ...rest } = explain(failure, asked);
  return { what: what.slice(0, 1).toUpperCase() + what.slice(1), ...rest };
}

function explain({ kind, code, proxy, via }: WireFailure, asked: Asked): NetworkProblem {
  if (proxy !== undefined) return explainProxy(code, proxy, asked);
  if (kind === 'tls') return explainTls(code, asked);
  if (kind === 'timeout') {
    return { what: `${asked.title} did not answer in time (${code})`, hint: slowHint, isPassing: true };
  }
  if (kind === 'reset') {
    return { what: `${asked.title} closed the connection (${code})`, hint: resetHint(asked, via), isPassing: true };
  }
  const unresolved = unresolvedNames[code];
  return unresolved === undefined
    ? { what: `${asked.title} could not be reached (${code})`, hint: closedHint(asked, via), isPassing: true }
    : {
        what: `The name ${quoted(asked.host)} of ${asked.title} does not resolve here (${code})`,
        hint: unresolved,
        isPassing: true,
      };
}

const slowHint = 'Ask for less at once, or raise timeouts.read of the connection.';

function resetHint({ host }: Asked, via: NetworkProxy | undefined): string {
  const again = 'Call again. If it happens every time,';
  return via === undefined
    ? `${again} a firewall or a filter ends connections to ${quoted(host)}: ask its administrator, or set HTTPS_PROXY where this network has a proxy.`
    : `${again} the proxy ${quoted(via.shown)} (${via.variable}) or what is behind it ends connections to ${quoted(host)}: ask its administrator.`;
}

function isHere({ host }: Asked): boolean {
  return isLoopback(host.replace(/:\d+$/, ''));
}

function closedHint(asked: Asked, via: NetworkProxy | undefined): string {
  const { host } = asked;
  if (via !== undefined) {
    return `The proxy ${quoted(via.shown)} (${via.variable}) opened a way that leads nowhere: ask its administrator whether it lets TLS to ${quoted(host)} through.`;
  }
  if (isHere(asked)) {
    return `Nothing listens at ${quoted(host)} on this machine: start what serves it, such as tenantry sandbox.`;
  }
  return `Check that this network lets connections to ${quoted(host)} out; where it has a proxy, set HTTPS_PROXY for Tenantry.`;
}

const unresolvedNames: Readonly<Record<string, string>> = {
  ENOTFOUND:
    'Check the name server of this machine. A network that resolves only its own names has a proxy: set HTTPS_PROXY for Tenantry.',
  EAI_AGAIN: 'The name server of this machine does not answer: check the network and the VPN, then call again.',
  EAI_NODATA: 'Check the name server of this machine, then call again.',
};

/** What the system says about a name that has no address. */
export function isUnresolved(code: string): boolean {
  return unresolvedNames[code] !== undefined;
}

/** Certificates that end in an authority which Node does not know. */
const unknownAuthority = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function explainTls(code: string, asked: Asked): NetworkProblem {
  const { title, host } = asked;
  const untrusted = `The certificate of ${title} is not trusted (${code})`;
  if (unknownAuthority.has(code)) {
    return { what: untrusted, hint: isHere(asked) ? ownAuthorityHint : authorityHint, isPassing: false };
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const hint =
      'Check the clock of this machine. If it is right, something in the network answers with an old certificate: ask its administrator.';
    return { what: untrusted, hint, isPassing: false };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    const hint = `Something else answers for ${quoted(host)}: check the name server, the proxy and the sign-in page of this network. Do not switch the verification off.`;
    return { what: untrusted, hint, isPassing: false };
  }
  if (/^ERR_SSL_|^EPROTO$/.test(code)) {
    const hint = `Something between here and ${quoted(host)} does not speak TLS as the service does: check the proxy and the firewall.`;
    return { what: `No encrypted connection to ${title} could be agreed (${code})`, hint, isPassing: false };
  }
  return { what: untrusted, hint: authorityHint, isPassing: false };
}

const ownAuthorityHint =
  'It is on this machine: set NODE_EXTRA_CA_CERTS to the PEM file of its certificate before Tenantry starts (tenantry sandbox --tls prints the path as certificate).';

const authorityHint =
  'If your company inspects encrypted traffic, set NODE_EXTRA_CA_CERTS to a PEM file with its root certificate before Tenantry starts (or NODE_USE_SYSTEM_CA=1 from Node 22.19 or 24.6, where the system trusts it). If it does not, stop: someone may be reading the traffic.';

function explainProxy(code: string, proxy: NetworkProxy, { title, host }: Asked): NetworkProblem {
  const named = `The proxy ${quoted(proxy.shown)} (${proxy.variable})`;
  const variable = proxy.variable;
  const hasUser = proxy.authorization !== undefined;
  if (code === '407') {
    const what = `${named} ${hasUser ? 'refuses the user and password of the variable' : 'wants a user and a password'} (407)`;
    return { what, hint: `${proxyForm(variable)} ${windowsSignIn}`, isPassing: false };
  }
  const status = /^\d{1,3}$/.test(code) ? Number(code) : undefined;
  if (status !== undefined && status >= 500) {
    const hint = `Check that the proxy itself reaches ${quoted(host)}: its name server and its firewall. Ask its administrator if it keeps failing.`;
    return { what: `${named} could not reach ${title} (${code})`, hint, isPassing: true };
  }
  if (status !== undefined && status >= 400) {
    const hint = `Ask its administrator to let connections to ${quoted(host)} through, or add the host to NO_PROXY where it is reached directly.`;
    return { what: `${named} does not let connections to ${title} through (${code})`, hint, isPassing: false };
  }
  if (status !== undefined || isNoHttp(code)) {
    const hint = `What answers at ${quoted(proxy.shown)} is no proxy: correct ${variable}. ${proxyForm(variable)}`;
    const what = status === undefined ? `does not answer as one (${code})` : `did not open a way to ${title} (${code})`;
    return { what: `${named} ${what}`, hint, isPassing: false };
  }
  if (isUnresolved(code)) {
    const hint = `Correct ${variable}, or connect to the network (VPN) in which the proxy has a name.`;
    return {
      what: `The name of the proxy ${quoted(proxy.shown)} (${variable}) does not resolve (${code})`,
      hint,
      isPassing: true,
    };
  }
  if (/^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|HOSTNAME|ERR_SSL_|EPROTO)/.test(code)) {
    const hint = `Give Node the certificate of the proxy with NODE_EXTRA_CA_CERTS, or write the address with http:// if the proxy itself speaks no TLS.`;
    return {
      what: `No encrypted connection to the proxy ${quoted(proxy.shown)} (${variable}) could be agreed (${code})`,
      hint,
      isPassing: false,
    };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const hint = `Call again. If it happens every time, check that ${variable} names the port of an HTTP proxy, with https:// in front if the proxy itself speaks TLS.`;
    return { what: `${named} closed the connection (${code})`, hint, isPassing: true };
  }
  const hint = `Check that the proxy runs and that ${variable} names its port; unset the variable if this network needs no proxy.`;
  return { what: `${named} could not be reached (${code})`, hint, isPassing: true };
}

const windowsSignIn =
  'A proxy that takes only Kerberos or NTLM needs a local one that signs in for you, such as px or cntlm: name that one instead.';

/** The error for a failure, without its cause: the words of a transport may hold what was sent. */
export function networkError(failure: WireFailure, asked: Asked): AppError {
  const { what, hint, isPassing } = explainFailure(failure, asked);
  return new AppError(failure.kind === 'timeout' ? 'timeout' : 'upstream_unavailable', `${what}.`, {
    hint,
    retryable: isPassing,
  });
}

/** An answer that is not the service's. */
export interface ForeignAnswer {
  readonly status: number;
  /** How it shows: `a page`, with its title where it has one. */
  readonly form: string;
}

/** A page for people. */
export function aPage(title: string): string {
  return title === '' ? 'a page' : `a page (${quoted(title, 100)})`;
}

/** A redirect, with the host that it leads to. */
export function aRedirect(target: URL): string {
  return `a redirect to ${quoted(target.host)}`;
}

/** A filter, a proxy or the sign-in of a network answered in the service's place. */
export class ForeignAnswerError extends AppError {
  constructor({ status, form }: ForeignAnswer, asked: Asked) {
    super(
      'upstream_unavailable',
      `Something in the network answered ${status} with ${form} in the place of ${asked.title}.`,
      {
        hint: `A web filter, a firewall or the sign-in page of a network stands between here and ${quoted(asked.host)}: ask its administrator to let the host through, or set HTTPS_PROXY where the network has a proxy.`,
        status,
      },
    );
  }
}

/** Headers that Microsoft's services and their front ends add to every answer, pages included. */
const ownHeaders = /^(?:(?:x-ms|x-vss|x-tfs)-.+|request-id|activityid|x-azure-ref|x-msedge-ref)$/;

/**
 * Whether an answer says by its headers that it is the service's own. Names are lower-case.
 * https://learn.microsoft.com/azure/frontdoor/front-door-http-headers-protocol#from-the-front-door-to-the-client
 */
export function isOfService(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some((name) => ownHeaders.test(name));
}
