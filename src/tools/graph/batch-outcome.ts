import { withoutNoise } from '../../core/apis/graph/graph-descriptor.ts';
import type { CallContext } from '../../core/base/call-context.ts';
import { counted } from '../../core/base/counted.ts';
import { isRecord } from '../../core/base/guards.ts';
import type { BatchItemResult, BatchOutcome } from '../../core/http/batch/batch-item.ts';
import { compileProjection } from '../../core/results/projection.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { runList, wholeList } from '../run-list.ts';

export interface BatchOutcomeOptions {
  readonly continueOnError: boolean;
  /** JMESPath on the body of every item that succeeded. */
  readonly project?: string | undefined;
}

// Long answers of graph_batch and graph_write are read on by graph_batch with nothing but the cursor.
const bound = { query: { tool: 'graph_batch' } };

/** Answers with `{ responses: [...] }` in request order, within the byte budget. */
export async function batchOutcome(
  outcome: BatchOutcome,
  { continueOnError, project }: BatchOutcomeOptions,
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const projection = project === undefined ? undefined : await compileProjection(project);
  const items = outcome.responses.map((item) => itemOf(item, (body) => projection?.applyTo(body) ?? body));
  const collected = await runList(
    {},
    wholeList(bound, async () => items, context),
    context,
  );
  const { call } = context;
  noteUnsent(outcome.responses, call);
  noteMore(outcome.responses, call);
  if (collected.list?.cursor !== undefined) call.note('The cursor is for graph_batch, without requests.');
  return {
    ...asResponses(collected),
    success: outcome.success,
    isError: !outcome.success && !continueOnError,
  };
}

/** The next part of a long answer. */
export async function nextBatchPart(cursor: string, context: ConnectionToolContext): Promise<ToolOutcome> {
  return asResponses(
    await runList(
      { cursor },
      wholeList(bound, async () => [], context),
      context,
    ),
  );
}

function asResponses(collected: ToolOutcome): ToolOutcome {
  return { ...collected, data: { responses: isRecord(collected.data) ? collected.data['value'] : [] } };
}

function itemOf(item: BatchItemResult, project: (body: unknown) => unknown): Readonly<Record<string, unknown>> {
  const { id, status, success, body, headers, error, notSent } = item;
  return {
    id,
    status,
    success,
    ...(body === undefined ? {} : { body: success ? project(withoutNoise(body)) : body }),
    ...(headers === undefined || Object.keys(headers).length === 0 ? {} : { headers }),
    ...(error === undefined || notSent ? {} : { error: body === undefined ? error : withoutUpstream(error) }),
    ...(notSent ? { not_sent: true } : {}),
  };
}

/** The service's own words are in the body of the item already. */
function withoutUpstream({
  upstream: _,
  ...error
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return error;
}

/** A list inside an item may have more pages, which a projection would hide. */
function noteMore(items: readonly BatchItemResult[], call: CallContext): void {
  const cut = items.filter(({ body }) => typeof body === 'object' && body !== null && '@odata.nextLink' in body);
  if (cut.length > 0) {
    const ids = cut.slice(0, 10).map(({ id }) => id);
    call.note(
      `The lists of ${counted(cut.length, 'request')} go on (${ids.join(', ')}${cut.length > ids.length ? ', …' : ''}): ` +
        'pass follow_pages: true, or read them with graph_query.',
    );
  }
}

/** Why requests were not sent is said once, and not at each of what may be thousands. */
function noteUnsent(items: readonly BatchItemResult[], call: CallContext): void {
  const unsent = items.filter(({ notSent }) => notSent);
  const reason = unsent[0]?.error?.['message'];
  if (unsent.length > 0) {
    const verb = unsent.length === 1 ? 'was' : 'were';
    const count = `${unsent.length} of ${counted(items.length, 'request')} ${verb} not sent`;
    call.note(typeof reason === 'string' ? `${count}: ${reason.replace(/^Not sent: /, '')}` : `${count}.`);
  }
}
