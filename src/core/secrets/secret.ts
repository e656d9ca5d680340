import { hash } from 'node:crypto';
import { inspect } from 'node:util';

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

  /** First 8 hex digits of the SHA-256: enough to tell two secrets apart, useless to an attacker. */
  get fingerprint(): string {
    return hash('sha256', this.#value).slice(0, 8);
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
