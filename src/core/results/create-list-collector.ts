import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { Page } from '../http/page.ts';
import { maskShapes } from '../secrets/answers/secret-shapes.ts';
import type { Continuation, ResultStore, StoredPart } from '../storage/storage.ts';
import type { CursorBinding, CursorCodec, CursorTarget } from './cursor-codec.ts';
import { ItemSink, renderCsv } from './item-sink.ts';
import { compileProjection, type Projection } from './projection.ts';
import type { ListState, ToolOutcome } from './tool-outcome.ts';

export interface ListCollectorOptions {
  readonly store: ResultStore;
  readonly cursors: CursorCodec;
  readonly clock: Clock;
  /** Most bytes of text in one answer. Default 40,000. */
  readonly maxResultBytes?: number;
}

/** What the envelope around a list takes: connection, meta, notes, cursor. */
const envelopeBytes = 3_000;
/** Before the deadline: time to answer with what is there. */
const reserveMs = 1_500;
/** A projection that needs the whole list works on at most this much JSON. */
const wholeListBytes = 64 * 1024 * 1024;

/** What one pass over pages found. */
interface Intake {
  /** Items read from the service, before any projection. */
  read: number;
  status: number;
  pages: number;
  count: number | undefined;
  deltaLink: string | undefined;
  /** Leads to what the service has left. */
  nextLink: string | undefined;
  /** Items of the last page beyond the limit. */
  beyond: readonly unknown[];
  /** Answer of a projection that is not a list. */
  bare: { readonly value: unknown } | undefined;
}

export function createListCollector(options: ListCollectorOptions): ListCollector {
  const { store, cursors, clock, maxResultBytes = 40_000 } = options;
  const budget = Math.max(1_000, maxResultBytes - envelopeBytes);
  return {
    async collect(pages, wanted, call) {
      const projection = wanted.project === undefined ? undefined : await compileProjection(wanted.project);
      const sink = new ItemSink(store, budget, wanted.format ?? 'json');
      try {
        const intake = await takeIn(pages, sink, { projection, limit: wanted.limit }, clock, call);
        return await answer(sink, intake, wanted, { cursors, maxResultBytes }, call);
      } catch (error) {
        await sink.discard();
        throw error;
      }
    },
    async openCursor(cursor, wanted): Promise<OpenedCursor> {
      const target = await cursors.open(cursor, bindingOf(wanted));
      if (target.kind === 'continue') return target;
      const part = await store.read(target.id, wanted.caller, target.position, budget);
      if (!part) {
        throw invalidArgument(
          'cursor: the stored result that it leads to is gone.',
          'Repeat the call without cursor to start the list again.',
        );
      }
      return { kind: 'stored', outcome: await storedOutcome(part, wanted, cursors, budget) };
    },
  };
}

/** Reads pages into the sink until they end, the limit is reached, or the time is up. */
async function takeIn(
  pages: AsyncIterable<Page>,
  sink: ItemSink,
  { projection, limit = Number.POSITIVE_INFINITY }: { projection: Projection | undefined; limit: number | undefined },
  clock: Clock,
  call: CallContext,
): Promise<Intake> {
  const whole = projection && !projection.perPage ? new WholeList() : undefined;
  const intake = emptyIntake();
  try {
    for await (const page of pages) {
      const items = notePage(intake, page, limit);
      if (whole) {
        whole.add(items);
      } else if (projection) {
        await sink.add(asList(projection.apply(items)));
      } else {
        await sink.add(items, items === page.items ? page.json : undefined);
      }
      call.progress({ progress: intake.read, ...totalOf(intake), message: progressText(intake) });
      if (intake.read >= limit) break;
      if (page.nextLink !== undefined && clock.now() >= call.deadlineAt - reserveMs) {
        call.note(`Time ran out after ${counted(intake.pages, 'page')}; use the cursor to get the rest.`);
        break;
      }
    }
  } catch (error) {
    noteInterruption(error, intake, call);
  }
  if (projection?.perPage) intake.beyond = asList(projection.apply(intake.beyond));
  if (projection && whole) await applyToWhole(projection, whole, sink, intake, call);
  return intake;
}

function emptyIntake(): Intake {
  return {
    read: 0,
    status: 200,
    pages: 0,
    count: undefined,
    deltaLink: undefined,
    nextLink: undefined,
    beyond: [],
    bare: undefined,
  };
}

/** Remembers what the page says, and gives those of its items that the limit still allows. */
function notePage(intake: Intake, page: Page, limit: number): readonly unknown[] {
  const room = limit - intake.read;
  const items = page.items.length > room ? page.items.slice(0, room) : page.items;
  intake.read += items.length;
  intake.pages += 1;
  intake.status = page.status;
  intake.count ??= page.count;
  intake.deltaLink = page.deltaLink;
  intake.nextLink = page.nextLink;
  intake.beyond = page.items.slice(items.length);
  return items;
}

function totalOf({ count, read }: Intake): { total?: number } {
  return count !== undefined && count >= read ? { total: count } : {};
}

function progressText({ read, pages }: Intake): string {
  return `${read} ${read === 1 ? 'item' : 'items'} in ${pages} ${pages === 1 ? 'page' : 'pages'}`;
}

/** What was read stays useful when only time, budget or the network failed: the cursor continues from there. */
const resumable = new Set(['timeout', 'throttled', 'upstream_unavailable']);

function noteInterruption(error: unknown, intake: Intake, call: CallContext): void {
  const cause = call.signal.aborted && call.signal.reason instanceof AppError ? call.signal.reason : error;
  const canGoOn = cause instanceof AppError && resumable.has(cause.code) && intake.nextLink !== undefined;
  if (!canGoOn) throw error;
  call.note(
    `Stopped after ${counted(intake.pages, 'page')} (${cause.code}): ${cause.message} The cursor leads to the rest.`,
  );
}

/** Collects the items for a projection that cannot be applied page by page. */
class WholeList {
  readonly items: unknown[] = [];
  #bytes = 0;

  add(items: readonly unknown[]): void {
    // The first item stands for its page: good enough for a bound.
    this.#bytes += (JSON.stringify(items[0])?.length ?? 0) * items.length;
    if (this.#bytes > wholeListBytes) {
      throw invalidArgument(
        `project: this expression needs the whole list in memory, and the list is over ${wholeListBytes / 1024 / 1024} MiB.`,
        'Use an expression that begins with value[] or value[?…], narrow the list with $select and $filter, or pass limit.',
      );
    }
    for (const item of items) this.items.push(item);
  }
}

async function applyToWhole(
  projection: Projection,
  whole: WholeList,
  sink: ItemSink,
  intake: Intake,
  call: CallContext,
): Promise<void> {
  if (intake.nextLink !== undefined || intake.beyond.length > 0) {
    call.note(`project was applied to the first ${counted(intake.read, 'item')} only, which is not the whole list.`);
  }
  intake.beyond = [];
  const value = projection.apply(whole.items);
  if (Array.isArray(value)) {
    await sink.add(value);
  } else {
    intake.bare = { value };
  }
}

/** A projection's answer for one page as items. */
function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

async function answer(
  sink: ItemSink,
  intake: Intake,
  wanted: CollectOptions,
  { cursors, maxResultBytes }: { readonly cursors: CursorCodec; readonly maxResultBytes: number },
  call: CallContext,
): Promise<ToolOutcome> {
  const then = continuationOf(intake, wanted);
  if (intake.bare) {
    const list: ListState = { items: intake.read, complete: then === undefined };
    const { status, bare } = intake;
    return { status, data: bare.value, list: await withCursor(list, readOn(then), wanted, cursors) };
  }
  const wantedItems = sink.count;
  const sunk = await sink.finish(intake.beyond);
  const { caller, connectionId, format = 'json' } = wanted;
  const { columns } = sunk;
  // A stored result is no place for a secret, so one behind which pages are left at such a link leads nowhere.
  const isOpenLink = then === undefined || maskShapes(then.nextLink, { isPageLink: true }) === then.nextLink;
  const stored = await sunk.writer?.finish(
    withoutUndefined({ caller, connectionId, format, columns, ...(isOpenLink ? { then } : {}) }),
  );
  if (stored && !isOpenLink) {
    call.note('The link to the rest holds a secret and is not stored: ask for less at once to read on from there.');
  }
  if (sunk.shown.length < wantedItems) {
    call.note(
      `The answer would be over ${maxResultBytes} bytes: it holds the first ${sunk.shown.length} of ${counted(sunk.items, 'item')}. ` +
        `Continue with cursor, or reduce it with ${wanted.makeSmallerWith ?? 'project, $select or format: csv'}.`,
    );
  }
  const left: CursorTarget | undefined = stored
    ? { kind: 'stored', id: stored.id, position: sunk.shown.length }
    : readOn(then);
  const list: ListState = {
    items: sunk.items,
    complete: left === undefined,
    ...(stored && intake.beyond.length === 0 ? { result: resultUri(stored.id) } : {}),
  };
  const data = sunk.csv ?? dataOf(sunk.shown, intake);
  return { status: intake.status, data, list: await withCursor(list, left, wanted, cursors) };
}

function dataOf(items: readonly unknown[], { count, deltaLink }: Partial<Intake>): Readonly<Record<string, unknown>> {
  const shownLink = deltaLink && maskShapes(deltaLink, { isPageLink: true });
  return withoutUndefined({ '@odata.count': count, value: items, '@odata.deltaLink': shownLink });
}

/** The next part of a stored list. */
async function storedOutcome(
  { result, items, position }: StoredPart,
  wanted: Wanted,
  cursors: CursorCodec,
  budget: number,
): Promise<ToolOutcome> {
  const limited = items.slice(0, wanted.limit ?? items.length);
  const text = result.format === 'csv' ? await renderCsv(limited, result.columns ?? [], budget) : undefined;
  const shown = text ? limited.slice(0, text.rows) : limited;
  const next = position + shown.length;
  const left: CursorTarget | undefined =
    next < result.items ? { kind: 'stored', id: result.id, position: next } : readOn(result.then);
  const list: ListState = { items: result.items, complete: left === undefined, result: resultUri(result.id) };
  const data = text?.csv ?? dataOf(shown, {});
  return { status: 200, data, list: await withCursor(list, left, wanted, cursors) };
}

async function withCursor(
  list: ListState,
  target: CursorTarget | undefined,
  wanted: Wanted,
  cursors: CursorCodec,
): Promise<ListState> {
  return target ? { ...list, cursor: await cursors.seal(target, bindingOf(wanted)) } : list;
}

function continuationOf({ nextLink }: Intake, { continuation = {} }: CollectOptions): Continuation | undefined {
  return nextLink === undefined ? undefined : { nextLink, continuation };
}

function readOn(rest: Continuation | undefined): CursorTarget | undefined {
  return rest && { kind: 'continue', ...rest };
}

function bindingOf({ caller, connectionId, query, project, format }: Wanted): CursorBinding {
  return { caller, connectionId, query: { ...query, project, format } };
}

/** Address of a stored result as a resource. */
export function resultUri(id: string): string {
  return `tenantry://results/${id}`;
}

export interface CollectOptions {
  /** What the cursor is bound to besides caller and connection: tool name and the arguments that shape the list. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly connectionId: string;
  readonly caller: string;
  /** Show at most this many items; the rest is left to the cursor. */
  readonly limit?: number;
  /** JMESPath on `{ value: [...] }`; applied to the whole list. */
  readonly project?: string;
  readonly format?: 'json' | 'csv';
  /** What a cursor needs to go on at the service when pages were left unread (headers, api version). */
  readonly continuation?: Readonly<Record<string, unknown>>;
  /** Arguments of the tool that make an answer smaller, for the note of one that was cut. Default: those of queries. */
  readonly makeSmallerWith?: string;
}

/** Turns a stream of pages into an answer that fits the byte budget. Memory stays flat in the number of pages. */
export interface ListCollector {
  collect(pages: AsyncIterable<Page>, options: CollectOptions, call: CallContext): Promise<ToolOutcome>;
  /**
   * Opens a cursor that `collect` minted for the same caller, connection and query; throws `invalid_argument` when it
   * is malformed, expired or belongs to something else.
   */
  openCursor(cursor: string, options: Wanted): Promise<OpenedCursor>;
}

/** The options that a cursor is bound to. */
type Wanted = Omit<CollectOptions, 'continuation'>;

export type OpenedCursor =
  /** The rest is in a stored result: the answer is ready. */
  | { readonly kind: 'stored'; readonly outcome: ToolOutcome }
  /** The rest is at the service: fetch from `nextLink` with `continuation` and collect again. */
  | ({ readonly kind: 'continue' } & Continuation);
