import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ApiResponse } from '../core/http/api-client.ts';
import type { Page, PageLimits } from '../core/http/page.ts';
import type { CollectOptions } from '../core/results/create-list-collector.ts';
import { compileProjection } from '../core/results/projection.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Continuation } from '../core/storage/storage.ts';
import type { ConnectionToolContext } from './define-tool.ts';

/** The arguments that shape the answer of a list tool; a tool may have only some. */
export interface ListArguments {
  readonly limit?: number | undefined;
  readonly auto_paginate?: boolean | undefined;
  readonly project?: string | undefined;
  readonly format?: 'json' | 'csv' | undefined;
  readonly cursor?: string | undefined;
}

/** Where a list comes from, and what its cursors are bound to. */
export interface ListSource extends Pick<CollectOptions, 'query' | 'continuation' | 'makeSmallerWith'> {
  /** `limit` and `max_items` of the connection do not cut the list: it is fetched whole, or applies them itself. */
  readonly isWhole?: boolean;
  /**
   * Reads from the beginning, or from where an earlier answer stopped; may fill in `continuation` meanwhile. An answer
   * that is not a list is returned as it is.
   */
  read(from: Continuation | undefined, limits: PageLimits): Reading | Promise<Reading>;
}

type Reading = AsyncIterable<Page> | Pick<ApiResponse, 'status' | 'body'>;

/**
 * Answers with a list within the byte budget. A cursor leads to the stored rest of an earlier answer, or to where that
 * answer stopped at the service; it works only for the same caller, connection and query.
 */
export async function runList(
  args: ListArguments,
  { read, isWhole = false, ...bound }: ListSource,
  { lists, call, caller, record }: ConnectionToolContext,
): Promise<ToolOutcome> {
  const limits = pageLimits(args, record.settings);
  const options: CollectOptions = withoutUndefined({
    ...bound,
    connectionId: record.id,
    caller,
    limit: isWhole ? undefined : limits.maxItems,
    project: args.project,
    format: args.format,
  });
  const opened = args.cursor === undefined ? undefined : await lists.openCursor(args.cursor, options);
  if (opened?.kind === 'stored') return opened.outcome;
  const found = await read(opened, limits);
  if (Symbol.asyncIterator in found) return lists.collect(found, options, call);
  if (args.format === 'csv') call.note('format was ignored: this is not a list.');
  const { status, body } = found;
  const data = args.project === undefined ? body : (await compileProjection(args.project)).applyTo(body);
  return { status, data: data ?? null };
}

/** A list that is fetched whole: what does not fit is stored, so no cursor leads back to the service. */
export function wholeList(
  bound: Pick<ListSource, 'query' | 'makeSmallerWith'>,
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

/** How far a list is read; `auto_paginate: false` reads one page. */
export function pageLimits(
  { limit, auto_paginate }: ListArguments,
  { max_items: allowed, max_pages, auto_paginate: usual = true }: ConnectionToolContext['record']['settings'],
): PageLimits {
  return withoutUndefined({
    // The smaller one of what the call asks for and what the connection allows.
    maxItems: limit === undefined || allowed === undefined ? (limit ?? allowed) : Math.min(limit, allowed),
    maxPages: (auto_paginate ?? usual) ? max_pages : 1,
  });
}
