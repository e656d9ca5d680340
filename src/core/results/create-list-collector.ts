import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { invalidArgument } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { Page } from '../http/page.ts';
import { maskShapes } from '../secrets/answers/secret-shapes.ts';
import type { Continuation, ResultStore, StoredPart } from '../storage/result-store.ts';
import { type AnswerBudget, type Rooms, roomsOf } from './answer-budget.ts';
import type { CursorBinding, CursorHandles, CursorTarget } from './cursor-handles.ts';
import type { Intake } from './intake.ts';
import type { ItemCounter } from './item-counter.ts';
import { ItemSink, type ItemSinkOptions, type SunkItems } from './item-sink.ts';
import { describeLeftOut } from './left-out.ts';
import { type ListFormat, withoutMembers } from './member-sizes.ts';
import { noteProjection } from './note-projection.ts';
import { compileProjection } from './projection.ts';
import { takeInGroups } from './read-groups.ts';
import { type ShownRows, showRows } from './show-rows.ts';
import { takeIn } from './take-in.ts';
import type { ListState, MembersWith, ToolOutcome } from './tool-outcome.ts';

export interface ListCollectorOptions {
  readonly store: ResultStore;
  readonly cursors: CursorHandles;
  readonly clock: Clock;
}

export function createListCollector({ store, cursors, clock }: ListCollectorOptions): ListCollector {
  return {
    async collect(pages, wanted, call) {
      const projection = wanted.project === undefined ? undefined : await compileProjection(wanted.project);
      const { format = 'json', isBatch = false, limit, counter, membersWith } = wanted;
      const { rooms, namesMembers } = shapeOf(wanted);
      const { caller } = wanted;
      const sink = new ItemSink(store, { caller, rooms, format, namesMembers, holdsAll: isBatch });
      try {
        const found = await (counter === undefined
          ? takeIn(pages, sink, { projection, limit, clock }, call)
          : takeInGroups(pages, sink, { counter, projection, limit, clock, membersWith }, call));
        const intake = wanted.isPartial?.() === true ? { ...found, isPart: true } : found;
        noteProjection(projection, intake, wanted, call);
        return await answer(sink, intake, wanted, cursors, call);
      } catch (error) {
        await sink.discard();
        throw error;
      }
    },
    async openCursor(cursor, wanted): Promise<OpenedCursor> {
      const target = await cursors.open(cursor, bindingOf(wanted));
      if (target.kind === 'continue') return target;
      const rooms = roomsOf(wanted.budget);
      const part = await readPart(store, target, wanted, rooms);
      if (!part) {
        throw invalidArgument(
          'cursor: the stored result that it leads to is gone.',
          'Repeat the call without cursor to start the list again.',
        );
      }
      return { kind: 'stored', outcome: await storedOutcome(part, target.without ?? [], wanted, rooms, cursors) };
    },
  };
}

async function answer(
  sink: ItemSink,
  intake: Intake,
  wanted: CollectOptions,
  cursors: CursorHandles,
  call: CallContext,
): Promise<ToolOutcome> {
  const then = continuationOf(intake, wanted);
  if (intake.bare) {
    const list: ListState = { count: intake.read, complete: then === undefined && intake.isPart !== true };
    const { status, bare } = intake;
    return { status, data: bare.value, list: await withCursor(list, readOn(then, []), wanted, cursors) };
  }
  const asked = sink.count;
  const sunk = await sink.finish(intake.beyond);
  const { format = 'json', isBatch, without = [] } = wanted;
  const shown = await showRows(sunk, { ...shapeOf(wanted, call.record.notes), format, without, isBatch });
  const isCutShort = shown.count < asked;
  const stored =
    shown.isReduced || isCutShort || sink.isStored
      ? await store(sink, sunk, { ...intake, then }, wanted, call)
      : undefined;
  if (isCutShort) noteSample(shown, sunk, wanted, call);
  if (sunk.isCut) {
    call.note(`A stored result has no room for more than ${counted(sunk.items, 'item')}: the rest is in no place.`);
  }
  const names = Object.keys(shown.leftOut);
  const left: CursorTarget | undefined =
    stored && shown.count < sunk.items
      ? withoutUndefined({ kind: 'stored', id: stored, position: shown.count, without: orNone(names) })
      : readOn(then, names);
  const list: ListState = withoutUndefined({
    count: shown.count,
    total: totalOf(sunk, intake, wanted, shown.count),
    complete: left === undefined && !sunk.isCut && !shown.hasCutLists && intake.isPart !== true,
    isShortened: shown.hasCutLists && !isBatch ? true : undefined,
    result: stored && intake.beyond.length === 0 ? resultUri(stored, format) : undefined,
    leftOut: describeLeftOut(
      { members: shown.leftOut, empty: shown.empty.length },
      shown.first,
      wanted.membersWith,
      true,
    ),
  });
  const data = shown.csv ?? dataOf(shown.items, intake);
  return { status: intake.status, data, list: await withCursor(list, left, wanted, cursors) };
}

/**
 * How the answer is cut. Members are left out where a caller can ask for them; the lists of other tools have what such a
 * list is about, so rows go, and only as many as it takes.
 */
function shapeOf(
  { budget, membersWith, isBatch = false, counter }: CollectOptions,
  notes: readonly string[] = [],
): Pick<ItemSinkOptions, 'rooms' | 'namesMembers'> {
  const rooms = roomsOf(budget, notes);
  const canAsk = (membersWith !== undefined || isBatch) && counter === undefined;
  return canAsk
    ? { rooms, namesMembers: budget.namesMembers }
    : { rooms: { ...rooms, rows: rooms.columns }, namesMembers: true };
}

/** Ends the stored result; resolves with its id. */
async function store(
  sink: ItemSink,
  { columns }: SunkItems,
  { then, isPart = false }: Pick<Intake, 'isPart'> & { readonly then: Continuation | undefined },
  { caller, connectionId, from = [connectionId], format = 'json', isContinued }: CollectOptions,
  call: CallContext,
): Promise<string> {
  // A stored result is no place for a secret, so one behind which pages are left at such a link leads nowhere.
  const isOpenLink = then === undefined || maskShapes(then.nextLink, { isPageLink: true }) === then.nextLink;
  const writer = await sink.stored();
  const about = {
    caller,
    connectionId,
    from,
    format,
    ...(format === 'csv' ? { columns } : {}),
    ...(isPart ? { isPart } : {}),
  };
  const { id } = await writer.finish(withoutUndefined({ ...about, isContinued, ...(isOpenLink ? { then } : {}) }));
  if (!isOpenLink) {
    call.note('The link to the rest holds a secret and is not stored: ask for less at once to read on from there.');
  }
  return id;
}

function noteSample(
  { count }: ShownRows,
  { items }: SunkItems,
  { makeSmallerWith }: CollectOptions,
  call: CallContext,
): void {
  call.note(
    `${count === 1 ? 'This is the first' : `These are the first ${count}`} of ${counted(items, 'item')} that were read. Go on with cursor, ` +
      `or ask for less with ${makeSmallerWith ?? '$filter, $select, project or format: csv'}.`,
  );
}

/** How many items the whole list has; nothing where it would repeat `count`, or speak of other items. */
function totalOf(
  { items, isCut }: SunkItems,
  { count, nextLink }: Intake,
  { project, isContinued = false }: CollectOptions,
  shown: number,
): number | undefined {
  const isRead = nextLink === undefined && !isContinued && !isCut;
  const total = isRead ? items : project === undefined && count !== undefined && count >= items ? count : undefined;
  return total === shown ? undefined : total;
}

function dataOf(items: readonly unknown[], { count, deltaLink }: Partial<Intake>): Readonly<Record<string, unknown>> {
  const shownLink = deltaLink && maskShapes(deltaLink, { isPageLink: true });
  return withoutUndefined({ '@odata.count': count, value: items, '@odata.deltaLink': shownLink });
}

/** Parts of a stored list are read in pieces of this size, until what is shown of them fills an answer. */
const pieceBytes = 128 * 1024;
/** Most pieces for one answer. */
const mostPieces = 16;

async function readPart(
  store: ResultStore,
  { id, position, without = [] }: Extract<CursorTarget, { kind: 'stored' }>,
  { caller, limit = Number.POSITIVE_INFINITY }: Wanted,
  rooms: Rooms,
): Promise<StoredPart | undefined> {
  const first = await store.read(id, caller, position, pieceBytes);
  if (first === undefined) return undefined;
  const items = [...first.items];
  // Without its largest members, far more of the list fits than one piece has.
  for (let piece = 1; piece < mostPieces && without.length > 0; piece++) {
    if (items.length >= limit || position + items.length >= first.result.items) break;
    const sizes = Buffer.byteLength(JSON.stringify(items.map((item) => withoutMembers(item, without))));
    if (sizes > rooms.rows) break;
    const next = await store.read(id, caller, position + items.length, pieceBytes);
    items.push(...(next?.items ?? []));
  }
  return { ...first, items: items.slice(0, limit) };
}

/** The next part of a stored list. */
async function storedOutcome(
  { result, items, position }: StoredPart,
  without: readonly string[],
  wanted: Wanted,
  rooms: Rooms,
  cursors: CursorHandles,
): Promise<ToolOutcome> {
  const { format, columns = [] } = result;
  const shown = await showRows(
    { head: items, isAll: true, columns, dropped: undefined },
    // Rows go now, and no columns: they are those of the part before.
    { rooms, format, without, isBatch: wanted.isBatch, namesMembers: true },
  );
  const next = position + shown.count;
  const left: CursorTarget | undefined =
    next < result.items
      ? withoutUndefined({ kind: 'stored', id: result.id, position: next, without: orNone(without) })
      : readOn(result.then, without);
  const list: ListState = withoutUndefined({
    count: shown.count,
    total: result.then === undefined && result.isContinued !== true ? result.items : undefined,
    complete: left === undefined && !shown.hasCutLists && result.isPart !== true,
    isShortened: shown.hasCutLists && !wanted.isBatch ? true : undefined,
    result: resultUri(result.id, format),
    leftOut: describeLeftOut(
      { members: shown.leftOut, empty: shown.empty.length },
      shown.first,
      wanted.membersWith,
      true,
    ),
  });
  const data = shown.csv ?? dataOf(shown.items, {});
  return { status: 200, data, list: await withCursor(list, left, wanted, cursors) };
}

async function withCursor(
  list: ListState,
  target: CursorTarget | undefined,
  wanted: Wanted,
  cursors: CursorHandles,
): Promise<ListState> {
  return target ? { ...list, cursor: await cursors.create(target, bindingOf(wanted)) } : list;
}

function continuationOf(
  { nextLink, nextNeeds }: Intake,
  { continuation = {} }: CollectOptions,
): Continuation | undefined {
  return nextLink === undefined ? undefined : { nextLink, continuation: { ...continuation, ...nextNeeds } };
}

function readOn(rest: Continuation | undefined, without: readonly string[]): CursorTarget | undefined {
  return rest && withoutUndefined({ kind: 'continue', ...rest, without: orNone(without) });
}

function orNone(names: readonly string[]): readonly string[] | undefined {
  return names.length === 0 ? undefined : names;
}

function bindingOf({ caller, connectionId, query, project, counter, format }: Wanted): CursorBinding {
  return {
    caller,
    connectionId,
    query: withoutUndefined({ ...query, project, format, count_by: counter?.expression }),
  };
}

/** Address of a stored result as a resource; that of a table has an ending of its own. */
export function resultUri(id: string, format: ListFormat = 'json'): string {
  return `tenantry://results/${id}${format === 'csv' ? '.csv' : ''}`;
}

export interface CollectOptions {
  /** What the cursor is bound to besides caller and connection: tool name and the arguments that shape the list. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly connectionId: string;
  /** Ids of the connections that are read together. Default: of that one. */
  readonly from?: readonly string[];
  readonly caller: string;
  readonly budget: AnswerBudget;
  /** Answer at most this many items, after `project`; the rest is left to the cursor. */
  readonly limit?: number;
  /** JMESPath on `{ value: [...] }`; applied to the whole list. */
  readonly project?: string;
  /** Counts the items, after `project`: the answer is `{ key, count }` for each key, and `limit` is about those. */
  readonly counter?: ItemCounter;
  readonly format?: 'json' | 'csv';
  /** What a cursor needs to go on at the service when pages were left unread (headers, api version). */
  readonly continuation?: Readonly<Record<string, unknown>>;
  /** Arguments of the tool that make an answer smaller, for the note of one that was cut. Default: those of queries. */
  readonly makeSmallerWith?: string;
  /** The argument that brings back members that were left out; absent where the tool has none. */
  readonly membersWith?: MembersWith;
  /** The items are those of a batch: they share the budget, and their bodies are reduced. */
  readonly isBatch?: boolean;
  /** Asked when the pages have ended: whether something is missing that no cursor leads to. */
  readonly isPartial?: () => boolean;
  /** The pages begin in the middle of the list, where a cursor has led. */
  readonly isContinued?: boolean;
  /** Members that are left out, since the part before lacked them. */
  readonly without?: readonly string[];
}

/** Turns a stream of pages into an answer that fits the byte budget. Memory stays flat in the number of pages. */
export interface ListCollector {
  collect(pages: AsyncIterable<Page>, options: CollectOptions, call: CallContext): Promise<ToolOutcome>;
  /**
   * Opens a cursor that `collect` made for the same caller, connection and query; throws `invalid_argument` when it
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
  | ({ readonly kind: 'continue'; readonly without?: readonly string[] } & Continuation);
