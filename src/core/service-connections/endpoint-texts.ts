import type { TextMap } from './endpoints.ts';

/** The text under a name, whatever its case; undefined when it is absent, null or empty. */
export function readText(texts: TextMap | null | undefined, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const found = Object.entries(texts ?? {}).find(([key, value]) => key.toLowerCase() === wanted && value);
  return found?.[1] ?? undefined;
}

/** The texts without a name, whatever its case. */
export function withoutText(texts: TextMap | null | undefined, name: string): TextMap {
  const unwanted = name.toLowerCase();
  return Object.fromEntries(Object.entries(texts ?? {}).filter(([key]) => key.toLowerCase() !== unwanted));
}
