import { inspect } from 'node:util';
import { LRUCache } from 'lru-cache';
import { withoutUndefined } from '../base/without-undefined.ts';

/** A secret value that prints as `[redacted]` however it is logged, serialised or inspected. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The material itself. Call it at the moment of use and keep the result nowhere. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

const mask = '[redacted]';

/**
 * Values that must not leave the process in an answer: everything that was read from a vault, a reference or an
 * argument, and every token. Only exact values are masked, since an answer is data whose shape must stay; the logger's
 * redactor goes by names and patterns as well. The last line of defence; nothing relies on it. Bounded: what was used last
 * stays, and what callers pass in has a place of its own, so that it never pushes out what is in use.
 */
export interface KnownSecrets {
  /** `in_use` is for tokens and for what signs in; everything else has `passed` through. */
  add(secret: Secret | string, place?: SecretLife): void;
  /**
   * A JSON document with every known value replaced inside its strings, also where it was written as JSON or into an
   * address. The document keeps its shape: numbers, and keys of the outermost `envelope` levels, stay as they are.
   */
  maskJson(json: string, envelope?: number): string;
  /** A text with every known value replaced. */
  mask(text: string): string;
  /** Whether `mask` would replace anything in this UTF-8 text. */
  isIn(bytes: Buffer): boolean;
}

/** Where a known value comes from: it opens something now, or a caller or an answer has named it. */
export type SecretLife = 'in_use' | 'passed';

/** Forms of values that are remembered; a value has up to four. */
const mostForms: Readonly<Record<SecretLife, number>> = { in_use: 9_000, passed: 3_000 };

/** Shorter values would blank out ordinary words. */
const shortestSecret = 8;

/** Characters that base64 has and ordinary data rarely has, the rarest first. */
const rareCharacters = '~_QZXJKVYqzW375';

/**
 * The part of a value to search for first: from its rarest character on. A search jumps to places with the first
 * character: a search for `eyJ…` stops at every e of a text, one for `Q9…` almost nowhere.
 */
function probeOf(value: string): string {
  for (const character of rareCharacters) {
    const at = value.indexOf(character);
    if (at >= 0 && value.length - at >= shortestSecret) return value.slice(at);
  }
  return value;
}

/** A value, also as it stands inside JSON, inside JSON that is quoted in JSON, and in an address. Most have one form. */
export function writtenForms(value: string): readonly string[] {
  // Every call comes here with its token, which is written the same everywhere.
  if (/^[\w.~-]+$/.test(value)) return [value];
  const inJson = JSON.stringify(value).slice(1, -1);
  return [...new Set([value, inJson, JSON.stringify(inJson).slice(1, -1), encodeURIComponent(value.toWellFormed())])];
}

export function createKnownSecrets(): KnownSecrets {
  /** The probe of each value. */
  const places = {
    in_use: new LRUCache<string, string>({ max: mostForms.in_use }),
    passed: new LRUCache<string, string>({ max: mostForms.passed }),
  };
  const everywhere = [places.in_use, places.passed];
  const maskText = (text: string): string => {
    const found: string[] = [];
    for (const values of everywhere) {
      for (const [value, probe] of values.entries()) {
        if (text.includes(probe) && text.includes(value)) found.push(value);
      }
    }
    return found.length === 0 ? text : maskAll(text, found);
  };
  return {
    add(secret, place = 'passed') {
      const value = typeof secret === 'string' ? secret : secret.reveal();
      const values = places[place];
      // `get` also marks a form as used, so that those of a token in use are the last to be forgotten.
      if (value.length < shortestSecret) return;
      for (const form of writtenForms(value)) {
        if (values.get(form) === undefined) values.set(form, probeOf(form));
      }
    },
    mask: maskText,
    maskJson(json, envelope = 0) {
      // A value may look like a piece of JSON, so it is only replaced inside strings.
      return maskText(json) === json ? json : JSON.stringify(maskStrings(JSON.parse(json), envelope, maskText));
    },
    isIn(bytes) {
      for (const values of everywhere) {
        for (const [value, probe] of values.entries()) {
          if (bytes.includes(probe) && bytes.includes(value)) return true;
        }
      }
      return false;
    },
  };
}

/** Masks every place of every value in one pass. Where values overlap, all of it goes: no tail of one is left. */
function maskAll(text: string, values: readonly string[]): string {
  const places = values.flatMap((value) => placesOf(text, value)).sort((one, other) => one[0] - other[0]);
  let masked = '';
  let end = 0;
  for (const [from, to] of places) {
    if (from >= end) masked += text.slice(end, from) + mask;
    end = Math.max(end, to);
  }
  return masked + text.slice(end);
}

function placesOf(text: string, value: string): readonly (readonly [number, number])[] {
  const places: [number, number][] = [];
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    places.push([at, at + value.length]);
  }
  return places;
}

function maskStrings(value: unknown, envelope: number, maskText: (text: string) => string): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => maskStrings(one, envelope - 1, maskText));
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      envelope > 0 ? key : maskText(key),
      maskStrings(child, envelope - 1, maskText),
    ]),
  );
}

/** Secrets that no other text looks like: tokens, client secrets of Entra, private keys. */
const token = /eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g;
const appSecret = /\b[\w~.-]{3}[78]Q~[\w~.-]{31,34}/g;

/** A key that was cut off extends to the end of the text that holds it. */
function privateKey(character: string, end: string): RegExp {
  return new RegExp(`-----BEGIN [A-Z ]*PRIVATE KEY-----${character}*?(?:-----END [A-Z ]*PRIVATE KEY-----|${end})`, 'g');
}

/** In JSON no mask may reach beyond the string that it is in. */
const shapesInJson: readonly RegExp[] = [token, privateKey('[^"]', '(?="|$)'), appSecret];

/**
 * A text of a service, or JSON text, without such secrets, where no value is known to be one. Its work grows faster than
 * the text: cut long texts first.
 */
export function maskTokens(text: string, mark: string = mask): string {
  return shapesInJson.reduce((masked, shape) => masked.replace(shape, mark), text);
}

/** Replaces secrets in text and values: known ones by value, others by shape and by the name of their field. */
export interface Redactor {
  /** Masks this value from now on, wherever it appears. Values shorter than 6 characters are ignored. */
  register(secret: string): void;
  text(text: string): string;
  /** A copy with all strings masked and sensitive fields replaced; cycles and deep nesting are cut. */
  value(value: unknown): unknown;
}

const maxDepth = 12;

const sensitiveName =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie$|secret|password|passwd|assertion|^(?:access|refresh|id|bearer|federated)?_?token$|^private_?key$|^api-?key$|connection_?string/i;

/** Shapes of secrets: tokens, bearer headers, form fields of token requests, SAS signatures, private keys, app secrets. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [token, mask],
  [/\b(Bearer|Basic)\s+[\w~+/.=-]{8,}/gi, `$1 ${mask}`],
  [
    /\b((?:client_secret|client_assertion|assertion|refresh_token|access_token|id_token|password|code|sig|sharedaccesskey)["']?\s*[=:]\s*["']?)[^&\s"',;}]{4,}/gi,
    `$1${mask}`,
  ],
  [privateKey('[^]', '$'), mask],
  [appSecret, mask],
];

export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  /** Everything that may appear, longest first, so that no tail of a longer secret is left. */
  let forms: readonly string[] = [];

  const maskText = (text: string): string => {
    let masked = text;
    for (const form of forms) {
      if (masked.includes(form)) masked = masked.replaceAll(form, mask);
    }
    return patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), masked);
  };

  const copy = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
    if (depth >= maxDepth) return '[deep]';
    if (value instanceof Error) return copyError(value, depth);
    if (Array.isArray(value)) return value.map((item) => copy(item, depth + 1));
    if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), depth + 1);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        maskText(name),
        sensitiveName.test(name) && item !== undefined && item !== null ? mask : copy(item, depth + 1),
      ]),
    );
  };

  /** Requests and responses that libraries attach to their errors are left out: they carry headers. */
  const copyError = (error: Error, depth: number): unknown =>
    withoutUndefined({
      type: error.name,
      message: maskText(error.message),
      code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
      stack: error.stack === undefined ? undefined : maskText(error.stack),
      cause: copy(error.cause, depth + 1),
    });

  return {
    register(secret) {
      if (secret.length < 6 || secrets.has(secret)) return;
      secrets.add(secret);
      const all = [...secrets].flatMap((value) => [...writtenForms(value), Buffer.from(value).toString('base64')]);
      forms = [...new Set(all)].sort((one, other) => other.length - one.length);
    },
    text: maskText,
    value: (value) => copy(value, 0),
  };
}

/** Hides a value from now on: in answers, by `secrets`, and in the log, by `redactor`. */
export function hideIn(
  secrets: KnownSecrets,
  redactor: Redactor,
  place: SecretLife,
): (secret: Secret | string) => void {
  return (secret) => {
    secrets.add(secret, place);
    redactor.register(typeof secret === 'string' ? secret : secret.reveal());
  };
}
