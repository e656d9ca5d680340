import { z } from 'zod';
import { withoutNoise } from '../../core/apis/graph/strip-noise.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { startedMonitor } from '../../core/operations/read-operation.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, destructive } from '../define-tool.ts';
import { runningOutcome } from '../operation-outcome.ts';
import { confirm, connection, expectedOutcomes, listOf, refuseEnvelope } from '../params.ts';
import { batchOutcome } from './batch-outcome.ts';
import {
  maxBatchRequests,
  requestOf,
  type WriteRequest,
  withIds,
  writeItem,
  writeRequestSchema,
} from './batch-requests.ts';
import { describeWrites, mostPreviewed, plannedWrites, prepareWrites, previewWrites } from './preview-writes.ts';

export const graphWrite = defineTool({
  name: 'graph_write',
  title: 'Write to Microsoft Graph',
  description:
    'Creates, changes or deletes objects in Microsoft Graph: one request is sent as is, several as $batch in order. ' +
    'Try dry_run first. For licences use assign_license. To remove a member from a group DELETE /groups/{id}/members/{id}/$ref.',
  toolset: 'graph',
  permissions: ['Least privilege depends on the endpoints, e.g. User.ReadWrite.All for /users'],
  annotations: destructive,
  bindsConnection: true,
  input: z.strictObject({
    connection,
    requests: listOf(writeRequestSchema, maxBatchRequests),
    continue_on_error: z.boolean().optional().describe('Send the rest after a failure. Default false.'),
    dry_run: z
      .boolean()
      .optional()
      .describe('Send no write; return the requests, the current state and the difference.'),
    expected_outcomes: expectedOutcomes.optional(),
    confirm,
  }),
  async run({ requests, continue_on_error: continueOnError = false, dry_run, expected_outcomes }, context) {
    const items = withIds(requests);
    for (const { endpoint } of items) refuseEnvelope(endpoint);
    const [only, ...others] = items;
    const prepared = prepareWrites(items, context);
    if (dry_run) return previewWrites(prepared, context);
    const preview = async () => ({ requests: await describeWrites(prepared.slice(0, mostPreviewed), context) });
    await context.guard.askForWrites(plannedWrites(prepared, context), preview, context.call);
    if (only !== undefined && others.length === 0) return sendOne(only, expected_outcomes, context);
    const options = withoutUndefined({ continueOnError, expectedStatuses: expected_outcomes });
    const outcome = await context.graph.batch(items.map(writeItem), options, context.call);
    return batchOutcome(outcome, { continueOnError }, context);
  },
});

async function sendOne(
  item: WriteRequest,
  expectedStatuses: readonly number[] | undefined,
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const { graph, call, record, clock } = context;
  const request = requestOf(item);
  const response = await graph.send(expectedStatuses === undefined ? request : { ...request, expectedStatuses }, call);
  const operation = startedMonitor({ connectionId: record.id, method: item.method, response, clock });
  if (operation !== undefined) return runningOutcome(operation, {}, context);
  if (response.status === 202) call.note('The service accepted the request (202) and continues in the background.');
  return { status: response.status, data: withoutNoise(response.body) ?? null };
}
