import type { CallContext } from '../../core/base/call-context.ts';
import { AppError, endedBy, isPassing } from '../../core/base/errors.ts';
import { isRecord } from '../../core/base/guards.ts';
import { createPatience, type OwnedPatience } from '../../core/base/patience.ts';
import { needsAfter, type Page } from '../../core/http/page.ts';
import type { Reading } from '../../core/results/create-list-exporter.ts';
import type { Place } from './places.ts';
import type { ReadAhead } from './read-ahead.ts';

export interface ConnectionReaderOptions {
  readonly connection: string;
  /** Where an earlier answer has stopped. */
  readonly from: Place;
  readonly room: ReadAhead;
  /** The call that all readers work for. */
  readonly call: CallContext;
  note(text: string): void;
  /** Begins to read at the place. */
  open(call: CallContext): Reading | Promise<Reading>;
  /** What the page after the last one needs, besides its link. */
  continuation(): Readonly<Record<string, unknown>>;
  /** Told when there is something to look at: a page, the end, a wait. */
  onChange(): void;
}

/** A page that waits for its turn, and the place behind it. */
interface WaitingPage {
  readonly items: readonly unknown[];
  readonly bytes: number;
  readonly then: Place;
}

/** Reads the list of one connection ahead, while others are read too. */
export class ConnectionReader {
  readonly connection: string;
  readonly #options: ConnectionReaderOptions;
  readonly #patience: OwnedPatience;
  readonly #controller = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #call: CallContext;
  #pages: WaitingPage[] = [];
  #place: Place;
  /** Items that were handed on. */
  count = 0;
  /** Items of the whole list, where the service says so. */
  total: number | undefined;
  status: number | undefined;
  /** The service left something out, and gave no link to it. */
  isTruncated = false;
  failure: AppError | undefined;
  /** Anything but a failure that can be shown. */
  crash: unknown;
  /** Nothing more will be read. */
  isOver = false;
  /** A page is there and has no room yet. */
  isHeld = false;
  /** Something came from the service, so there is something to answer. */
  hasAnswered = false;

  constructor(options: ConnectionReaderOptions) {
    const { connection, call, onChange, from } = options;
    this.connection = connection;
    this.#options = options;
    this.#place = from;
    this.#patience = createPatience(onChange);
    this.#call = {
      ...call,
      signal: AbortSignal.any([call.signal, this.#controller.signal]),
      patience: this.#patience,
      note: (text) => options.note(text),
      progress: () => undefined,
    };
    this.#call.signal.addEventListener('abort', () => this.#stopped.resolve(), { once: true });
  }

  /** An earlier answer had the whole list. */
  get hadAll(): boolean {
    return this.#options.from.kind === 'end';
  }

  /** A request waits for a pause to end, or for its next attempt. */
  get isWaiting(): boolean {
    return this.#patience.isWaiting;
  }

  /** Behind the items that were handed on. */
  get place(): Place {
    return this.#place;
  }

  /** Everything is handed on. */
  get isDone(): boolean {
    return this.isOver && this.#pages.length === 0;
  }

  /** Everything was read, and nothing is missing. */
  get isComplete(): boolean {
    return this.#place.kind === 'end' && !this.isTruncated;
  }

  /** Reads until the end; how it ended is seen in the members. */
  async run(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.isOver = true;
      this.isHeld = false;
      this.#options.onChange();
    }
  }

  /** Hands on the items that are there. */
  take(): readonly unknown[] {
    const pages = this.#pages;
    this.#pages = [];
    const last = pages.at(-1);
    if (last === undefined) return [];
    this.#place = last.then;
    this.#options.room.give(pages.reduce((sum, { bytes }) => sum + bytes, 0));
    const items = pages.flatMap((page) => page.items);
    this.count += items.length;
    return items;
  }

  /** Waits for nothing any more. */
  giveUp(): void {
    this.#patience.end();
  }

  /** Ends the reading: nobody wants the rest in this answer. */
  stop(): void {
    this.#controller.abort();
  }

  async #read(): Promise<void> {
    const { from, open } = this.#options;
    if (from.kind === 'end') return;
    if (from.kind === 'failed') {
      const { code, message, hint } = from.failure;
      this.failure = new AppError(code, message, hint === undefined ? {} : { hint });
      return;
    }
    const found = await open(this.#call);
    if (Symbol.asyncIterator in found) {
      for await (const page of found) await this.#admit(page);
      return;
    }
    const { body, status, isTruncated = false } = found;
    await this.#admit({ items: [body], status, isTruncated, requestId: undefined });
  }

  /** Puts a page to the others when there is room; the only one always has. */
  async #admit(page: Page): Promise<void> {
    const { room, onChange, continuation } = this.#options;
    const { nextLink } = page;
    const then: Place =
      nextLink === undefined
        ? { kind: 'end' }
        : { kind: 'at', nextLink, continuation: { ...continuation(), ...needsAfter(page) } };
    const bytes = sizeOf(page);
    this.hasAnswered = true;
    let taken = room.take(bytes);
    while (!taken && this.#pages.length > 0) {
      this.isHeld = true;
      onChange();
      await Promise.race([room.freed(), this.#stopped.promise]);
      this.#call.signal.throwIfAborted();
      taken = room.take(bytes);
    }
    this.isHeld = false;
    this.isTruncated ||= page.isTruncated === true;
    this.total ??= page.count;
    this.status = page.status;
    const items = page.items.map((item) => this.#named(item));
    this.#pages.push({ items, bytes: taken ? bytes : 0, then });
    onChange();
  }

  /** The item with the name of its connection first. */
  #named(item: unknown): Readonly<Record<string, unknown>> {
    const { connection } = this;
    if (!isRecord(item)) return { connection, value: item };
    const { connection: own, ...rest } = item;
    if (own !== undefined) {
      this.#options.note('connection is the name of the connection: a member of that name is not shown.');
    }
    return { connection, ...rest };
  }

  #fail(error: unknown): void {
    if (this.#controller.signal.aborted) return;
    const cause = endedBy(error, this.#options.call.signal);
    if (!(cause instanceof AppError)) {
      this.crash = cause;
      return;
    }
    this.failure = cause;
  }

  /** Once everything is handed on: what will not pass by itself leads nowhere. */
  settle(): void {
    const { failure } = this;
    if (failure === undefined || isPassing(failure) || this.#place.kind === 'failed') return;
    const { code, message, hint } = failure;
    this.#place = { kind: 'failed', failure: { code, message, hint } };
  }
}

/** Bytes of a page, or a guess: the first item stands for its page, good enough for a bound. */
function sizeOf({ json, items }: Page): number {
  return json?.length ?? (JSON.stringify(items[0])?.length ?? 0) * items.length;
}
