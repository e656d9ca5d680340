/** Query options by their names in lower case; the last of a name counts. */
export function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  return new Map([...new URLSearchParams(rawQuery)].map(([name, value]) => [name.toLowerCase(), value]));
}

/** JSON of a body; undefined when it is none, unless `refuse` throws or gives something else. */
export function parseJson(body: Uint8Array, refuse: () => unknown = () => undefined): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return refuse();
  }
}

/** The whole of a stream, or undefined when it is larger than that. */
export async function readAtMost(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    sizeBytes += chunk.length;
    // Leaving the loop closes the connection.
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Takes percent signs off a text; `refuse` throws, or gives what counts instead. */
export function percentDecode(text: string, refuse: () => string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse();
  }
}
