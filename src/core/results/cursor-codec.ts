import { canonical } from '../base/canonical.ts';
import { invalidArgument } from '../base/errors.ts';
import { createSealer, type SealerOptions } from '../secrets/sealed-text.ts';
import type { Continuation } from '../storage/storage.ts';

/** Where a cursor leads. */
export type CursorTarget =
  /** Item `position` of a stored result. */
  | { readonly kind: 'stored'; readonly id: string; readonly position: number }
  | ({ readonly kind: 'continue' } & Continuation);

/** What a cursor belongs to; with anything else it is refused. */
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

export interface CursorCodecOptions extends Omit<SealerOptions, 'ttlMs'> {
  /** Life of a cursor. Default one hour. */
  readonly ttlMs?: number;
}

/** Cursors are sealed: they open for the same caller, connection and query only, and nobody can read the link inside. */
export function createCursorCodec({ ttlMs = 3_600_000, ...options }: CursorCodecOptions): CursorCodec {
  const sealer = createSealer<{ readonly target: CursorTarget }>({ ...options, ttlMs });
  return {
    seal: (target, binding) => sealer.seal({ target }, plainBinding(binding)),
    async open(cursor, binding) {
      const opened = await sealer.open(cursor, plainBinding(binding));
      if (opened === undefined) {
        throw invalidArgument(
          'cursor: it is malformed, or belongs to another caller, connection or query.',
          'Pass meta.cursor of the last answer unchanged, with the same arguments as before; or leave it out to start again.',
        );
      }
      if (opened.isExpired) {
        throw invalidArgument('cursor: it has expired.', 'Repeat the call without cursor to start the list again.');
      }
      return opened.content.target;
    },
  };
}

/** Arguments that may differ from one part of a list to the next. */
const freeArguments = new Set(['cursor', 'limit', 'timeout', 'correlation_id']);

function plainBinding({ caller, connectionId, query }: CursorBinding): unknown {
  const shaping = Object.entries(query).filter(([name]) => !freeArguments.has(name));
  return [caller, connectionId, canonical(Object.fromEntries(shaping))];
}
