import { isRecord } from '../../core/base/guards.ts';

/** A JSON object. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** An empty object in the place of everything that is none. */
export function recordOf(value: unknown): PlainObject {
  return isRecord(value) ? value : {};
}

export function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
