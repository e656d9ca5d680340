import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { invalidArgument } from '../base/errors.ts';
import { openText, sealText } from '../secrets/sealed-text.ts';
import type { Continuation } from '../storage/storage.ts';

/** Where a cursor leads. */
export type CursorTarget =
  /** Item `position` of a stored result. */
  | { readonly kind: 'stored'; readonly id: string; readonly position: number }
  | ({ readonly kind: 'continue' } & Continuation);

/** What a cursor belongs to; one that is shown with anything else is refused. */
export interface CursorBinding {
  readonly caller: string;
  readonly connectionId: string;
  readonly query: Readonly<Record<string, unknown>>;
}

export interface CursorCodec {
  seal(target: CursorTarget, binding: CursorBinding): Promise<string>;
  /** Throws `invalid_argument` when the cursor is malformed, expired, or bound to something else. */
  open(cursor: string, binding: CursorBinding): Promise<CursorTarget>;
}

export interface CursorCodecOptions {
  /** 32 bytes, shared by every process that shall accept the same cursors. */
  readonly key: () => Promise<Uint8Array>;
  readonly clock: Clock;
  /** Life of a cursor. Default one hour. */
  readonly ttlMs?: number;
}

/** Cursors are sealed: they open for the same caller, connection and query only, and nobody can read the link inside. */
export function createCursorCodec({ key, clock, ttlMs = 3_600_000 }: CursorCodecOptions): CursorCodec {
  return {
    async seal(target, binding) {
      return sealText(JSON.stringify({ expiresAt: clock.now() + ttlMs, target }), await key(), digest(binding));
    },
    async open(cursor, binding) {
      const content = decrypt(cursor, await key(), binding);
      if (content.expiresAt <= clock.now()) {
        throw invalidArgument('cursor: it has expired.', 'Repeat the call without cursor to start the list again.');
      }
      return content.target;
    },
  };
}

interface Content {
  readonly expiresAt: number;
  readonly target: CursorTarget;
}

function decrypt(cursor: string, key: Uint8Array, binding: CursorBinding): Content {
  const plain = openText(cursor, key, digest(binding));
  if (plain === undefined) {
    throw invalidArgument(
      'cursor: it is malformed, or belongs to another caller, connection or query.',
      'Pass meta.cursor of the last answer unchanged, with the same arguments as before; or leave it out to start again.',
    );
  }
  // Authenticated: only `seal` can have written it.
  return JSON.parse(plain) as Content;
}

/** Arguments that may differ from one part of a list to the next. */
const freeArguments = new Set(['cursor', 'limit', 'timeout', 'correlation_id']);

function digest({ caller, connectionId, query }: CursorBinding): Buffer {
  const shaping = Object.entries(query).filter(([name]) => !freeArguments.has(name));
  const text = JSON.stringify([caller, connectionId, canonical(Object.fromEntries(shaping))]);
  return createHash('sha256').update(text).digest();
}

/** The same value for objects that differ only in the order of their keys; absent and undefined are the same. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => [name, canonical(one)]);
}
