import { inspect } from 'node:util';
import { withoutUndefined } from '../base/without-undefined.ts';
import { type SecretLife, SecretMemory } from './secret-memory.ts';

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
 * redactor goes by names and patterns as well. The last line of defence; nothing relies on it. Bounded, with a room of
 * its own for each kind of life: what callers pass in never pushes out what is live.
 */
export interface KnownSecrets {
  /** Default `passed`. `owner` is the connection or caller that a value is of: none pushes out what others use. */
  add(secret: Secret | string, place?: SecretLife, owner?: string): void;
  /**
   * A JSON document with every known value replaced inside its strings, also where it was written as JSON or into an
   * address. The document keeps its shape: numbers, and keys of the outermost `envelope` levels, stay as they are.
   */
  maskJson(json: string, envelope?: number): string;
  /** A text with every known value replaced. */
  mask(text: string): string;
  /** Whether `mask` would replace anything in this UTF-8 text. */
  isIn(bytes: Buffer): boolean;
  /** Whether a text holds what somebody has signed in with (`signed_in`). */
  holdsSignIn(text: string): boolean;
}

/** Shorter values would blank out ordinary words. */
const shortestSecret = 8;

/** A value, also as it stands inside JSON, inside JSON that is quoted in JSON, and in an address. Most have one form. */
export function writtenForms(value: string): readonly string[] {
  // Every call comes here with its token, which is written the same everywhere.
  if (/^[\w.~-]+$/.test(value)) return [value];
  const inJson = JSON.stringify(value).slice(1, -1);
  return [...new Set([value, inJson, JSON.stringify(inJson).slice(1, -1), encodeURIComponent(value.toWellFormed())])];
}

export function createKnownSecrets(): KnownSecrets {
  const memory = new SecretMemory(writtenForms);
  const signIns = new SecretMemory(writtenForms);
  const maskText = (text: string): string => (text.length < shortestSecret ? text : memory.mask(text, mask));
  return {
    add(secret, place = 'passed', owner = '') {
      const value = typeof secret === 'string' ? secret : secret.reveal();
      if (value.length < shortestSecret) return;
      memory.add(value, place, owner);
      if (place === 'signed_in') signIns.add(value, place, owner);
    },
    mask: maskText,
    maskJson(json, envelope = 0) {
      // A value may look like a piece of JSON, so it is only replaced inside strings.
      return maskText(json) === json ? json : JSON.stringify(maskStrings(JSON.parse(json), envelope, maskText));
    },
    isIn: (bytes) => memory.isIn(bytes),
    holdsSignIn: (text) => signIns.isIn(Buffer.from(text)),
  };
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
  /**
   * Masks this value from now on, wherever it appears, as long as there is room for it (`KnownSecrets.add`). Values
   * shorter than 6 characters are ignored.
   */
  register(secret: string, place?: SecretLife, owner?: string): void;
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

/** Shortest value that a redactor knows. */
const shortestInLog = 6;

export function createRedactor(): Redactor {
  const memory = new SecretMemory((value) => [
    ...new Set([...writtenForms(value), Buffer.from(value).toString('base64')]),
  ]);

  const maskText = (text: string): string =>
    patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), memory.mask(text, mask));

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
    register(secret, place = 'passed', owner = '') {
      if (secret.length >= shortestInLog) memory.add(secret, place, owner);
    },
    text: maskText,
    value: (value) => copy(value, 0),
  };
}

/** Hides values from now on: in answers, by `secrets`, and in the log, by `redactor`. */
export type HideSecret = (secret: Secret | string, owner?: string) => void;

export function hideIn(secrets: KnownSecrets, redactor: Redactor, place: SecretLife): HideSecret {
  return (secret, owner) => {
    secrets.add(secret, place, owner);
    redactor.register(typeof secret === 'string' ? secret : secret.reveal(), place, owner);
  };
}
