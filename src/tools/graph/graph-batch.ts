import { z } from 'zod';
import { invalidArgument } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { defineTool, readOnly } from '../define-tool.ts';
import { connection, cursor, format, graphApiVersion, listOf, shortText, text } from '../params.ts';
import { readsAddresses } from '../pasted/address-fields.ts';
import { graphAddress } from '../pasted/graph-addresses.ts';
import { batchOutcome, nextBatchPart } from './batch-outcome.ts';
import { maxBatchRequests, readItem, readRequestSchema, withIds } from './batch-requests.ts';

export const graphBatch = defineTool({
  name: 'graph_batch',
  title: 'Batch of Graph reads',
  description:
    'Runs many Microsoft Graph reads at once, up to 2,000 as $batch, and answers in request order: ' +
    'looks up a list of ids in one go, or several things in a single round trip. ' +
    'For one list use graph_query, for writes graph_write.',
  toolset: 'graph',
  permissions: ['Least privilege depends on the urls'],
  annotations: readOnly,
  takesOutcomes: true,
  bindsConnection: true,
  readPasted: readsAddresses({ field: 'url', itemsOf: 'requests', ...graphAddress, writer: 'graph_write' }),
  input: z.strictObject({
    connection,
    requests: listOf(readRequestSchema, maxBatchRequests)
      .optional()
      .describe('The reads; required unless cursor is given.'),
    api_version: graphApiVersion.optional(),
    prefer: text(/^[\x20-\x7e]{0,1000}$/, 'use up to 1000 printable characters')
      .optional()
      .describe('Prefer header for every request.'),
    continue_on_error: z.boolean().optional().describe('Send the rest after a failure. Default false.'),
    follow_pages: z.boolean().optional().describe('Read lists inside items to their end.'),
    project: shortText(4_000).optional().describe('JMESPath on every body, e.g. {id:id}.'),
    format: format.optional(),
    cursor: cursor.optional().describe('meta.cursor of a long answer, instead of requests.'),
  }),
  // A table is text.
  output: z.union([
    z.looseObject({
      responses: z.array(z.looseObject({ id: z.string(), status: z.int(), success: z.boolean() })),
    }),
    z.string(),
  ]),
  async run(
    {
      requests,
      api_version: apiVersion,
      prefer,
      continue_on_error: continueOnError = false,
      follow_pages,
      project,
      format,
      cursor,
    },
    context,
  ) {
    if (cursor !== undefined) return nextBatchPart(cursor, format, context);
    if (requests === undefined) {
      throw invalidArgument('requests: missing.', 'Pass requests such as [{"url":"/users/{id}"}].');
    }
    const options = withoutUndefined({
      apiVersion,
      continueOnError,
      prefer,
      followPages: follow_pages,
      expectedStatuses: context.expectedOutcomes,
    });
    const outcome = await context.graph.batch(withIds(requests).map(readItem), options, context.call);
    return batchOutcome(outcome, { continueOnError, project, format }, context);
  },
});
