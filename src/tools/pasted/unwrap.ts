/** Longer texts are no addresses: schemas refuse them. */
const longestAddress = 16_000;

/** What people leave around an address when they copy it: brackets, quotes, the form of a link in Markdown. */
const wrappings = [/^\[[^\]]*\]\((.+)\)$/s, /^<(.+)>$/s, /^"(.+)"$/s, /^'(.+)'$/s, /^`(.+)`$/s];

/** The text without spaces and wrappings around it. */
export function unwrap(text: string): string {
  if (text.length > longestAddress) return text;
  const bare = text.trim();
  for (const wrapping of wrappings) {
    const inner = wrapping.exec(bare)?.[1];
    if (inner !== undefined && inner.trim() !== '') return unwrap(inner);
  }
  return bare;
}

/** An address with the method in front of it, as documentation writes them: `GET /users`. */
export interface MethodAndAddress {
  readonly method?: string;
  readonly address: string;
}

export function splitMethod(text: string): MethodAndAddress {
  const [, method, address] = /^(GET|HEAD|POST|PUT|PATCH|DELETE)\s+(\S.*)$/is.exec(text) ?? [];
  return method === undefined || address === undefined
    ? { address: text }
    : { method: method.toUpperCase(), address: unwrap(address) };
}
