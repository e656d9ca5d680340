import type { Clock } from '../../core/base/clock.ts';
import type { AskedAgain } from '../../core/connections/connection-service.ts';
import { createSealer } from '../../core/secrets/sealed-text.ts';
import type { SavedState } from '../../core/storage/saved-state.ts';
import type { PageEvent } from '../event-feed.ts';

/** A page that takes the secret of a connection, for one call of one caller. It holds no secret itself. */
export interface StoredSecretPage {
  /** In the address. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** What was asked for: the same call finds its page. */
  readonly wish: string;
  readonly asked: AskedAgain;
  /** Whether the connection had no identity when the call asked. */
  readonly wasPending: boolean;
  /** Whether something that was entered here has been stored. */
  readonly isCompleted: boolean;
  /** Whether the connection signs in with it. */
  readonly isWorking: boolean;
  /** How the last attempt ended. */
  readonly last?: PageEvent & { readonly type: 'phase' };
}

/** Whose page it is, and of which connection: a connection has one page. */
export interface PagePlace {
  readonly caller: string;
  readonly connectionId: string;
}

/** Pages in the store: whichever node a browser reaches can show them. */
export interface StoredPages {
  /** Undefined when there is none, its time is over, or the store was changed by something else. */
  read(place: PagePlace): Promise<StoredSecretPage | undefined>;
  /** Replaces what is there. */
  write(place: PagePlace, page: StoredSecretPage): Promise<void>;
  remove(place: PagePlace): Promise<void>;
}

export interface StoredPagesOptions {
  /** 32 bytes, the same for all nodes of one store. */
  readonly key: () => Promise<Uint8Array>;
  readonly state: Pick<SavedState, 'get' | 'set' | 'remove'>;
  readonly clock: Clock;
}

/** How long a page waits. */
export const pageMs = 10 * 60_000;

/** Sealed: what a person said yes to for a call stands in it, and nobody may write that but us. */
export function createStoredPages({ key, state, clock }: StoredPagesOptions): StoredPages {
  const sealer = createSealer<StoredSecretPage>({ key, clock, ttlMs: pageMs });
  const placeOf = ({ caller, connectionId }: PagePlace) => ({ caller, connectionId, name: ['secret page'] });
  const bindingOf = ({ caller, connectionId }: PagePlace) => ['secret page', caller, connectionId];
  return {
    async read(place) {
      const text = await state.get(placeOf(place));
      const opened = typeof text === 'string' ? await sealer.open(text, bindingOf(place)) : undefined;
      return opened === undefined || opened.isExpired ? undefined : opened.content;
    },
    async write(place, page) {
      const { expiresAt } = page;
      await state.set(placeOf(place), await sealer.seal(page, bindingOf(place)), { expiresAt });
    },
    remove: (place) => state.remove(placeOf(place)),
  };
}
