import { LRUCache } from 'lru-cache';
import type { Secret } from './secret.ts';

/**
 * Values that must not leave the process: everything that was read from a vault, a reference or an argument, and every
 * token. The last line of defence; nothing relies on it. Bounded, newest first.
 */
export interface KnownSecrets {
  add(secret: Secret | string): void;
  /** The text with every known value replaced, also where it was written as a JSON string. */
  mask(text: string): string;
}

/** Shorter values would blank out ordinary words. */
const shortestSecret = 8;

export function createKnownSecrets(): KnownSecrets {
  const values = new LRUCache<string, true>({ max: 500 });
  return {
    add(secret) {
      const value = typeof secret === 'string' ? secret : secret.reveal();
      if (value.length < shortestSecret) return;
      values.set(value, true);
      const escaped = JSON.stringify(value).slice(1, -1);
      if (escaped !== value) values.set(escaped, true);
    },
    mask(text) {
      let masked = text;
      for (const value of values.keys()) {
        if (masked.includes(value)) masked = masked.replaceAll(value, '[redacted]');
      }
      return masked;
    },
  };
}
