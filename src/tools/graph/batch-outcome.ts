import { withoutNoise } from '../../core/apis/graph/strip-noise.ts';
import type { CallContext } from '../../core/base/call-context.ts';
import { counted } from '../../core/base/counted.ts';
import { shortErrorBody } from '../../core/base/error-answer.ts';
import { isRecord } from '../../core/base/guards.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { BatchItemResult, BatchOutcome } from '../../core/http/batch/batch-item.ts';
import { errorBudget } from '../../core/results/answer-budget.ts';
import { compileProjection } from '../../core/results/projection.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { nextCallOf } from '../next-call.ts';
import { type ListArguments, runList, wholeList } from '../run-list.ts';
import { rowsOf } from './batch-table.ts';

export interface BatchOutcomeOptions {
  readonly continueOnError: boolean;
  /** JMESPath on the body of every item that succeeded. */
  readonly project?: string | undefined;
  readonly format?: 'json' | 'csv' | undefined;
}

// graph_batch reads the rest of a long answer, its own or graph_write's, with nothing but the cursor.
const bound = { query: { tool: 'graph_batch' } };

/** Answers with `{ responses: [...] }` in request order, or with a table of them, within the byte budget. */
export async function batchOutcome(
  outcome: BatchOutcome,
  { continueOnError, project, format }: BatchOutcomeOptions,
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const projection = project === undefined ? undefined : await compileProjection(project);
  const said = new Set<string>();
  const refused = { tool: '', args: {}, connection: context.record.name };
  const errorOf = (error: Readonly<Record<string, unknown>>) =>
    withHintOnce(shortErrorBody(error, nextCallOf(error, refused)), said);
  const items = outcome.responses.map((item) => itemOf(item, (body) => projection?.applyTo(body) ?? body, errorOf));
  const isError = !outcome.success && !continueOnError;
  const budget = isError ? errorBudget(context.budget) : context.budget;
  const collected = await readOn({ format }, items, { ...context, budget });
  const { call } = context;
  noteUnsent(outcome.responses, call);
  noteMore(outcome.responses, call);
  const isReduced = isRecord(collected.data) && hasReduced(collected.data['value']);
  if (isReduced) {
    call.note(
      'The bodies share one answer: reduced says what is missing in one, meta.result has them whole. ' +
        'Add $select or $top to the urls, pass project, or read one with graph_query.',
    );
  }
  if (collected.list?.cursor !== undefined) {
    const also = format === 'csv' ? ' and with format: csv' : '';
    call.note(`The cursor is for graph_batch, without requests${also}.`);
  }
  const isCut = outcome.responses.some(({ isTruncated }) => isTruncated);
  return {
    ...asResponses(collected),
    ...(isCut && collected.list ? { list: { ...collected.list, complete: false } } : {}),
    success: outcome.success,
    isError,
  };
}

/** The next part of a long answer. */
export async function nextBatchPart(
  cursor: string,
  format: BatchOutcomeOptions['format'],
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  return asResponses(await readOn({ cursor, format }, [], context));
}

function readOn(
  { cursor, format }: Pick<ListArguments, 'cursor' | 'format'>,
  items: readonly Readonly<Record<string, unknown>>[],
  context: ConnectionToolContext,
) {
  const isTable = format === 'csv';
  return runList(
    withoutUndefined({ cursor, format: isTable ? format : undefined }),
    wholeList({ ...bound, isBatch: !isTable }, async () => (isTable ? items.flatMap(rowsOf) : items), context),
    context,
  );
}

function asResponses(collected: ToolOutcome): ToolOutcome {
  if (typeof collected.data === 'string') return collected;
  return { ...collected, data: { responses: isRecord(collected.data) ? collected.data['value'] : [] } };
}

function hasReduced(items: unknown): boolean {
  return Array.isArray(items) && items.some((item) => isRecord(item) && 'reduced' in item);
}

/** An item as answers show it. */
function itemOf(
  { id, status, success, body, headers = {}, error, notSent, isTruncated }: BatchItemResult,
  project: (body: unknown) => unknown,
  errorOf: (error: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (notSent) return { id, status, success, not_sent: true };
  const shown = success && body !== undefined ? project(withoutNoise(body)) : body;
  return withoutUndefined({
    id,
    status,
    success,
    // The error of an item has what the service said.
    body: error === undefined ? shown : undefined,
    complete: isTruncated ? false : undefined,
    headers: Object.keys(headers).length === 0 ? undefined : headers,
    error: error && errorOf(error),
  });
}

/** `said` are the hints so far: one that many items share stands, with the call to make instead, at the first of them. */
function withHintOnce(error: Readonly<Record<string, unknown>>, said: Set<string>): Readonly<Record<string, unknown>> {
  const { hint, try: _next, ...rest } = error;
  if (typeof hint !== 'string') return error;
  if (said.has(hint)) return rest;
  said.add(hint);
  return error;
}

/** A list inside an item may have more pages, which a projection would hide. */
function noteMore(items: readonly BatchItemResult[], call: CallContext): void {
  const cut = items.filter(({ body }) => typeof body === 'object' && body !== null && '@odata.nextLink' in body);
  if (cut.length === 0) return;
  const ids = cut.slice(0, 10).map(({ id }) => id);
  const which = `${ids.join(', ')}${cut.length > ids.length ? ', …' : ''}`;
  call.note(
    `${counted(cut.length, 'request')} ${cut.length === 1 ? 'has' : 'have'} more pages (${which}): pass follow_pages: true, or read the list with graph_query.`,
  );
}

/** Says once, rather than for each of possibly thousands, why requests were not sent. */
function noteUnsent(items: readonly BatchItemResult[], call: CallContext): void {
  const unsent = items.filter(({ notSent }) => notSent);
  const reason = unsent[0]?.error?.['message'];
  if (unsent.length === 0) return;
  const count = `${unsent.length} of ${counted(items.length, 'request')} ${unsent.length === 1 ? 'was' : 'were'} not sent`;
  call.note(typeof reason === 'string' ? `${count}: ${reason.replace(/^Not sent: /, '')}` : `${count}.`);
}
