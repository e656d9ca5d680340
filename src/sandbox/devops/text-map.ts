import type { PlainObject } from '../base/plain-object.ts';
import type { TextMap } from './devops-store.ts';

/** The value under a name, whatever its case: the service compares names of parameters and data without it. */
export function textAt(map: TextMap, name: string): string | undefined {
  const key = keyOf(map, name);
  return key === undefined ? undefined : map[key];
}

/** `map` with the entries of `changes` over it; names that differ only in case are one. */
export function withTexts(map: TextMap, changes: TextMap): TextMap {
  const merged: Record<string, string> = { ...map };
  for (const [name, value] of Object.entries(changes)) merged[keyOf(merged, name) ?? name] = value;
  return merged;
}

export function withoutTexts<Value>(
  map: Readonly<Record<string, Value>>,
  names: readonly string[],
): Readonly<Record<string, Value>> {
  const gone = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(map).filter(([name]) => !gone.has(name.toLowerCase())));
}

/** The texts of a body's object; null and absent values are left out, everything else is made a text. */
export function textsOf(object: PlainObject): TextMap {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function keyOf(map: TextMap, name: string): string | undefined {
  if (Object.hasOwn(map, name)) return name;
  return Object.keys(map).find((key) => key.toLowerCase() === name.toLowerCase());
}
