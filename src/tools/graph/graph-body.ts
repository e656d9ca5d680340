import { stripNoise } from '../../core/apis/graph/graph-descriptor.ts';

/** A single object as the service sent it, less the annotations that lists are shown without as well. */
export function withoutNoise(body: unknown): unknown {
  return stripNoise([body])[0];
}

/** Graph answers lists as `{ value: [...] }`, also where there is one page only. */
export function isListBody(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'value' in body && Array.isArray(body.value);
}

/** `/users/$count` answers `text/plain` digits, sometimes behind a byte order mark. */
export function asNumber(body: unknown): unknown {
  const digits = typeof body === 'string' ? /^\ufeff?\s*(\d{1,15})\s*$/.exec(body)?.[1] : undefined;
  return digits === undefined ? body : Number(digits);
}
