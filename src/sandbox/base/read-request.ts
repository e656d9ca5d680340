/** Query options by their names in lower case; the last of a name counts. */
export function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  return new Map([...new URLSearchParams(rawQuery)].map(([name, value]) => [name.toLowerCase(), value]));
}

/** JSON of a body; `refuse` throws, or gives what counts instead. */
export function parseJson(body: Uint8Array, refuse: () => unknown): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return refuse();
  }
}

/** Takes percent signs off a text; `refuse` throws, or gives what counts instead. */
export function percentDecode(text: string, refuse: () => string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse();
  }
}
