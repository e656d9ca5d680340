import { LRUCache } from 'lru-cache';
import type { Secret } from './secret.ts';

/**
 * Values that must not leave the process in an answer: everything that was read from a vault, a reference or an
 * argument, and every token. Only exact values are masked, since an answer is data whose shape must stay; the logger's
 * redactor goes by names and patterns as well. The last line of defence; nothing relies on it. Bounded, newest first.
 */
export interface KnownSecrets {
  add(secret: Secret | string): void;
  /** The text with every known value replaced, also where it was written as JSON or into an address. */
  mask(text: string): string;
  /** Whether `mask` would replace anything in this UTF-8 text. */
  isIn(bytes: Buffer): boolean;
}

/** Shorter values would blank out ordinary words. */
const shortestSecret = 8;

export function createKnownSecrets(): KnownSecrets {
  const values = new LRUCache<string, true>({ max: 500 });
  return {
    add(secret) {
      const value = typeof secret === 'string' ? secret : secret.reveal();
      // `get` also marks it as used, so that a token in use is the last to be forgotten.
      if (value.length < shortestSecret || values.get(value)) return;
      values.set(value, true);
      values.set(JSON.stringify(value).slice(1, -1), true);
      values.set(encodeURIComponent(value.toWellFormed()), true);
    },
    mask(text) {
      let masked = text;
      for (const value of values.keys()) {
        if (masked.includes(value)) masked = masked.replaceAll(value, '[redacted]');
      }
      return masked;
    },
    isIn(bytes) {
      for (const value of values.keys()) {
        if (bytes.includes(value)) return true;
      }
      return false;
    },
  };
}
