import { isRecord } from '../../base/guards.ts';

// A file of its own: the tools need it from the start, the descriptor only with the first request.

/** Annotations about addresses and types, which only client libraries need. */
const noisePattern =
  /@odata\.(?:context|id|editLink|readLink|navigationLink|associationLink|mediaReadLink|mediaEditLink)$|.@odata\.type$|^@microsoft\.graph\.tips$/;

/** Whether a property says nothing about the object. `@odata.type`, `@odata.etag`, `@removed`, `…@delta` and page links stay. */
function isNoise(key: string): boolean {
  return key.includes('@') && noisePattern.test(key);
}

/** `plain` are names that are known to be no noise, by their place: those of the object before. */
function stripObject(value: unknown, plain: string[]): unknown {
  if (!isRecord(value)) return value;
  let at = -1;
  for (const key in value) {
    at += 1;
    // Items of a list have the same names: comparing is far cheaper than looking at each name again.
    if (key === plain[at]) continue;
    if (!isNoise(key)) {
      plain[at] = key;
      continue;
    }
    return Object.fromEntries(Object.entries(value).filter(([name]) => !isNoise(name)));
  }
  return value;
}

/** Items without annotations that carry no information; the same array when there are none. */
export function stripNoise(items: readonly unknown[]): readonly unknown[] {
  let stripped: unknown[] | undefined;
  const plain: string[] = [];
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    const clean = stripObject(item, plain);
    if (clean !== item) {
      stripped ??= [...items];
      stripped[index] = clean;
    }
  }
  return stripped ?? items;
}

/** A single object as the service sent it, without the annotations that lists lose too. */
export function withoutNoise(body: unknown): unknown {
  return stripNoise([body])[0];
}
