import type { FailedAnswer } from '../../../http/api-descriptor.ts';
import { consistencyHeader, findHeader } from '../advanced/plan-query.ts';
import { activityByName, findByName, renamedSegment } from '../instead/by-name.ts';
import {
  advancedQuery,
  firstExpanded,
  ownPath,
  repairedQuery,
  searchedMessages,
  searchedNames,
  sortableQuery,
  without,
  withoutMailboxProperties,
  withoutOption,
  withPageSize,
} from '../instead/other-query.ts';
import { barePath, otherRead } from '../instead/read-instead.ts';
import { supportedQuery, usesContains } from '../instead/unsupported-query.ts';
import { type HintRule, invalid, notFound } from './hint-rule.ts';

/** Most objects of a page: as the service says, or as it is documented. https://learn.microsoft.com/graph/api/user-list */
function mostPerPage({ message, request }: FailedAnswer): number {
  const [, most] = /(?:between 1 and|more than|the limit of) '?(\d{1,6})\b/i.exec(message) ?? [];
  if (most !== undefined) return Number(most);
  const { $select = '', $filter = '' } = request.query;
  return /signInActivity/i.test(`${$select} ${$filter}`) ? 500 : 999;
}

/** What is left out of a query whose list does not take it. https://learn.microsoft.com/graph/query-parameters */
const leaveOut: Readonly<Record<string, string>> = {
  $top: 'Leave $top out: this list comes whole. limit shortens the answer.',
  $skip: 'Leave $skip out: the cursor of an answer leads to the items behind it.',
};

/** The option that a refusal names; empty when it names none. */
function refusedOption({ message }: FailedAnswer): string {
  return /'(\$\w{1,20})'/.exec(message)?.[1]?.toLowerCase() ?? '';
}

function optionHint(failure: FailedAnswer): string {
  return (
    leaveOut[refusedOption(failure)] ??
    'Ask without the option that this list does not take, and narrow the answer with project.'
  );
}

/** Sorting by what the directory sorts by. https://learn.microsoft.com/graph/aad-advanced-queries */
function isUnsortable({ request }: FailedAnswer): boolean {
  const isAdvanced = findHeader(request.headers, consistencyHeader) !== undefined;
  return isAdvanced && request.query['$expand'] === undefined;
}

function sortingHint(failure: FailedAnswer): string {
  return isUnsortable(failure)
    ? 'The directory does not sort by this property: leave $orderby out, or use displayName or createdDateTime.'
    : advancedHint;
}

const advancedHint =
  'This needs an advanced query: leave ConsistencyLevel and $count to Tenantry, and leave $expand out.';

/** https://learn.microsoft.com/graph/api/user-list */
function combinesSignIn({ $filter = '' }: Readonly<Record<string, string>>): boolean {
  return /signInActivity\//i.test($filter) && /\s(?:and|or)\s/i.test($filter);
}

function unsupportedHint(failure: FailedAnswer): string {
  const { query } = failure.request;
  if (combinesSignIn(query)) {
    return 'Filter by signInActivity alone, and narrow the answer with project: it goes with no other condition.';
  }
  if (query['$expand'] !== undefined) {
    return 'Leave $expand out: it cannot be combined with this filter; fetch the relationship in a request of its own.';
  }
  return usesContains(failure)
    ? 'The directory has no contains: use $search, which finds words by their beginning, or narrow the answer with project.'
    : 'Filter or sort by a property that the directory supports, or fetch more with a simpler $filter and narrow it with project.';
}

/** The next step of an app that asks for `/me`. https://learn.microsoft.com/graph/auth/auth-concepts */
export const appHasNoMe =
  'The connection signs in as an app, and an app has no /me: name the person, as in /users/ada@contoso.com.';

/** What is said about unknown names until somebody has looked into the catalog: see `explain`. */
export const unknownSegment = 'Check the spelling of the path, and whether it exists in this api_version.';
export const unknownProperty = 'Take the unknown property out of $select, $filter or $expand, or use its exact name.';

/** Queries that the service does not accept. https://learn.microsoft.com/graph/query-parameters */
export const queryHints: readonly HintRule[] = [
  invalid({ status: 400, path: /^\/?me\b/i, message: /delegated authentication/i }, appHasNoMe),
  invalid(
    { status: 400, path: /^\/?directory\/deleteditems(?:\/\$count)?\/?$/i },
    'Name the type in the path, e.g. /directory/deletedItems/microsoft.graph.user.',
    ({ request }) => renamedSegment(request, /(?<=deletedItems)/i, '/microsoft.graph.user'),
  ),
  invalid(
    { path: /^\/?devices(?:\/[^/]+|\(.*\))\/owners\b/i, status: [400, 404] },
    'Devices have no owners relationship: use /devices/{id}/registeredOwners (or registeredUsers).',
    ({ request }) => renamedSegment(request, /(?<=\/)owners\b/i, 'registeredOwners'),
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
    message:
      /page size|cannot query data for more than \d+|for top query has been exceeded|invalid value '.*' for \$top/i,
    reading: (failure) => ({
      code: 'invalid_argument',
      hint: `Use a $top between 1 and ${mostPerPage(failure)}, and follow the pages for more.`,
    }),
    instead: (failure) => withPageSize(failure.request, mostPerPage(failure)),
  },
  {
    code: 'Request_UnsupportedQuery',
    message: /sorting not supported/i,
    reading: (failure) => ({ code: 'invalid_argument', hint: sortingHint(failure) }),
    instead: (failure) =>
      isUnsortable(failure) ? without(failure.request, '$orderby') : advancedQuery(failure.request),
  },
  invalid(
    { code: 'Request_UnsupportedQuery', message: /required parameters might be missing|special request header/i },
    advancedHint,
    ({ request }) => advancedQuery(request),
  ),
  {
    status: 400,
    message: /query option '\$\w+' is not supported|^'\$\w+' is not supported/i,
    reading: (failure) => ({ code: 'invalid_argument', hint: optionHint(failure) }),
    instead: (failure) => withoutOption(failure.request, refusedOption(failure)),
  },
  invalid(
    { status: 400, path: /^\/?users\//i, message: /get by key only supports userid/i },
    'Name the user by object id: sign-in activity is not found by userPrincipalName.',
    ({ request }) => activityByName(request),
  ),
  invalid(
    { code: ['Request_UnsupportedQuery', 'Request_BadRequest'], message: /\$count is not currently supported/i },
    'Counting directory objects needs the header ConsistencyLevel: eventual; leave headers and $count to Tenantry.',
    ({ request }) => advancedQuery(request),
  ),
  {
    code: 'Request_UnsupportedQuery',
    instead: supportedQuery,
    reading: (failure) => ({ code: 'invalid_argument', hint: unsupportedHint(failure) }),
  },
  invalid(
    { code: 'InefficientFilter' },
    'Begin $filter with the properties of $orderby, in the same order, or leave $orderby out.',
    ({ request }) => sortableQuery(request),
  ),
  invalid({ code: 'SearchWithFilter' }, 'Messages take $search or $filter, not both: leave one out.', ({ request }) =>
    searchedMessages(request),
  ),
  invalid(
    { code: 'SearchWithOrderBy' },
    'Leave $orderby out: a $search on messages is sorted by date anyway.',
    ({ request }) => without(request, '$orderby'),
  ),
  notFound(
    { status: 404, code: 'ImageNotFound', path: /\/photos?(?:\/|$)/i },
    'There is no photo: nobody has uploaded one of this size. Without /$value the path tells which size there is.',
  ),
  invalid(
    { code: 'ExpandNotSupported' },
    'Fetch the relationship with its own path instead of $expand.',
    ({ request }) => ownPath(request),
  ),
  {
    status: 501,
    path: /^\/?users\/?$/i,
    reading: {
      code: 'unsupported',
      hint: 'Properties kept in the mailbox or profile (aboutMe, skills, mailboxSettings, …) can be read for one user at a time: GET /users/{id}?$select=….',
    },
    instead: ({ request }) => withoutMailboxProperties(request),
  },
  invalid({ status: 400, message: /^Resource not found for the segment/i }, unknownSegment),
  invalid(
    { status: 400, message: /only one relationship can be expanded/i },
    'Expand one relationship; fetch the others with paths of their own.',
    ({ request }) => firstExpanded(request),
  ),
  invalid(
    { status: 400, message: /could not find a property named|parsing odata select and expand failed/i },
    unknownProperty,
  ),
  // https://learn.microsoft.com/graph/search-query-parameter#using-search-on-directory-object-collections
  invalid(
    { status: 400, message: /unrecognized query argument specified/i },
    'Each clause of $search names a property inside its double quotes: "displayName:ada".',
    ({ request }) => searchedNames(request),
  ),
  invalid(
    { status: 400, message: /invalid filter clause|syntax error/i },
    "Correct the expression: text in single quotes ('O''Brien'), GUIDs and dates without quotes, $search clauses in double quotes.",
    ({ request }) => repairedQuery(request) ?? searchedNames(request),
  ),
  invalid(
    { status: 400, message: /invalid object identifier/i },
    'Use the object id (a GUID), or for a user the userPrincipalName.',
    ({ request }) => findByName(request),
  ),
  invalid(
    { code: 'Directory_ResultSizeLimitExceeded' },
    'Use transitiveMemberOf of the same object instead, which has pages.',
    ({ request }) => otherRead(barePath(request).replace(/\/[^/]+$/, '/transitiveMemberOf'), { $select: 'id' }),
  ),
  invalid({ code: 'MaximumValueExceeded' }, 'Let graph_batch or graph_write split the batch.'),
];
