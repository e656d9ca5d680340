import { describe, expect, test } from 'vitest';
import { createGraphDescriptor } from '../../../../src/core/apis/graph/graph-descriptor.ts';
import type { AppError, ErrorCode } from '../../../../src/core/base/errors.ts';
import type { HttpMethod } from '../../../../src/core/http/api-client.ts';
import { mapFailedAnswer } from '../../../../src/core/http/policies/error.ts';

// Each row of the documented errors of Microsoft Graph has a message and a next step of ours.
// https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/graph/resolve-auth-errors

const api = createGraphDescriptor();
const requestId = '6d1e1b0a-54c7-4d4e-9d7a-0c1f4a1b2c3d';

interface Failure {
  readonly method?: HttpMethod;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of the error besides code and message. */
  readonly more?: object;
}

function failed(status: number, code: string, message: string, failure: Failure = {}): AppError {
  const { method = 'GET', path = '/users', query = {}, headers = {}, more = {} } = failure;
  const described = { method, path, wirePath: path, query };
  const body = { error: { code, message, innerError: { 'request-id': requestId }, ...more } };
  const url = `https://graph.microsoft.com/v1.0${path}`;
  return mapFailedAnswer(
    { api, described, request: described, repeatability: 'safe', tooLongMs: undefined },
    { status, headers, body, sizeBytes: 0, url },
    0,
  );
}

/** A hint is our own sentence: it does not send its reader to the words of the service. */
function expectOwnSentence(error: AppError): void {
  expect(error.hint).toMatch(/^[A-Z].{15,}[.)]$/s);
  expect(error.hint).not.toMatch(/\bmessage\b|upstream|\bdetails?\b/i);
  expect(error.message).toMatch(/^Microsoft Graph answered \d{3}\b/);
}

describe('by status', () => {
  test.each<[number, ErrorCode, boolean, RegExp]>([
    [400, 'invalid_argument', false, /reference of this operation/],
    [401, 'unauthenticated', false, /validate_connection/],
    [402, 'upstream_error', false, /metered/],
    [403, 'permission_denied', false, /Grant|permission/],
    [404, 'not_found', false, /Check the id/],
    [405, 'invalid_argument', false, /api_version: beta/],
    [406, 'invalid_argument', false, /Accept/],
    [409, 'conflict', false, /Read the object again/],
    [410, 'upstream_error', false, /reset: true/],
    [411, 'invalid_argument', false, /body/],
    [412, 'precondition_failed', false, /ETag/],
    [413, 'invalid_argument', false, /createUploadSession/],
    [415, 'invalid_argument', false, /Content-Type/],
    [416, 'invalid_argument', false, /nextExpectedRanges/],
    [422, 'invalid_argument', false, /Correct the values/],
    [423, 'conflict', true, /locked/],
    [429, 'throttled', true, /Call again/],
    [500, 'upstream_unavailable', true, /Call again/],
    [501, 'unsupported', false, /Leave out|one user at a time/],
    [502, 'upstream_unavailable', true, /Call again/],
    [503, 'upstream_unavailable', true, /Call again/],
    [504, 'upstream_unavailable', true, /Call again/],
    [507, 'upstream_error', false, /storage/],
    [509, 'throttled', true, /bandwidth/],
  ])('%i', (status, code, retryable, hint) => {
    const error = failed(status, '', 'Words.', { path: '/things' });
    expectOwnSentence(error);
    expect(error).toMatchObject({ code, retryable, status, hint: expect.stringMatching(hint) });
  });
});

const get = (path: string, query: Readonly<Record<string, string>> = {}): Failure => ({ path, query });
const post = (path: string): Failure => ({ method: 'POST', path });

describe('by code', () => {
  test.each<[number, string, string, Failure, ErrorCode, RegExp]>([
    [401, 'InvalidAuthenticationToken', 'Access token is empty.', {}, 'unauthenticated', /Authorization header/],
    [
      401,
      'InvalidAuthenticationToken',
      'Lifetime validation failed, the token is expired.',
      {},
      'unauthenticated',
      /clock/,
    ],
    [
      401,
      'InvalidAuthenticationToken',
      'Access token has expired or is not yet valid.',
      {},
      'unauthenticated',
      /clock/,
    ],
    [
      401,
      'InvalidAuthenticationToken',
      'Access token validation failure. Invalid audience.',
      {},
      'unauthenticated',
      /another resource or cloud/,
    ],
    [
      401,
      'InvalidAuthenticationToken',
      'IDX14100: JWT is not well formed.',
      {},
      'unauthenticated',
      /not an access token/,
    ],
    [
      401,
      'InvalidAuthenticationToken',
      'CompactToken parsing failed with error code: 80049217',
      {},
      'unauthenticated',
      /not an access token/,
    ],
    [401, 'Authorization_IdentityNotFound', 'The identity …', {}, 'unauthenticated', /no service principal/],
    [403, 'Authorization_RequestDenied', 'Insufficient privileges …', {}, 'permission_denied', /User\.ReadBasic\.All/],
    [403, 'Forbidden', 'No.', get('/teams/1'), 'permission_denied', /Team\.ReadBasic\.All/],
    [403, 'ErrorAccessDenied', 'No.', get('/users/1/messages'), 'permission_denied', /Mail\.ReadBasic\.All/],
    [403, 'accessDenied', 'No.', get('/sites/1'), 'permission_denied', /Sites\.Read\.All/],
    [
      403,
      'Authentication_MSGraphPermissionMissing',
      'The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API.',
      get('/auditLogs/signIns'),
      'permission_denied',
      /AuditLog\.Read\.All/,
    ],
    [
      403,
      'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
      'Neither tenant is B2C or tenant doesn’t have premium license',
      get('/auditLogs/signIns'),
      'permission_denied',
      /P1 or P2/,
    ],
    [403, 'Directory_QuotaExceeded', 'The directory object quota limit …', post('/users'), 'upstream_error', /quota/],
    [404, 'Request_ResourceNotFound', "Resource '1' does not exist …", get('/users/1'), 'not_found', /deletedItems/],
    [404, 'ErrorItemNotFound', 'The specified object …', get('/users/1/messages/2'), 'not_found', /ImmutableId/],
    [404, 'ErrorInvalidUser', 'No.', get('/users/1/messages'), 'not_found', /no mailbox/],
    [404, 'MailboxNotEnabledForRESTAPI', 'No.', get('/users/1/messages'), 'not_found', /no mailbox/],
    [404, 'ErrorNonExistentMailbox', 'No.', get('/users/1/events'), 'not_found', /no mailbox/],
    [404, 'ResourceNotFound', 'No.', get('/users/1/mailFolders'), 'not_found', /no mailbox/],
    [404, 'itemNotFound', 'Item not found', get('/drives/1/items/2'), 'not_found', /drive and item id/],
    [400, 'BadRequest', "Resource not found for the segment 'x'.", get('/x'), 'invalid_argument', /spelling/],
    [
      400,
      'BadRequest',
      "Could not find a property named 'p' on type 'microsoft.graph.user'.",
      {},
      'invalid_argument',
      /unknown property/,
    ],
    [
      400,
      'BadRequest',
      'Parsing OData Select and Expand failed: Could not find …',
      {},
      'invalid_argument',
      /unknown property/,
    ],
    [
      400,
      'Request_BadRequest',
      'Invalid filter clause: Syntax error at position 12',
      {},
      'invalid_argument',
      /Correct the expression/,
    ],
    [400, 'Request_BadRequest', "Invalid object identifier 'x'.", get('/users/x'), 'invalid_argument', /GUID/],
    [
      400,
      'Request_BadRequest',
      '$count is not currently supported.',
      get('/users/$count'),
      'invalid_argument',
      /ConsistencyLevel/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      "Operator 'ne' is not supported because the required parameters might be missing. Try adding $count=true",
      {},
      'invalid_argument',
      /advanced query/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
      {},
      'invalid_argument',
      /advanced query/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      'Sorting not supported for current query.',
      {},
      'invalid_argument',
      /advanced query/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      "Unsupported or invalid query filter clause specified for property 'p' of resource 'User'.",
      {},
      'invalid_argument',
      /supports/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15",
      {},
      'invalid_argument',
      /15 values/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      'Search filter expression has excessive height: 4. Max allowed: 3.',
      {},
      'invalid_argument',
      /Flatten/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
      get('/users', { $top: '1000' }),
      'invalid_argument',
      /between 1 and 999\b/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      "Invalid page size specified: '999'. Must be between 1 and 500 inclusive.",
      get('/users', { $top: '999', $select: 'id,signInActivity' }),
      'invalid_argument',
      /between 1 and 500\b/,
    ],
    [
      400,
      'Request_BadRequest',
      'Cannot query data for more than 120 users at a time.',
      get('/users', { $top: '999', $select: 'id,signInActivity' }),
      'invalid_argument',
      /between 1 and 120\b/,
    ],
    [
      400,
      'Request_UnsupportedQuery',
      'Unable to execute query; invalid page token specified.',
      {},
      'upstream_error',
      /from its beginning/,
    ],
    [
      400,
      'Directory_ExpiredPageToken',
      'The specified page token value has expired …',
      {},
      'upstream_error',
      /from its beginning/,
    ],
    [
      400,
      'Directory_ResultSizeLimitExceeded',
      'Too many.',
      post('/users/1/getMemberGroups'),
      'invalid_argument',
      /transitiveMemberOf/,
    ],
    [
      400,
      'Request_BadRequest',
      'Another object with the same value for property userPrincipalName already exists.',
      post('/users'),
      'conflict',
      /another userPrincipalName/,
    ],
    [
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      'Another object with the same value for property userPrincipalName already exists.',
      post('/users'),
      'conflict',
      /another userPrincipalName/,
    ],
    [
      400,
      'Request_BadRequest',
      "One or more added object references already exist for the following modified properties: 'members'.",
      post('/groups/1/members/$ref'),
      'conflict',
      /member already/,
    ],
    [
      400,
      'Request_BadRequest',
      'Property usageLocation is invalid.',
      { method: 'PATCH', path: '/users/1' },
      'invalid_argument',
      /type and form/,
    ],
    [
      400,
      'Request_BadRequest',
      'The specified password does not comply with password complexity requirements.',
      post('/users'),
      'invalid_argument',
      /longer password/,
    ],
    [
      409,
      'Directory_ConcurrencyViolation',
      'Busy.',
      { method: 'PATCH', path: '/users/1' },
      'conflict',
      /repeat the call/,
    ],
    [
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      'The service principal cannot be created …',
      post('/servicePrincipals'),
      'conflict',
      /exists already/,
    ],
    [
      409,
      'nameAlreadyExists',
      'The name is taken.',
      post('/drives/1/items/2/children'),
      'conflict',
      /conflictBehavior/,
    ],
    [409, 'Conflict', 'Taken.', post('/teams'), 'conflict', /another name/],
    [
      422,
      'Request_UnprocessableEntity',
      'The values provided contain one or more validation errors.',
      { method: 'POST', path: '/groups/1/validateProperties' },
      'invalid_argument',
      /Correct the values/,
    ],
    [429, 'TooManyRequests', 'Please retry again later.', {}, 'throttled', /Call again/],
    [
      429,
      'ApplicationThrottled',
      'Application is over its MailboxConcurrency limit.',
      get('/users/1/messages'),
      'throttled',
      /four requests at a time/,
    ],
    [
      429,
      'activityLimitReached',
      'The request has been throttled',
      get('/drives/1/root/children'),
      'throttled',
      /Call again/,
    ],
    [429, 'Request_ThrottledTemporarily', 'Throttled.', {}, 'throttled', /Call again/],
    [400, 'InefficientFilter', 'Too complex.', get('/me/messages'), 'invalid_argument', /\$orderby/],
    [400, 'SearchWithFilter', 'No.', get('/me/messages'), 'invalid_argument', /not both/],
    [400, 'SearchWithOrderBy', 'No.', get('/me/messages'), 'invalid_argument', /sorted by date/],
    [400, 'ExpandNotSupported', "Expand is not allowed for property 'Photo'", {}, 'invalid_argument', /its own path/],
    [
      400,
      'MaximumValueExceeded',
      'Number of batch request steps exceeds the maximum value of 20.',
      post('/$batch'),
      'invalid_argument',
      /split the batch/,
    ],
    [410, 'syncStateNotFound', 'Gone.', get('/users/delta'), 'upstream_error', /reset: true/],
    [400, 'syncStateNotFound', 'Gone.', get('/users/delta'), 'upstream_error', /reset: true/],
    [410, 'resyncRequired', 'Gone.', get('/drives/1/root/delta'), 'upstream_error', /reset: true/],
    [503, 'serviceNotAvailable', 'Busy.', {}, 'upstream_unavailable', /Call again/],
    [503, 'UnknownError', '', {}, 'upstream_unavailable', /Call again/],
    [
      405,
      'Request_BadRequest',
      'Specified HTTP method is not allowed for the request target.',
      { method: 'POST', path: '/users/1/onlyInBeta' },
      'invalid_argument',
      /api_version: beta/,
    ],
    [
      400,
      'BadRequest',
      '/me request is only valid with delegated authentication flow.',
      get('/me'),
      'invalid_argument',
      /signed-in person.*\/users\/\{id\}/,
    ],
    [
      412,
      '',
      'The If-Match header must be specified for this kind of request.',
      { method: 'PATCH', path: '/planner/tasks/1' },
      'precondition_failed',
      /header If-Match/,
    ],
    [
      400,
      'Request_BadRequest',
      'The request must name the type of the deleted items.',
      get('/directory/deletedItems/$count'),
      'invalid_argument',
      /microsoft\.graph\.user/,
    ],
  ])('%i %s: %s', (status, code, message, failure, expected, hint) => {
    const error = failed(status, code, message, failure);
    expectOwnSentence(error);
    expect(error).toMatchObject({ code: expected, status, hint: expect.stringMatching(hint) });
  });

  test('the code inside an inner error says more than the one outside', () => {
    const more = { innererror: { code: 'resyncChangesApplyDifferences' } };
    expect(failed(410, 'gone', 'Gone.', { ...get('/drives/1/root/delta'), more }).hint).toMatch(/reset: true/);
    const deep = { innerError: { code: 'x', innerError: { code: 'InefficientFilter' } } };
    expect(failed(400, 'invalidRequest', 'No.', { more: deep }).hint).toMatch(/\$orderby/);
  });

  test('a code among the details counts', () => {
    const details = [{ code: 'NoBackingApplicationObject', target: 'appId', message: 'No.' }];
    const error = failed(400, 'Request_BadRequest', 'No.', { ...post('/servicePrincipals'), more: { details } });
    expect(error).toMatchObject({ code: 'not_found', retryable: true });
  });

  test('values that break rules are named by their place', () => {
    const details = [
      { code: 'x', target: 'displayName', message: 'No.' },
      { code: 'y', target: 'mailNickname', message: 'No.' },
    ];
    const error = failed(422, 'Request_UnprocessableEntity', 'No.', { ...post('/groups/validate'), more: { details } });
    expect(error.hint).toBe('Correct the values of `displayName`, `mailNickname`.');
  });
});

describe('what support asks for', () => {
  test.each<[string, object]>([
    ['innerError', { innerError: { 'request-id': requestId } }],
    ['innererror', { innererror: { 'request-id': requestId }, innerError: undefined }],
    ['the deepest one that has it', { innerError: { innerError: { 'request-id': requestId } } }],
  ])('the request id comes from %s where no header has it', (_place, more) => {
    expect(failed(400, 'BadRequest', 'No.', { more }).upstream?.requestId).toBe(requestId);
  });

  test('a header has the last word, and what is no id is left out', () => {
    const headers = { 'request-id': 'aaaaaaaa-0000-4000-8000-000000000001' };
    expect(failed(400, 'BadRequest', 'No.', { headers }).upstream?.requestId).toBe(headers['request-id']);
    const more = { innerError: { 'request-id': 'see https://elsewhere.example for help' } };
    expect(failed(400, 'BadRequest', 'No.', { more }).upstream?.requestId).toBeUndefined();
  });

  const app = '11111111-0000-4000-8000-000000000001';
  const tenant = '22222222-0000-4000-8000-000000000002';

  test('a throttle says scope, limit, app and tenant', () => {
    const error = failed(429, 'TooManyRequests', 'Please retry again later.', {
      headers: {
        'x-ms-throttle-scope': `Tenant_Application/ReadWrite/${app}/${tenant}`,
        'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
      },
    });
    expect(error.detail).toEqual({
      throttle: {
        scope: 'Tenant_Application',
        limit: 'ReadWrite',
        app_id: app,
        tenant_id: tenant,
        information: 'ResourceUnitLimitExceeded',
      },
    });
    expect(error.hint).toMatch(/^The budget of this app in this tenant is used up\. /);
  });

  test.each<[string, object | undefined]>([
    [`Tenant/Write/${app}/${tenant}`, { scope: 'Tenant', limit: 'Write', app_id: app, tenant_id: tenant }],
    [`Application/Read/${app}`, { scope: 'Application', limit: 'Read', app_id: app }],
    ['Tenant_Application/Read/not an id/<b>', { scope: 'Tenant_Application', limit: 'Read' }],
    ['what ever', undefined],
    ['', undefined],
  ])('the scope %s', (scope, expected) => {
    const error = failed(429, 'TooManyRequests', 'Later.', { headers: { 'x-ms-throttle-scope': scope } });
    expect(error.detail).toEqual(expected && { throttle: expected });
  });
});
