import { errorBody, statusOf } from '../../core/base/error-answer.ts';
import { AppError } from '../../core/base/errors.ts';
import { member, textOf } from '../../core/base/guards.ts';
import type { BatchItemResult, BatchOptions, BatchOutcome } from '../../core/http/batch/batch-item.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { type WriteRequest, writeItem } from './batch-requests.ts';
import { plannedWrites, prepareWrites } from './preview-writes.ts';
import { futureId, type LaterWrites } from './split-bindings.ts';

/**
 * Adds the rest of the references to the objects that were made, and puts the answers behind those of their makers. What
 * has nothing to go to, or comes after a failure, is not sent.
 */
export async function sendLater(
  outcome: BatchOutcome,
  later: readonly LaterWrites[],
  options: BatchOptions,
  context: ConnectionToolContext,
): Promise<BatchOutcome> {
  if (later.length === 0) return outcome;
  const added = new Map<string, readonly BatchItemResult[]>();
  let goesOn = outcome.success || options.continueOnError === true;
  for (const { maker, items } of later) {
    const made = outcome.responses.find(({ id }) => id === maker);
    const id = made?.success === true ? textOf(member(made.body, 'id')) : '';
    const hasNoId = made?.success === true && id === '';
    const results =
      goesOn && id !== ''
        ? await addTo(id, items, options, context)
        : items.map((item) => notSent(item, hasNoId ? unknownId : afterFailure));
    added.set(maker, results);
    goesOn &&= options.continueOnError === true || results.every(({ success }) => success);
  }
  const responses = outcome.responses.flatMap((result) => [result, ...(added.get(result.id) ?? [])]);
  return { success: responses.every(({ success }) => success), responses };
}

async function addTo(
  id: string,
  items: readonly WriteRequest[],
  options: BatchOptions,
  context: ConnectionToolContext,
): Promise<readonly BatchItemResult[]> {
  const { graph, guard, call } = context;
  const known = items.map((item) => ({ ...item, endpoint: item.endpoint.replace(futureId, encodeURIComponent(id)) }));
  const planned = plannedWrites(prepareWrites(items, context), context);
  for (const [index, now] of plannedWrites(prepareWrites(known, context), context).entries()) {
    const before = planned[index];
    if (before !== undefined) guard.coverNow(before, now, call);
  }
  try {
    return (await graph.batch(known.map(writeItem), options, call)).responses;
  } catch (error) {
    // The object is there by now: the answer has to say so, whatever becomes of the rest. A cancelled call has no reader.
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    return items.map((item, index) => (index === 0 ? failed(item, error) : notSent(item, afterFailure)));
  }
}

function failed({ id }: WriteRequest, error: AppError): BatchItemResult {
  return { id, status: statusOf(error), success: false, error: errorBody(error) };
}

const afterFailure = 'Not sent: the request that makes the object, or another one, failed.';
const unknownId = 'Not sent: the answer does not say which id the new object has.';

function notSent({ id }: WriteRequest, reason: string): BatchItemResult {
  const error = new AppError('cancelled', reason, {
    hint: 'Correct what failed; to an object that was made, add the references with PATCH and its id.',
    retryable: true,
  });
  return { id, status: 0, success: false, notSent: true, error: errorBody(error) };
}
