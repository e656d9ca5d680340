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
  /** Whether `mask` would replace anything in this UTF-8 text. */
  isIn(bytes: Buffer): boolean;
}

/** Shorter values would blank out ordinary words. */
const shortestSecret = 8;

export function createKnownSecrets(): KnownSecrets {
  const values = new LRUCache<string, true>({ max: 500 });
  const mask = (text: string): string => {
    let masked = text;
    for (const value of values.keys()) {
      if (masked.includes(value)) masked = masked.replaceAll(value, '[redacted]');
    }
    return masked;
  };
  return {
    add(secret) {
      const value = typeof secret === 'string' ? secret : secret.reveal();
      // `get` also marks it as used, so that a token in use is the last to be forgotten.
      if (value.length < shortestSecret || values.get(value)) return;
      values.set(value, true);
      values.set(JSON.stringify(value).slice(1, -1), true);
      values.set(encodeURIComponent(value.toWellFormed()), true);
    },
    maskJson(json, envelope = 0) {
      // A value may well look like a piece of JSON, so it is only replaced where text is.
      return mask(json) === json ? json : JSON.stringify(maskStrings(JSON.parse(json), envelope, mask));
    },
    isIn(bytes) {
      for (const value of values.keys()) {
        if (bytes.includes(value)) return true;
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
