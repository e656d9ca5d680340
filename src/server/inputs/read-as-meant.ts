import type { z } from 'zod';
import { counted } from '../../core/base/counted.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { isRecord } from '../../core/base/guards.ts';
import { fieldsOf, isOptional, mostOf, type WantedValue, wantedValue } from '../../core/base/schema-shape.ts';
import { bareWord } from '../../core/base/synonyms.ts';
import { withKnownNames, withRequests } from './argument-names.ts';
import { type InputBounds, nameOf, type Step } from './input-bounds.ts';
import type { Readings } from './readings.ts';

type AnySchema = z.core.$ZodType;

/**
 * The arguments in the spelling that a schema accepts: hosts pass objects as JSON text, numbers and booleans as text, and
 * fill optional fields with nothing. What a schema accepts as it is stays as it is, and so does what may be a secret or a
 * body. The one place where hosts are forgiven.
 */
export class MeaningReader {
  readonly #bounds: InputBounds;
  readonly #readings: Readings;
  readonly #path: Step[] = [];

  constructor(bounds: InputBounds, readings: Readings) {
    this.#bounds = bounds;
    this.#readings = readings;
  }

  read(schema: AnySchema, value: unknown): unknown {
    const wanted = wantedValue(schema);
    switch (wanted.kind) {
      case 'object':
        return this.#object(wanted.fields, this.#fromJson(value, isRecord));
      case 'record':
        return this.#record(wanted.values, this.#within(schema, this.#fromJson(value, isRecord)));
      case 'list':
        return this.#list(wanted.element, this.#within(schema, this.#fromJson(value, Array.isArray)));
      default:
        return this.#scalar(wanted, value);
    }
  }

  /** Refuses a list or a record that is too large by its size alone: its elements are not looked at. */
  #within(schema: AnySchema, value: unknown): unknown {
    if (typeof value === 'object' && value !== null) this.#checkSize(value, mostOf(schema) ?? Number.POSITIVE_INFINITY);
    return value;
  }

  #checkSize(value: object, most: number): void {
    const size = Object.keys(value).length;
    if (size <= most) return;
    const what = Array.isArray(value) ? 'element' : 'key';
    throw invalidArgument(
      `${nameOf(this.#path)}: it has ${counted(size, what)}, and may have ${most}.`,
      `Pass at most ${counted(most, what)}; split the work into several calls.`,
    );
  }

  #object(fields: Readonly<Record<string, AnySchema>>, given: unknown): unknown {
    if (!isRecord(given)) return given;
    this.#checkSize(given, mostKeys);
    const known = withKnownNames(fields, given, this.#path, this.#readings);
    const named = this.#path.length === 0 ? withRequests(fields, known, this.#readings) : known;
    return Object.fromEntries(
      Object.entries(named).flatMap(([key, value]) => {
        const schema = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (value === null) return [];
        if (schema === undefined) return [[key, value]];
        return this.#at(key, false, () => {
          const isAbsent = isOptional(schema) && saysNothing(key, schema, value);
          if (isAbsent) this.#readings.leftOut(this.#path);
          return isAbsent ? [] : [[key, this.read(schema, value)]];
        });
      }),
    );
  }

  #record(values: AnySchema | undefined, given: unknown): unknown {
    if (values === undefined || !isRecord(given)) return given;
    const kept = Object.entries(given).filter(([, value]) => value !== null);
    // Without the step: the keys are the caller's.
    return Object.fromEntries(kept.map(([key, value]) => [key, this.read(values, value)]));
  }

  #list(element: AnySchema, given: unknown): unknown {
    if (Array.isArray(given)) {
      return given.map((one, index) => this.#at(String(index), true, () => this.#element(element, one)));
    }
    if (!isLikeElement(element, given)) return given;
    this.#readings.asMeant(this.#path, 'as a list of one');
    return [this.#at('0', true, () => this.#element(element, given))];
  }

  /** An element of a list: where an object needs no more than one text, the text is enough. */
  #element(element: AnySchema, given: unknown): unknown {
    const name = isPlainText(given) ? onlyText(element) : undefined;
    if (name === undefined) return this.read(element, given);
    this.#readings.asMeant(this.#path, `as ${name}`);
    return this.read(element, { [name]: given });
  }

  #scalar(wanted: WantedValue, value: unknown): unknown {
    const meant = scalarOf(wanted, value);
    if (meant === undefined) return value;
    this.#readings.asMeant(this.#path, meant.how);
    return meant.value;
  }

  /** The object or list that a text is the JSON of; anything else as it is. */
  #fromJson(value: unknown, isWanted: (value: unknown) => boolean): unknown {
    if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
    const parsed = parseJson(value);
    if (!isWanted(parsed)) return value;
    this.#readings.asMeant(this.#path, 'from JSON text');
    return this.#bounds.admit(parsed, this.#path);
  }

  #at<Result>(key: string, inArray: boolean, work: () => Result): Result {
    this.#path.push({ key, inArray });
    try {
      return work();
    } finally {
      this.#path.pop();
    }
  }
}

/** Far more than any object has fields: the rest would all be explained as unknown. */
const mostKeys = 1_000;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Texts that stand for no value: what programs make of a missing one. */
const noValue = /^\s*(?:null|undefined|none)?\s*$/i;

/** Handles that nobody chooses: a word such as `null` is none. */
const handles: ReadonlySet<string> = new Set(['cursor', 'confirm']);

/** Whether a value of an optional field means that the field is absent. */
function saysNothing(key: string, schema: AnySchema, value: unknown): boolean {
  // An empty list that a schema accepts says something: that nothing is left.
  if (Array.isArray(value)) return value.length === 0 && !accepts(schema, value);
  if (typeof value !== 'string') return false;
  if (value === '') return true;
  if (!noValue.test(value)) return false;
  if (handles.has(key)) return true;
  const { kind } = wantedValue(schema);
  return kind !== 'other' && kind !== 'text' && !accepts(schema, value);
}

function accepts(schema: AnySchema, value: unknown): boolean {
  // Every schema of a tool is one of zod's, which have the method.
  return (schema as z.ZodType).safeParse(value).success;
}

/** Whether a single value can be the only element of a list: nothing is known of what it would have to be like. */
function isLikeElement(element: AnySchema, value: unknown): boolean {
  switch (wantedValue(element).kind) {
    case 'object':
    case 'record':
      return (
        isRecord(value) ||
        (typeof value === 'string' && /^\s*\{/.test(value) && isRecord(parseJson(value))) ||
        (isPlainText(value) && onlyText(element) !== undefined)
      );
    case 'list':
      return false;
    default:
      return typeof value === 'string' || typeof value === 'number';
  }
}

/** A text that is no JSON of an object or a list. */
function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && !/^\s*[[{]/.test(value);
}

/** The name of the only field that an object has to have, if that is a text. */
function onlyText(schema: AnySchema): string | undefined {
  const [only, ...others] = Object.entries(fieldsOf(schema) ?? {}).filter(([, field]) => !isOptional(field));
  return only !== undefined && others.length === 0 && wantedValue(only[1]).kind === 'text' ? only[0] : undefined;
}

interface Meant {
  readonly value: unknown;
  readonly how: string;
}

/** The value that a number, boolean, text or word of a closed set was meant to be; undefined where it is as it should be. */
function scalarOf(wanted: WantedValue, value: unknown): Meant | undefined {
  if (wanted.kind === 'text') {
    // Beyond 2^53 a number is not what was written any more.
    return Number.isSafeInteger(value) ? { value: String(value), how: 'from a number' } : undefined;
  }
  if (typeof value !== 'string' || value.length > 100) return undefined;
  const text = value.trim();
  switch (wanted.kind) {
    case 'number':
      return /^[+-]?\d{1,16}(?:\.\d{1,16})?$/.test(text) ? { value: Number(text), how: 'from text' } : undefined;
    case 'boolean':
      return /^(?:true|false)$/i.test(text) ? { value: text.toLowerCase() === 'true', how: 'from text' } : undefined;
    case 'words': {
      if (wanted.words.includes(value)) return undefined;
      const alike = wanted.words.filter((word) => bareWord(word) === bareWord(text));
      return alike.length === 1 ? { value: alike[0], how: 'in its own spelling' } : undefined;
    }
    default:
      return undefined;
  }
}
