import { z } from 'zod';
import { withoutNoise } from '../../core/apis/graph/strip-noise.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { isRecord, textOf } from '../../core/base/guards.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { BatchItemResult, BatchOutcome } from '../../core/http/batch/batch-item.ts';
import type { FilledBody } from '../../core/named-secrets/body-secrets.ts';
import type { FillableRequest } from '../../core/named-secrets/fillable-members.ts';
import { startedMonitor } from '../../core/operations/read-operation.ts';
import { planGraphUndo } from '../../core/receipts/graph/plan-graph-undo.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, destructive } from '../define-tool.ts';
import { endOfItem, type ReportEnd, tried, type WriteToKeep, withReceipt } from '../keep-receipt.ts';
import { runningOutcome } from '../operation-outcome.ts';
import { confirm, connection, graphApiVersion, listOf, refuseEnvelope } from '../params.ts';
import { inTurn, readsAddresses } from '../pasted/address-fields.ts';
import { graphAddress } from '../pasted/graph-addresses.ts';
import { readJsonBodies } from '../pasted/json-bodies.ts';
import { batchOutcome } from './batch-outcome.ts';
import {
  maxBatchRequests,
  requestOf,
  type WriteRequest,
  withIds,
  writeItem,
  writeRequestSchema,
} from './batch-requests.ts';
import { withOwnReferences } from './own-references.ts';
import { describeWrites, mostPreviewed, plannedWrites, prepareWrites, previewWrites } from './preview-writes.ts';
import { sendLater } from './send-later.ts';
import { splitBindings } from './split-bindings.ts';

export const graphWrite = defineTool({
  name: 'graph_write',
  title: 'Add, change or delete users, groups and more',
  description:
    'Creates, updates, disables or deletes in Entra and Microsoft 365 through Microsoft Graph: ' +
    'user accounts, passwords, groups. Adds people to a group, or removes them: ' +
    'DELETE /groups/{id}/members/{id}/$ref. One request is sent as is, several as $batch in order. ' +
    'Try dry_run first. For licences use assign_license.',
  toolset: 'graph',
  permissions: ['Least privilege depends on the endpoints, e.g. User.ReadWrite.All for /users'],
  annotations: destructive,
  takesOutcomes: true,
  bindsConnection: true,
  readPasted: inTurn(readsAddresses({ field: 'endpoint', itemsOf: 'requests', ...graphAddress }), readJsonBodies),
  input: z.strictObject({
    connection,
    requests: listOf(writeRequestSchema, maxBatchRequests).describe('The writes, in order.'),
    api_version: graphApiVersion.optional(),
    continue_on_error: z.boolean().optional().describe('Send the rest after a failure. Default false.'),
    dry_run: z
      .boolean()
      .optional()
      .describe('Send no write; return the requests, the current state and the difference.'),
    confirm,
  }),
  async run(args, context) {
    const { requests, api_version: apiVersion, continue_on_error: continueOnError = false, dry_run } = args;
    const note = (text: string) => context.call.note(text);
    const asked = withIds(requests).map((item) =>
      withOwnReferences({ ...item, apiVersion }, context.cloud.graph, note),
    );
    const { items, later } = splitBindings(asked, note);
    const all = [...items, ...later.flatMap((writes) => writes.items)];
    checkCount(all);
    for (const { endpoint } of all) refuseEnvelope(endpoint);
    for (const item of all) context.bodySecrets.check(fillable(item));
    const prepared = prepareWrites(all, context);
    const kept = writeToKeep(args, items, context);
    if (dry_run) return tried(kept, context, previewWrites(prepared, context));
    const preview = async () => ({ requests: await describeWrites(prepared.slice(0, mostPreviewed), context) });
    await context.guard.askForWrites(plannedWrites(prepared, context), preview, context.call);
    // A person may be asked: before anything is kept or sent.
    const filled = await fillAll(items, context);
    return withReceipt(kept, context, async (report) => {
      const [only, ...others] = all;
      if (only !== undefined && others.length === 0) return sendOne(only, filled[0], report, context);
      const options = withoutUndefined({ apiVersion, continueOnError, expectedStatuses: context.expectedOutcomes });
      const sent = items.map((item, index) => writeItem({ ...item, ...bodyOf(filled[index]) }));
      const outcome = await context.graph.batch(sent, options, context.call);
      for (const response of outcome.responses) report(response.id, endOfItem(response));
      const made = await keepAll(outcome, filled, context);
      return batchOutcome(await sendLater(made, later, options, context), { continueOnError }, context);
    });
  },
});

/** What is added to a new object later goes with it when that is undone. */
function writeToKeep(args: unknown, items: readonly WriteRequest[], context: ConnectionToolContext): WriteToKeep {
  const writes = items.map(({ id, method, endpoint, body, apiVersion, depends_on: dependsOn }) => {
    return { id, method, endpoint, body, apiVersion, dependsOn };
  });
  return {
    tool: 'graph_write',
    undoTool: 'graph_write',
    args,
    requests: writes.map(({ id, method, endpoint }) => ({ id, request: `${method} ${endpoint.split('?', 1)[0]}` })),
    plan: (call) => planGraphUndo(writes, { ...context, call }),
  };
}

/** What was split counts as it is sent. */
function checkCount(items: readonly WriteRequest[]): void {
  if (items.length <= maxBatchRequests) return;
  throw invalidArgument(
    `requests: they are ${items.length} with the references that have to be added separately, and ${maxBatchRequests} are the most.`,
    'Add fewer references in one call.',
  );
}

async function sendOne(
  item: WriteRequest,
  filled: FilledBody | undefined,
  report: ReportEnd,
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const { graph, call, record, clock, expectedOutcomes: expectedStatuses } = context;
  const request = { ...requestOf({ ...item, ...bodyOf(filled) }), ...withoutUndefined({ expectedStatuses }) };
  const response = await graph.send(request, call).catch(async (error: unknown) => {
    throw (await filled?.explain(error)) ?? error;
  });
  const isDone = response.status >= 200 && response.status < 300;
  report(item.id, isDone ? { answer: response } : 'failed');
  const body = withoutNoise(response.body);
  const shown = isDone && filled !== undefined ? await filled.keep(body, call) : body;
  const operation = startedMonitor({ connectionId: record.id, method: item.method, response, clock });
  if (operation !== undefined) return runningOutcome(operation, { resource: shown }, context);
  if (response.status === 202) {
    call.note(
      'The service accepted the request (202) and continues in the background: read the object later to see the effect.',
    );
  }
  return { status: response.status, data: shown ?? null };
}

function fillable({ method, endpoint, body }: WriteRequest): FillableRequest {
  return { api: 'graph', method, path: endpoint, body };
}

/** The body as the schema of a write has it: filling in changes members, never what kind of body it is. */
function bodyOf(filled: FilledBody | undefined): Pick<WriteRequest, 'body'> {
  const body = filled?.body;
  return isRecord(body) || typeof body === 'string' ? { body } : {};
}

/** One after the other: a person may be asked. */
async function fillAll(items: readonly WriteRequest[], { bodySecrets, caller, call }: ConnectionToolContext) {
  const filled: FilledBody[] = [];
  for (const item of items) filled.push(await bodySecrets.fill(fillable(item), caller.id, call));
  return filled;
}

/** Stores the passwords of the requests that succeeded, and names them in their answers. */
async function keepAll(
  outcome: BatchOutcome,
  filled: readonly FilledBody[],
  { call }: ConnectionToolContext,
): Promise<BatchOutcome> {
  const responses: BatchItemResult[] = [];
  for (const [index, item] of outcome.responses.entries()) {
    const body = item.success && item.status < 300 ? await filled[index]?.keep(item.body, call) : item.body;
    const isUnknown = item.error?.['code'] === 'outcome_unknown';
    const hint = isUnknown ? await filled[index]?.nameIfDone(textOf(item.error?.['hint'])) : undefined;
    const error = hint === undefined ? item.error : { ...item.error, hint };
    responses.push({ ...item, ...withoutUndefined({ body, error }) });
  }
  return { ...outcome, responses };
}
