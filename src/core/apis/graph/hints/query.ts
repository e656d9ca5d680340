import type { FailedAnswer } from '../../../http/api-descriptor.ts';
import { type HintRule, invalid } from './hint-rule.ts';

/** Most objects of a page: as the service says, or as it is documented. https://learn.microsoft.com/graph/api/user-list */
function mostPerPage({ message, request }: FailedAnswer): number {
  const [, most] = /between 1 and (\d{1,6})\b/i.exec(message) ?? /more than (\d{1,6})\b/i.exec(message) ?? [];
  if (most !== undefined) return Number(most);
  const { $select = '', $filter = '' } = request.query;
  return /signInActivity/i.test(`${$select} ${$filter}`) ? 500 : 999;
}

/** The next step of an app that asks for `/me`. https://learn.microsoft.com/graph/auth/auth-concepts */
export const appHasNoMe =
  'The connection signs in as an app, and an app has no /me: name the person, as in /users/ada@contoso.com.';

/** Queries that the service does not accept. https://learn.microsoft.com/graph/query-parameters */
export const queryHints: readonly HintRule[] = [
  invalid({ status: 400, path: /^\/?me\b/i, message: /delegated authentication/i }, appHasNoMe),
  invalid(
    { status: 400, path: /^\/?directory\/deleteditems(?:\/\$count)?\/?$/i },
    'Name the type in the path, e.g. /directory/deletedItems/microsoft.graph.user.',
  ),
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
  {
    status: 400,
    message: /page size|cannot query data for more than \d+/i,
    reading: (failure) => ({
      code: 'invalid_argument',
      hint: `Use a $top between 1 and ${mostPerPage(failure)}, and follow the pages for more.`,
    }),
  },
  invalid(
    {
      code: 'Request_UnsupportedQuery',
      message: /required parameters might be missing|special request header|sorting not supported/i,
    },
    'This needs an advanced query: leave ConsistencyLevel and $count to Tenantry, and leave $expand out.',
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
    'Use transitiveMemberOf of the same object instead, which has pages.',
  ),
  invalid({ code: 'MaximumValueExceeded' }, 'Let graph_batch or graph_write split the batch.'),
];
