/** Longer texts are no addresses: schemas refuse them. */
const longestAddress = 16_000;

/** What people leave around an address when they copy it: brackets, quotes, the form of a link in Markdown. */
const wrappings = [/^\[[^\]]*\]\((.+)\)$/s, /^<(.+)>$/s, /^"(.+)"$/s, /^'(.+)'$/s, /^`(.+)`$/s];

/** Nobody wraps an address more often: each layer costs a pass over the text. */
const mostLayers = 4;

/** The text without spaces and wrappings around it. */
export function unwrap(text: string): string {
  if (text.length > longestAddress) return text;
  let bare = text.trim();
  for (let layer = 0; layer < mostLayers; layer += 1) {
    const inner = innerOf(bare);
    if (inner === undefined) return bare;
    bare = inner;
  }
  return bare;
}

function innerOf(text: string): string | undefined {
  for (const wrapping of wrappings) {
    const inner = wrapping.exec(text)?.[1]?.trim();
    if (inner !== undefined && inner !== '') return inner;
  }
  return undefined;
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
