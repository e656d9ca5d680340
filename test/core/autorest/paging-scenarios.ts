/** A list of the server, and what comes of it. */
export interface PagingScenario {
  readonly operation: string;
  /** The path that is asked for, where the operation has parameters. */
  readonly path: string;
  /** Ids of the items, page by page. */
  readonly pages: readonly (readonly number[])[];
  /** Code of the error that ends the list after these pages. */
  readonly error?: string;
}

function list(operation: string, pages: readonly (readonly number[])[], error?: string, path?: string): PagingScenario {
  const asked = path ?? operation.slice(operation.indexOf(' ') + 1);
  return { operation, path: asked, pages, ...(error === undefined ? {} : { error }) };
}

const tenPages = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => [id]);

/** Every list of the server that a generic client can page through. */
export const pagingScenarios: readonly PagingScenario[] = [
  list('GET /paging/noitemname', [[1]]),
  list('GET /paging/emptynextlink', [[1]]),
  list('GET /paging/single', [[1]]),
  list('GET /paging/firstResponseEmpty/1', [[], [1]]),
  list('GET /paging/multiple', tenPages),
  list(
    'GET /paging/multiple/duplicateParams/1',
    [[1], []],
    undefined,
    '/paging/multiple/duplicateParams/1?$filter=foo',
  ),
  list('GET /paging/maxPageSize', [[]]),
  list('GET /paging/multiple/odata', tenPages),
  list(
    'GET /paging/multiple/withpath/{offset}',
    [[1], ...tenPages.slice(1).map(([id = 0]) => [id + 100])],
    undefined,
    '/paging/multiple/withpath/100',
  ),
  list('GET /paging/multiple/retryfirst', tenPages),
  list('GET /paging/multiple/retrysecond', [[1], [1], ...tenPages.slice(2)]),
  list('GET /paging/single/failure', [], 'invalid_argument'),
  list('GET /paging/multiple/failure', [[1]], 'invalid_argument'),
  list('GET /paging/multiple/failureuri', [], 'upstream_error'),
  list('GET /paging/apiVersion/append/1', [[1], []]),
  list('GET /paging/customurl/partialnextlink', [[1], [2]]),
  list('GET /paging/customurl/partialnextlinkop', [[1], [2]]),
];

const needsContract =
  'The next page is another operation with parameters of its own; only the API description says which (`operationName`).';

/** Operations that cannot be run generically, and why. */
export const operationsLeftOut: Readonly<Record<string, string>> = {
  'GET /paging/nullnextlink':
    'The answer has a `nextLink` that the API description says must not be followed; nothing in the answer says so.',
  'GET /paging/single/getWithBodyParams': 'A GET with a body: no Azure service wants one, and ours never carries one.',
  'GET /paging/multiple/getWithQueryParams': needsContract,
  'GET /paging/multiple/nextOperationWithQueryParams': needsContract,
  'GET /paging/multiple/fragment/{tenant}': needsContract,
  'GET /paging/multiple/fragmentwithgrouping/{tenant}': needsContract,
  'GET /paging/apiVersion/replace/1':
    'The version inside a link is to be replaced by that of the request. Links of Resource Manager are opaque and are sent unchanged.',
  'PUT /lro/customheader/putasync/retry/succeeded': customHeader(),
  'PUT /lro/customheader/put/201/creating/succeeded/200': customHeader(),
  'POST /lro/customheader/post/202/retry/200': customHeader(),
  'POST /lro/customheader/postasync/retry/succeeded': customHeader(),
  'OPTIONS /http/retry/502': 'OPTIONS is no method of Resource Manager or Graph, and ours are a closed list.',
};

function customHeader(): string {
  return 'Wants one given `x-ms-client-request-id` on the write and on every poll; ours is a fresh one for each request, as Resource Manager asks.';
}

/** Routes that no operation above leads to, and why. */
export const routesLeftOut: Readonly<Record<string, string>> = {
  'GET /paging/itemNameWithXMSClientName':
    'A variant of `/paging/single` for generated model names; no description lists it.',
  'GET /lro/patch/202/retry/asyncAndLocationHeader/operationResults/202/finalResults/202':
    'After a PATCH the result is read from the resource itself.',
  'GET /lro/retryerror/deleteasync/retry/succeeded/operationResults/foo/200': 'A DELETE has no result to read.',
  'GET /lro/error/put/201/noprovisioningstatepayload': 'A PUT that answers 201 without a state is done.',
  'GET /lro/error/put/200/invalidjson': 'The PUT itself has ended with an error before.',
};
