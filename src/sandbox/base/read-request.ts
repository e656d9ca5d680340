/** Query options by lower-case name. The last value of a name wins. */
export function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  return new Map([...new URLSearchParams(rawQuery)].map(([name, value]) => [name.toLowerCase(), value]));
}

/** Parses a JSON body. If it is not valid JSON, returns the result of `refuse`, which can throw. */
export function parseJson(body: Uint8Array, refuse: () => unknown = () => undefined): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return refuse();
  }
}

/** The content of a stream; undefined if it exceeds the limit. */
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

/** Decodes percent-encoded text. If it is malformed, returns the result of `refuse`, which can throw. */
export function percentDecode(text: string, refuse: () => string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse();
  }
}
