/** What a single object is shown without: advice for developers and the address of its schema. */
const noise = new Set(['@odata.context', '@microsoft.graph.tips']);

/** The object as the service sent it, less noise at its top level. */
export function withoutNoise(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return body;
  }
  return Object.fromEntries(Object.entries(body).filter(([key]) => !noise.has(key)));
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
