import type { CallContext } from '../core/base/call-context.ts';
import { AppError, invalidArgument } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { Page, PageLimits } from '../core/http/page.ts';
import type { CollectOptions } from '../core/results/create-list-collector.ts';
import type { Reading } from '../core/results/create-list-exporter.ts';
import { createItemCounter, type ItemCounter } from '../core/results/item-counter.ts';
import { compileProjection, type Projection } from '../core/results/projection.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Continuation } from '../core/storage/result-store.ts';
import type { ConnectionToolContext } from './define-tool.ts';

/** Where a call may say `$top`. */
interface QueryArguments {
  readonly endpoint?: string | undefined;
  readonly path?: string | undefined;
  readonly params?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** The arguments that shape the answer of a list tool; a tool may have only some. */
export interface ListArguments extends QueryArguments {
  readonly limit?: number | undefined;
  readonly auto_paginate?: boolean | undefined;
  readonly project?: string | undefined;
  readonly count_by?: string | undefined;
  readonly save_as?: string | undefined;
  readonly format?: 'json' | 'csv' | undefined;
  readonly cursor?: string | undefined;
}

/** Where a list comes from, and what its cursors are bound to. */
export interface ListSource
  extends Pick<
    CollectOptions,
    'query' | 'from' | 'continuation' | 'makeSmallerWith' | 'membersWith' | 'isBatch' | 'isPartial'
  > {
  /** `limit` and `max_items` of the connection do not cut the list: it is fetched whole, or applies them itself. */
  readonly isWhole?: boolean;
  /**
   * Reads from the beginning, or from where an earlier answer stopped; may fill in `continuation` meanwhile. An answer
   * that is not a list is returned as it is.
   */
  read(from: Continuation | undefined, limits: PageLimits): Reading | Promise<Reading>;
}

/** What a list is collected with: of the connection, how far it is read and what its cursors belong to. */
export type ListContext = Pick<ConnectionToolContext, 'lists' | 'exports' | 'call' | 'caller' | 'budget'> & {
  readonly record: Pick<ConnectionToolContext['record'], 'id' | 'settings'>;
};

/**
 * Answers with a list within the byte budget. A cursor leads to the stored rest of an earlier answer, or to where that
 * answer stopped at the service; it works only for the same caller, connection and query.
 */
export async function runList(args: ListArguments, source: ListSource, context: ListContext): Promise<ToolOutcome> {
  const { lists, call, caller, record, budget } = context;
  const { read, isWhole = false, ...bound } = source;
  const projection = args.project === undefined ? undefined : await compileProjection(args.project);
  const counter = args.count_by === undefined ? undefined : await createItemCounter(args.count_by);
  const limits = pageLimits(args, record.settings, projection);
  if (args.save_as !== undefined) return saveList(args, { ...source, counter, limits }, context);
  const options: CollectOptions = withoutUndefined({
    ...bound,
    connectionId: record.id,
    caller: caller.id,
    budget,
    limit: isWhole ? undefined : limitOf(args, limits),
    project: args.project,
    counter,
    format: args.format,
  });
  const opened = args.cursor === undefined ? undefined : await lists.openCursor(args.cursor, options);
  if (opened?.kind === 'stored') return withNote(opened.outcome, call);
  const found = await read(opened, limits);
  if (Symbol.asyncIterator in found) {
    const from = opened && { isContinued: true, ...withoutUndefined({ without: opened.without }) };
    const outcome = await lists.collect(found, { ...options, ...from }, call);
    notePageSize(args, limits, call);
    return withNote(outcome, call);
  }
  if (args.format === 'csv') call.note('format was ignored: this is not a list.');
  if (counter !== undefined) call.note('count_by was ignored: this is not a list.');
  const { status, body } = found;
  const data = (projection ? projection.applyTo(body) : body) ?? null;
  return { status, data, ...withoutUndefined({ membersWith: bound.membersWith }) };
}

/** Most items, or groups, that are answered: after `project`, which may leave some out. */
function limitOf({ project, count_by, limit }: ListArguments, { maxItems }: PageLimits): number | undefined {
  return project === undefined && count_by === undefined ? maxItems : limit;
}

/** What makes the answer of a query smaller: arguments of its own, and those that all queries have. */
export function smallerWith(own: readonly string[], { exports }: Pick<ConnectionToolContext, 'exports'>): string {
  const ways = [...own, 'count_by', 'format: csv', ...(exports === undefined ? [] : ['save_as'])];
  return `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}`;
}

interface SaveSource extends ListSource {
  readonly counter: ItemCounter | undefined;
  readonly limits: PageLimits;
}

/** Saves the list as a file; the answer says where. */
async function saveList(
  args: ListArguments,
  { read, membersWith, counter, limits }: SaveSource,
  { exports, call }: ListContext,
): Promise<ToolOutcome> {
  const { save_as: name = '', cursor, project, format } = args;
  if (exports === undefined) {
    throw new AppError('refused', 'save_as: nothing is saved for callers over HTTP.', {
      hint: 'Leave save_as out: meta.result and meta.cursor lead through a long list, and format: csv makes it smaller.',
    });
  }
  if (cursor !== undefined) {
    throw invalidArgument(
      'cursor: a file has the whole list, and not the rest of one.',
      'Leave out cursor to save the list, or save_as to read on.',
    );
  }
  const options = { name, project, counter, limit: limitOf(args, limits), membersWith };
  const outcome = await exports.save(options, async () => read(undefined, limits), call);
  if (format !== undefined && !name.toLowerCase().endsWith(format)) {
    call.note('format was ignored: the ending of save_as says it.');
  }
  notePageSize(args, limits, call);
  return outcome;
}

/** Says that an item is not whole: its list goes on nowhere else in the answer. */
function withNote(outcome: ToolOutcome, { note }: CallContext): ToolOutcome {
  const { isShortened = false, result } = outcome.list ?? {};
  if (isShortened) {
    const where = result === undefined ? 'read it by an address of its own' : 'meta.result has all of it';
    note(`A list or a text inside an item is cut: ${where}, or take a part of it with project.`);
  }
  return outcome;
}

/** Says what became of a `$top` that did not end the list. */
function notePageSize(args: ListArguments, { maxPages }: PageLimits, { record, note }: CallContext): void {
  if (topOf(args) === undefined || maxPages === 1 || record.pages < 2) return;
  note('$top was taken as the page size, and later pages were read too. For the first n items pass limit: n.');
}

/** A list that is fetched whole: what does not fit is stored, so no cursor leads back to the service. */
export function wholeList(
  bound: Pick<ListSource, 'query' | 'makeSmallerWith' | 'isBatch'>,
  fetch: () => Promise<readonly unknown[]>,
  { call }: Pick<ConnectionToolContext, 'call'>,
): ListSource {
  return {
    ...bound,
    isWhole: true,
    async read(from) {
      if (from !== undefined) throw new Error(`A list of ${bound.query['tool']} is never continued at the service.`);
      const items = await fetch();
      return onePage({ items, status: 200, requestId: call.record.requestId });
    },
  };
}

export async function* onePage(page: Page): AsyncGenerator<Page, void> {
  yield page;
}

type Settings = ConnectionToolContext['record']['settings'];

/** How far a list is read. Where the answer has not one item for each, only the connection says how many are read. */
export function pageLimits(
  args: ListArguments,
  { max_items: allowed, max_pages, auto_paginate: usual = true }: Settings,
  projection?: Projection,
): PageLimits {
  const { limit: asked, auto_paginate } = args;
  const limit = projection || args.count_by !== undefined ? undefined : asked;
  const isOnePage = !(auto_paginate ?? (isPageAsked(args, projection) ? false : usual));
  return withoutUndefined({
    // The smaller one of what the call asks for and what the connection allows.
    maxItems: limit === undefined || allowed === undefined ? (limit ?? allowed) : Math.min(limit, allowed),
    maxPages: isOnePage ? 1 : max_pages,
  });
}

/** `$top` by itself means that many items. With a larger `limit`, or where the whole list is needed, it is a size of pages. */
function isPageAsked(args: ListArguments, projection: Projection | undefined): boolean {
  const top = topOf(args);
  if (top === undefined || (args.limit !== undefined && args.limit > top)) return false;
  if (args.count_by !== undefined || args.save_as !== undefined) return false;
  return needsOnlyItsPage(args.project, projection);
}

const inAddress = /[?&](?:\$|%24)top=(\d+)/i;

/** What `$top` says, in `params` or in the address. */
function topOf({ endpoint, path, params = {} }: QueryArguments): number | undefined {
  const [, given] = Object.entries(params).find(([name]) => /^(?:\$|%24)top$/i.test(name)) ?? [];
  const said = given ?? inAddress.exec(endpoint ?? path ?? '')?.[1];
  const top = said === undefined ? Number.NaN : Number(said);
  return Number.isInteger(top) && top > 0 ? top : undefined;
}

/** `value[0].id`, `value[:3].name`: the first items are enough, whatever comes after them. */
const firstItems = /^\s*value\[(?:\d+|\d*:\d+)\][^|]*$/;

/** Whether one page of a list gives what the whole list would begin with, so that `$top` can be meant as a number of items. */
function needsOnlyItsPage(project: string | undefined, projection: Projection | undefined): boolean {
  return projection === undefined || projection.perPage || firstItems.test(project ?? '');
}
