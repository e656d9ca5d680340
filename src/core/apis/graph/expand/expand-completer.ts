import type { CallContext } from '../../../base/call-context.ts';
import type { Clock } from '../../../base/clock.ts';
import { counted } from '../../../base/counted.ts';
import { AppError } from '../../../base/errors.ts';
import { quoted, quoteNames } from '../../../base/plain-text.ts';
import type { ReadPages } from '../delta.ts';
import { nextLinkName } from '../graph-descriptor.ts';
import { type CutList, cutListsIn, type ExpandedRequest, mostExpanded } from './expanded-lists.ts';
import type { Expansion } from './parse-expand.ts';

export interface ExpandCompleterOptions {
  readonly expansions: readonly Expansion[];
  readonly pages: ReadPages;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly call: CallContext;
}

/** Lists that one call completes; each takes a request at least. */
const mostLists = 200;
/** Objects that one call adds. */
const mostObjects = 100_000;
/** Before the deadline: time to answer with what is there. */
const reserveMs = 3_000;

/** Objects whose expanded lists were completed, as far as that went. */
export interface Completed {
  readonly items: readonly unknown[];
  /** A list in one of them is still cut. */
  readonly isTruncated: boolean;
}

/**
 * Reads the rest of expanded lists that the service cut, within the limits of one call, and says at the end what was read
 * and what is missing.
 */
export class ExpandCompleter {
  readonly #options: ExpandCompleterOptions;
  readonly #completed = new Set<string>();
  readonly #cut = new Map<string, string[]>();
  #tried = 0;
  #lists = 0;
  #requests = 0;
  #objects = 0;
  #reason = '';

  constructor(options: ExpandCompleterOptions) {
    this.#options = options;
  }

  async complete(items: readonly unknown[], request: ExpandedRequest): Promise<Completed> {
    const lists = cutListsIn(items, this.#options.expansions, request);
    if (lists.length === 0) return { items, isTruncated: false };
    const completed = [...items];
    let isTruncated = false;
    const waiting = lists.values();
    const work = async () => {
      for (const list of waiting) {
        const whole = await this.#read(list);
        if (whole === undefined) {
          isTruncated = true;
          this.#miss(list, items[list.index]);
          continue;
        }
        // A link to the rest, where there was one, leads to what is here now.
        const { [`${list.name}${nextLinkName}`]: _, ...owner } = completed[list.index] as Record<string, unknown>;
        completed[list.index] = { ...owner, [list.name]: whole };
      }
    };
    await Promise.all(Array.from({ length: this.#options.concurrency }, work));
    return { items: completed, isTruncated };
  }

  /** Says what was done; for the end of the call. */
  report(): void {
    const { call } = this.#options;
    if (this.#lists > 0) {
      const names = quoteNames([...this.#completed]);
      call.note(
        `The service expands at most ${mostExpanded} objects: ${names} of ${counted(this.#lists, 'item')} was read whole with ${counted(this.#requests, 'more request')}.`,
      );
    }
    for (const [name, owners] of this.#cut) {
      const known = owners.filter((id) => id !== '');
      const some = quoteNames(known.slice(0, 5));
      const which = known.length === 0 ? '' : ` (${some}${known.length > 5 ? ', …' : ''})`;
      const how = known.length < owners.length ? 'select id too, or read it' : 'read it';
      call.note(
        `${quoted(name)} is not complete for ${counted(owners.length, 'item')}${which}${this.#reason}: ${how} by its own address, such as /groups/{id}/members.`,
      );
    }
  }

  /** The whole list; undefined when it cannot be read now. */
  async #read({ request, kept, name }: CutList): Promise<readonly unknown[] | undefined> {
    const { pages, clock, call } = this.#options;
    const isOver = clock.now() >= call.deadlineAt - reserveMs;
    if (request === undefined || isOver || this.#tried >= mostLists || this.#objects >= mostObjects) return undefined;
    this.#tried += 1;
    const whole = [...kept];
    try {
      for await (const page of pages(request, { maxItems: mostObjects - this.#objects })) {
        this.#requests += 1;
        this.#objects += page.items.length;
        for (const item of page.items) whole.push(item);
        if (page.nextLink !== undefined && this.#objects >= mostObjects) throw tooMany();
      }
      this.#completed.add(name);
      this.#lists += 1;
      return whole;
    } catch (error) {
      // One list that may not be read is no reason to lose the answer.
      if (!(error instanceof AppError) || error.code === 'cancelled' || call.signal.aborted) throw error;
      this.#reason = ` (${error.code})`;
      return undefined;
    }
  }

  #miss({ name }: CutList, owner: unknown): void {
    const id = typeof owner === 'object' && owner !== null && 'id' in owner ? owner.id : undefined;
    this.#cut.set(name, [...(this.#cut.get(name) ?? []), typeof id === 'string' ? id : '']);
  }
}

function tooMany(): AppError {
  return new AppError('upstream_error', 'The expanded lists hold more objects than one call reads.', {
    hint: 'Read each list by its own address.',
  });
}
