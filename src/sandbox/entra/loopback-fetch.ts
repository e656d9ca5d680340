import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isLoopbackHost } from '../../core/base/public-address.ts';
import { parseJson, readAtMost } from '../base/read-request.ts';
import type { FetchJson } from './issuer-keys.ts';

const maxBodyBytes = 256 * 1024;
const timeoutMs = 5_000;

/** Whether a URL is on this machine. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && isLoopbackHost(hostname);
}

/**
 * Reads JSON from loopback addresses, for local issuers. Other addresses are refused before a socket is opened,
 * redirects are not followed, and size and time are limited. Throws `Error` with the reason.
 */
export const fetchLoopbackJson: FetchJson = async (url) => {
  if (!isLoopback(url)) throw new Error(`the sandbox reads loopback addresses only, and ${hostOf(url)} is not one`);
  const response = await open(url);
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.destroy();
    throw new Error(`HTTP status ${status}`);
  }
  const body = await readAtMost(response, maxBodyBytes);
  if (!body) throw new Error(`the document is larger than ${maxBodyBytes} bytes`);
  return parseJson(body, () => {
    throw new Error('the document is not JSON');
  });
};

function open(url: string): Promise<IncomingMessage> {
  const get = url.toLowerCase().startsWith('https:') ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    // Each document uses its own connection, so nothing stays open when a test ends.
    const options = { agent: false as const, lookup: lookupLoopback, signal: AbortSignal.timeout(timeoutMs) };
    get(url, { ...options, headers: { accept: 'application/json' } }, resolve).on('error', reject);
  });
}

/** `localhost` is always this machine, regardless of the resolver. */
const lookupLoopback: LookupFunction = (_hostname, options, done) => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  if (options.all) {
    done(null, addresses);
  } else {
    done(null, '127.0.0.1', 4);
  }
};

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address';
}
