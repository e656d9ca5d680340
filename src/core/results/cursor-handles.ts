import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { canonical } from '../base/canonical.ts';
import type { Clock } from '../base/clock.ts';
import { invalidArgument } from '../base/errors.ts';
import { createSealer } from '../secrets/sealed-text.ts';
import type { Continuation } from '../storage/result-store.ts';
import type { SavedState, StateKey } from '../storage/saved-state.ts';

/** Members that the part of the list before left out of all items: the next one looks the same. */
interface SameColumns {
  readonly without?: readonly string[];
}

/** Where a cursor leads. */
export type CursorTarget =
  /** Item `position` of a stored result. */
  | ({ readonly kind: 'stored'; readonly id: string; readonly position: number } & SameColumns)
  | ({ readonly kind: 'continue' } & Continuation & SameColumns);

/** What a cursor belongs to; with anything else it is refused. */
export interface CursorBinding {
  readonly caller: string;
  readonly connectionId: string;
  readonly query: Readonly<Record<string, unknown>>;
}

/** Handles for places in lists. What they stand for is kept in the state store, for every process of a home. */
export interface CursorHandles {
  create(target: CursorTarget, binding: CursorBinding): Promise<string>;
  /** Throws `invalid_argument` when the handle is malformed, expired, or bound to something else. */
  open(handle: string, binding: CursorBinding): Promise<CursorTarget>;
}

export interface CursorHandlesOptions {
  readonly state: Pick<SavedState, 'get' | 'set'>;
  /** 32 bytes for one purpose, shared by every process that accepts the same handles. */
  readonly key: (purpose: 'cursor' | 'cursor-target') => Promise<Uint8Array>;
  readonly clock: Clock;
  /** Life of a cursor. Default one hour. */
  readonly ttlMs?: number;
}

const partBytes = 9;
/** Nine bytes of chance and nine of a MAC: 24 characters. */
const handlePattern = /^[A-Za-z0-9_-]{24}$/;

/**
 * A handle is chance and an HMAC over it and its binding, so one that was made up or belongs elsewhere is known for what it
 * is before anything is read. The link behind it may be as good as a key: it is sealed, with the same binding.
 */
export function createCursorHandles({ state, key, clock, ttlMs = 3_600_000 }: CursorHandlesOptions): CursorHandles {
  const sealer = createSealer<{ readonly target: CursorTarget }>({ key: () => key('cursor-target'), clock, ttlMs });
  const macOf = async (id: string, bound: unknown) =>
    createHmac('sha256', await key('cursor'))
      .update(JSON.stringify([id, bound]))
      .digest()
      .subarray(0, partBytes);
  return {
    async create(target, binding) {
      const id = randomBytes(partBytes).toString('base64url');
      const bound = plainBinding(binding);
      const sealed = await sealer.seal({ target }, bound);
      await state.set(keyOf(id, binding), sealed, { expiresAt: clock.now() + ttlMs });
      return `${id}${(await macOf(id, bound)).toString('base64url')}`;
    },
    async open(handle, binding) {
      const bound = plainBinding(binding);
      const [id, mac] = [handle.slice(0, handle.length / 2), handle.slice(handle.length / 2)];
      const isOurs =
        handlePattern.test(handle) && timingSafeEqual(Buffer.from(mac, 'base64url'), await macOf(id, bound));
      if (!isOurs) {
        throw invalidArgument(
          'cursor: it is malformed, or belongs to another caller, connection or query.',
          'Pass meta.cursor of the last answer unchanged, with the same arguments as before; or leave it out to start again.',
        );
      }
      const sealed = z.string().safeParse(await state.get(keyOf(id, binding))).data;
      const opened = sealed === undefined ? undefined : await sealer.open(sealed, bound);
      if (opened === undefined || opened.isExpired) {
        throw invalidArgument('cursor: it has expired.', 'Repeat the call without cursor to start the list again.');
      }
      return opened.content.target;
    },
  };
}

function keyOf(id: string, { caller, connectionId }: CursorBinding): StateKey {
  return { caller, connectionId, name: ['cursor', id] };
}

/** Arguments that may differ from one part of a list to the next. */
const freeArguments = new Set(['cursor', 'limit', 'timeout', 'correlation_id']);

function plainBinding({ caller, connectionId, query }: CursorBinding): unknown {
  const shaping = Object.entries(query).filter(([name]) => !freeArguments.has(name));
  return [caller, connectionId, canonical(Object.fromEntries(shaping))];
}
