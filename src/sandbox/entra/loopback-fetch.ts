import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { LookupFunction } from 'node:net';
import { parseJson, readAtMost } from '../base/read-request.ts';
import type { FetchJson } from './issuer-keys.ts';

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);
const maxBodyBytes = 256 * 1024;
const timeoutMs = 5_000;

/** Whether an address leads to this machine and nowhere else. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && loopbackNames.has(hostname);
}

/**
 * Reads JSON from loopback addresses, for issuers that a test or a person runs beside the sandbox. Every other address
 * is refused before a socket is opened, redirects are not followed, and size and time are bounded. Throws `Error` with
 * the reason.
 */
export const fetchLoopbackJson: FetchJson = async (url) => {
  if (!isLoopback(url)) throw new Error(`the sandbox reads loopback addresses only, and ${hostOf(url)} is none`);
  const response = await open(url);
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.destroy();
    throw new Error(`HTTP status ${status}`);
  }
  const body = await readAtMost(response, maxBodyBytes);
  if (!body) throw new Error(`the document is larger than ${maxBodyBytes} bytes`);
  return parseJson(body, () => {
    throw new Error('the document is no JSON');
  });
};

function open(url: string): Promise<IncomingMessage> {
  const get = url.toLowerCase().startsWith('https:') ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    // A connection of its own for each document: nothing is left open when a test ends.
    const options = { agent: false as const, lookup: lookupLoopback, signal: AbortSignal.timeout(timeoutMs) };
    get(url, { ...options, headers: { accept: 'application/json' } }, resolve).on('error', reject);
  });
}

/** `localhost` is this machine, whatever a resolver says. */
const lookupLoopback: LookupFunction = (_hostname, options, done) => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  if (options.all) done(null, addresses);
  else done(null, '127.0.0.1', 4);
};

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address';
}
