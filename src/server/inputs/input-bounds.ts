import { counted } from '../../core/base/counted.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { joinPath } from '../../core/base/explain-issues.ts';

/** Limits that are checked before any schema, so that no input can make a schema work hard. */
const bounds = { stringLength: 100_000, keyLength: 1_000, depth: 32, values: 100_000 } as const;

/** One step on the way to a value; put into words only for an error. */
export interface Step {
  readonly key: string;
  readonly inArray: boolean;
}

export function nameOf(path: readonly Step[]): string {
  return path.reduce((text, { key, inArray }) => joinPath(text, key, inArray), '') || 'arguments';
}

/** Measures the arguments of one call: as they came, and what the JSON texts among them turn out to hold. */
export class InputBounds {
  #values = 0;

  /**
   * The same value, with U+FFFD for what is no Unicode: it could not be sent as it is. Throws `invalid_argument` where it
   * is too large, together with what was measured before.
   */
  admit(value: unknown, path: readonly Step[] = []): unknown {
    return this.#measure(value, [...path]) ? value : wellFormed(value);
  }

  /** Whether all texts are well-formed. */
  #measure(value: unknown, path: Step[]): boolean {
    this.#values += 1;
    if (this.#values > bounds.values) {
      throw invalidArgument(
        `The arguments hold more than ${bounds.values} values.`,
        'Split the work into several calls.',
      );
    }
    if (typeof value === 'string') {
      checkLength(value, bounds.stringLength - 1, path);
      return value.isWellFormed();
    }
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw invalidArgument(
        `${nameOf(path)}: a whole number beyond 2^53, whose last digits are lost on the way here.`,
        'Pass it as text, such as "12345678901234567890".',
      );
    }
    if (typeof value !== 'object' || value === null) return true;
    if (path.length >= bounds.depth) {
      throw invalidArgument(
        `${nameOf(path)}: nested more than ${bounds.depth} levels deep.`,
        `Pass JSON of at most ${bounds.depth} levels.`,
      );
    }
    const inArray = Array.isArray(value);
    let isWhole = true;
    for (const [key, child] of Object.entries(value)) {
      checkKey(key, path);
      path.push({ key, inArray });
      const isChildWhole = this.#measure(child, path);
      isWhole = isWhole && isChildWhole && key.isWellFormed();
      path.pop();
    }
    return isWhole;
  }
}

function checkKey(key: string, path: readonly Step[]): void {
  checkLength(key, bounds.keyLength, path);
  if (key !== '__proto__') return;
  // Code that copies an object may set its prototype instead.
  throw invalidArgument(`${nameOf(path)}: __proto__ cannot be the name of a field.`, 'Leave it out.');
}

function checkLength(text: string, most: number, path: readonly Step[]): void {
  if (text.length <= most) return;
  throw invalidArgument(
    `${nameOf(path)}: a text of ${counted(text.length, 'character')}.`,
    `Pass texts shorter than ${bounds.stringLength} characters and keys of at most ${bounds.keyLength}.`,
  );
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key.toWellFormed(), wellFormed(child)]));
}
