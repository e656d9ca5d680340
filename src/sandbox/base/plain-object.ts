import { isRecord } from '../../core/base/guards.ts';

/** A JSON object. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** The value if it is an object, otherwise an empty object. */
export function recordOf(value: unknown): PlainObject {
  return isRecord(value) ? value : {};
}

export function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
