import type { HttpClient } from '@azure/core-rest-pipeline';
import { isLoopbackHost } from '../base/public-address.ts';

/** Longest answer that a library of sign-in is given: documents and tokens are far shorter. */
const mostBytes = 1024 * 1024;
const timeoutMs = 15_000;

/** What such libraries pass: a body is text, form fields or nothing. */
interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | Headers;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

/**
 * A `fetch` over our transport, so that proxies and emulated clouds count for libraries that know only `fetch`. Redirects
 * are not followed: no address that a sign-in asks has one. Plain HTTP is for this machine.
 */
export function fetchOver(httpClient: () => Promise<HttpClient>): (url: string, init?: FetchInit) => Promise<Response> {
  return async (url, { method = 'GET', headers = {}, body, signal } = {}) => {
    const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
    const limit = AbortSignal.timeout(timeoutMs);
    const abortSignal = signal ? AbortSignal.any([signal, limit]) : limit;
    const request = createPipelineRequest({
      url,
      // Only these two are ever sent by a sign-in.
      method: method === 'POST' ? 'POST' : 'GET',
      headers: createHttpHeaders(Object.fromEntries(new Headers(headers))),
      ...(body === undefined || body === null ? {} : { body: textOf(body) }),
      abortSignal,
      allowInsecureConnection: isLoopbackHost(new URL(url).hostname),
    });
    const answer = await (await httpClient()).sendRequest(request);
    const text = await textOfAnswer(answer);
    const isEmpty = answer.status === 204 || answer.status === 304;
    return new Response(isEmpty ? null : text, { status: answer.status, headers: answer.headers.toJSON() });
  };
}

function textOf(body: unknown): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return String(body);
  throw new TypeError('A sign-in sends text or form fields only.');
}

type Answer = Awaited<ReturnType<HttpClient['sendRequest']>>;

async function textOfAnswer({ bodyAsText, readableStreamBody }: Answer): Promise<string> {
  if (readableStreamBody === undefined) return bodyAsText ?? '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of readableStreamBody) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > mostBytes) throw new Error('The answer of the login host is too long.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
