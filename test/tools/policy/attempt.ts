import type { SeenRequest } from '../../../src/sandbox/sandbox.ts';

/** A call that must not go through. */
export interface Attempt {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Requests that could have changed something: neither sign-in nor reads, alone or in envelopes. */
export function changesAmong(seen: readonly SeenRequest[]): readonly SeenRequest[] {
  return seen.filter(({ service, method, url, body }) => {
    if (method === 'GET' || method === 'HEAD' || service === 'login' || service === 'entra') return false;
    if (/\/\$batch$/.test(url)) return itemsOf(body).some(({ method: inner }) => inner !== 'GET');
    return !/\/providers\/Microsoft\.ResourceGraph\/resources(?:\?|$)/i.test(url);
  });
}

/** The same, with the reads: what reached the service besides what policy looked up. */
export function addressesAmong(seen: readonly SeenRequest[]): readonly string[] {
  return seen.flatMap(({ method, url, body }) =>
    /\/\$batch$/.test(url) ? itemsOf(body).map((item) => `${item.method} ${item.url}`) : [`${method} ${url}`],
  );
}

function itemsOf(body: unknown): readonly { readonly method: string; readonly url: string }[] {
  const requests = typeof body === 'object' && body !== null && 'requests' in body ? body.requests : [];
  return Array.isArray(requests) ? requests : [];
}
