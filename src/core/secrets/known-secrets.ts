import { LRUCache } from 'lru-cache';
import type { Secret } from './secret.ts';

/**
 * Values that must not leave the process in an answer: everything that was read from a vault, a reference or an
 * argument, and every token. Only exact values are masked, since an answer is data whose shape must stay; the logger's
 * redactor goes by names and patterns as well. The last line of defence; nothing relies on it. Bounded, newest first.
 */
export interface KnownSecrets {
  add(secret: Secret | string): void;
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

/** Shorter values would blank out ordinary words. */
const shortestSecret = 8;

/** Characters that base64 has and ordinary data seldom has, the rarest first. */
const rareCharacters = '~_QZXJKVYqzW375';

/**
 * The part of a value to look for first: from its rarest character on. A search skips to places where the first
 * character is, so that a search for `eyJ…` stops at every e of a text, and one for `Q9…` hardly anywhere.
 */
function probeOf(value: string): string {
  for (const character of rareCharacters) {
    const at = value.indexOf(character);
    if (at >= 0 && value.length - at >= shortestSecret) return value.slice(at);
  }
  return value;
}

export function createKnownSecrets(): KnownSecrets {
  /** The probe of each value. */
  const values = new LRUCache<string, string>({ max: 3_000 });
  const remember = (value: string) => values.set(value, probeOf(value));
  const mask = (text: string): string => {
    let masked = text;
    for (const [value, probe] of values.entries()) {
      if (masked.includes(probe)) masked = masked.replaceAll(value, '[redacted]');
    }
    return masked;
  };
  return {
    add(secret) {
      const value = typeof secret === 'string' ? secret : secret.reveal();
      // `get` also marks it as used, so that a token in use is the last to be forgotten.
      if (value.length < shortestSecret || values.get(value)) return;
      remember(value);
      remember(JSON.stringify(value).slice(1, -1));
      remember(encodeURIComponent(value.toWellFormed()));
    },
    mask,
    maskJson(json, envelope = 0) {
      // A value may well look like a piece of JSON, so it is only replaced where text is.
      return mask(json) === json ? json : JSON.stringify(maskStrings(JSON.parse(json), envelope, mask));
    },
    isIn(bytes) {
      for (const [value, probe] of values.entries()) {
        if (bytes.includes(probe) && bytes.includes(value)) return true;
      }
      return false;
    },
  };
}

function maskStrings(value: unknown, envelope: number, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => maskStrings(one, envelope - 1, mask));
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      envelope > 0 ? key : mask(key),
      maskStrings(child, envelope - 1, mask),
    ]),
  );
}
