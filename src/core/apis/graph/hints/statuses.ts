import { plainDelta, restartedDelta } from '../instead/other-query.ts';
import { type HintRule, invalid } from './hint-rule.ts';

const restart =
  'The service has forgotten this position: start over (graph_delta with reset: true) and drop what was kept from earlier answers.';

/** Positions of delta queries that are gone. https://learn.microsoft.com/graph/delta-query-overview */
export const deltaHints: readonly HintRule[] = [
  {
    code: [
      'syncStateNotFound',
      'syncStateInvalid',
      'resyncRequired',
      'resyncChangesApplyDifferences',
      'resyncChangesUploadDifferences',
    ],
    reading: { code: 'upstream_error', hint: restart },
    instead: ({ request }) => restartedDelta(request),
  },
  {
    status: 410,
    path: /\bdelta\b/i,
    reading: { hint: restart },
    instead: ({ request }) => restartedDelta(request),
  },
  invalid(
    { status: 400, path: /\bdelta\b/i, message: /query option|filter|\$(?:top|expand|orderby)\b/i },
    "Delta queries of directory objects take only $select, and $filter by id (id eq '…' or id eq '…'); read them with graph_delta, and narrow the answer with project.",
    ({ request }) => plainDelta(request),
  ),
];

/**
 * What remains, by status alone; those that mean the same everywhere have their hints in the pipeline.
 * https://learn.microsoft.com/graph/errors#http-status-codes
 */
export const statusHints: readonly HintRule[] = [
  invalid(
    { status: 405 },
    'This address does not take this method: check both, and pass api_version: beta where the operation exists in beta only.',
  ),
  invalid({ status: 406 }, 'The service has no such form of this: leave the header Accept out.'),
  {
    status: 410,
    reading: { hint: 'What was asked for is gone: list it again, for a delta query with graph_delta and reset: true.' },
  },
  invalid({ status: 411 }, 'Send the request with a body; {} where it takes nothing.'),
  {
    status: 412,
    message: /if-match/i,
    reading: { hint: 'Pass the header If-Match with the @odata.etag that a read of the object gives.' },
  },
  invalid(
    { status: 413 },
    'Send less in one request; a large file goes through an upload session (POST …/createUploadSession).',
  ),
  invalid({ status: 414 }, 'The address is too long: ask with shorter filters, in several requests of graph_batch.'),
  invalid({ status: 415 }, 'Name the real Content-Type of the body in headers.'),
  invalid(
    { status: 416 },
    'This part of the file was sent already, or does not exist: read the upload session for its nextExpectedRanges.',
  ),
  { status: 423, reading: { hint: 'The object is locked: call again in a little while.' } },
  {
    status: 507,
    reading: { hint: 'The storage quota is used up: free space or have the quota raised, then call again.' },
  },
];
