import type { PlainObject } from '../base/plain-object.ts';
import type { TextMap } from './devops-store.ts';

/** The value of a name. The service ignores the case of parameter and data names. */
export function textAt(map: TextMap, name: string): string | undefined {
  const key = keyOf(map, name);
  return key === undefined ? undefined : map[key];
}

/** `map` with the entries of `changes` on top, ignoring the case of names. */
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

/** The values of an object as strings, without null and absent values. */
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
