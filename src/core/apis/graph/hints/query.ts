import { type HintRule, invalid } from './hint-rule.ts';

/** Queries that the service does not accept. https://learn.microsoft.com/graph/query-parameters */
export const queryHints: readonly HintRule[] = [
  invalid(
    { path: /^\/?devices(?:\/[^/]+|\(.*\))\/owners\b/i, status: [400, 404] },
    'Devices have no owners relationship: use /devices/{id}/registeredOwners (or registeredUsers).',
  ),
  {
    code: 'Directory_ExpiredPageToken',
    reading: {
      code: 'upstream_error',
      hint: 'The link to the next page is too old: start the list again from its beginning.',
    },
  },
  {
    code: 'Request_UnsupportedQuery',
    message: /page token/i,
    reading: {
      code: 'upstream_error',
      hint: 'The link to the next page no longer fits: start the list again from its beginning.',
    },
  },
  invalid(
    { code: 'Request_UnsupportedQuery', message: /too many child clauses/i },
    'Use at most 15 values in one `in` or `or` list, in several requests of graph_batch.',
  ),
  invalid(
    { code: 'Request_UnsupportedQuery', message: /excessive height/i },
    'Flatten the filter: fewer nested parentheses, or several requests.',
  ),
  invalid(
    { code: 'Request_UnsupportedQuery', message: /page size/i },
    'Use a $top between 1 and 999, and follow the pages for more.',
  ),
  invalid(
    { code: ['Request_UnsupportedQuery', 'Request_BadRequest'], message: /\$count is not currently supported/i },
    'Counting directory objects needs the header ConsistencyLevel: eventual; leave headers and $count to Tenantry.',
  ),
  {
    code: 'Request_UnsupportedQuery',
    reading: ({ request }) => ({
      code: 'invalid_argument',
      hint:
        request.query['$expand'] === undefined
          ? 'Filter or sort by a property that the directory supports, or fetch more with a simpler $filter and narrow it with project.'
          : 'Leave $expand out: it cannot be combined with this filter; fetch the relationship in a request of its own.',
    }),
  },
  invalid(
    { code: 'InefficientFilter' },
    'Begin $filter with the properties of $orderby, in the same order, or leave $orderby out.',
  ),
  invalid({ code: 'SearchWithFilter' }, 'Messages take $search or $filter, not both: leave one out.'),
  invalid({ code: 'SearchWithOrderBy' }, 'Leave $orderby out: a $search on messages is sorted by date anyway.'),
  invalid({ code: 'ExpandNotSupported' }, 'Fetch the relationship with its own path instead of $expand.'),
  {
    status: 501,
    path: /^\/?users\/?$/i,
    reading: {
      code: 'unsupported',
      hint: 'Properties kept in the mailbox or profile (aboutMe, skills, mailboxSettings, …) can be read for one user at a time: GET /users/{id}?$select=….',
    },
  },
  invalid(
    { status: 400, message: /^Resource not found for the segment/i },
    'Check the spelling of the path, and whether it exists in this api_version.',
  ),
  invalid(
    { status: 400, message: /could not find a property named|parsing odata select and expand failed/i },
    'Take the unknown property out of $select, $filter or $expand, or use its exact name.',
  ),
  invalid(
    { status: 400, message: /invalid filter clause|syntax error/i },
    "Correct the expression: text in single quotes ('O''Brien'), GUIDs and dates without quotes, $search clauses in double quotes.",
  ),
  invalid(
    { status: 400, message: /invalid object identifier/i },
    'Use the object id (a GUID), or for a user the userPrincipalName.',
  ),
  invalid(
    { code: 'Directory_ResultSizeLimitExceeded' },
    'Use the list /users/{id}/transitiveMemberOf, which has pages.',
  ),
  invalid({ code: 'MaximumValueExceeded' }, 'Let graph_batch or graph_write split the batch.'),
];
