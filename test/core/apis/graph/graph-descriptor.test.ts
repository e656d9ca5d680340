import { describe, expect, test } from 'vitest';
import { createGraphDescriptor } from '../../../../src/core/apis/graph/graph-descriptor.ts';
import { refuseObjectDeletion } from '../../../../src/core/apis/graph/refuse-object-deletion.ts';
import { builtInClouds, type Cloud } from '../../../../src/core/base/clouds.ts';
import type { HttpMethod } from '../../../../src/core/http/api-client.ts';
import type { DescribedRequest } from '../../../../src/core/http/api-descriptor.ts';
import { readUpstreamError } from '../../../../src/core/http/upstream-error.ts';

const descriptor = createGraphDescriptor();

function described(method: HttpMethod, wirePath: string, body?: unknown): DescribedRequest {
  return { method, path: wirePath, wirePath, query: {}, ...(body === undefined ? {} : { body }) };
}

function read(
  status: number,
  code: string,
  message: string,
  request: DescribedRequest,
  headers: Record<string, string> = {},
) {
  return descriptor.classifyError({ status, code, message, body: { error: { code, message } }, headers, request });
}

const get = (path: string) => described('GET', path);

describe('the root and the audience', () => {
  test.each(Object.values(builtInClouds))('$name', (cloud: Cloud) => {
    expect(descriptor.root(cloud)).toBe(cloud.graph);
    expect(descriptor.audience(cloud)).toBe(cloud.graph);
  });

  test.each(Object.values(builtInClouds))('$name with an audience of its own for Graph', (cloud: Cloud) => {
    const named = { ...cloud, audiences: { graph: 'https://graph.core.example' } };
    expect(descriptor.root(named)).toBe(cloud.graph);
    expect(descriptor.audience(named)).toBe('https://graph.core.example');
  });
});

describe('what a failure means', () => {
  test.each<[number, string, string, DescribedRequest, string | undefined, string]>([
    [
      400,
      'Request_BadRequest',
      'License assignment cannot be done for user with invalid usage location.',
      described('POST', '/users/1/assignLicense'),
      'invalid_argument',
      'usage_location',
    ],
    [
      400,
      'Request_BadRequest',
      'Subscription with SKU x does not have any available licenses.',
      described('POST', '/users/1/assignLicense'),
      'conflict',
      'subscribedSkus',
    ],
    [
      400,
      'BadRequest',
      "Resource not found for the segment 'owners'.",
      get('/devices/1/owners'),
      'invalid_argument',
      'registeredOwners',
    ],
    [
      403,
      'Authorization_RequestDenied',
      'Insufficient privileges.',
      get('/auditLogs/signIns'),
      undefined,
      'least-privileged permission',
    ],
    [
      403,
      'Authentication_MSGraphPermissionMissing',
      'The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API.',
      get('/users'),
      undefined,
      'least-privileged permission',
    ],
    [
      403,
      'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
      'Neither tenant is B2C.',
      get('/auditLogs/signIns'),
      undefined,
      'P1 or P2',
    ],
    [
      403,
      'Authorization_RequestDenied',
      'No.',
      described('POST', '/invitations'),
      'permission_denied',
      'least-privileged permission',
    ],
    [401, 'Unauthorized', 'No.', described('POST', '/invitations'), 'permission_denied', 'least-privileged permission'],
    [
      403,
      'Authorization_RequestDenied',
      'No.',
      described('DELETE', '/groups/1/members/2/$ref'),
      undefined,
      'least-privileged permission',
    ],
    [403, 'Authorization_RequestDenied', 'No.', get('/never/heard/of'), undefined, 'least-privileged permission'],
    [404, 'MailboxNotEnabledForRESTAPI', 'No.', get('/users/1/messages'), undefined, 'mailbox'],
    [404, 'Request_ResourceNotFound', 'No.', get('/users/1'), 'not_found', 'deletedItems'],
    [404, 'Request_ResourceNotFound', 'No.', get('/devices/1'), 'not_found', 'deviceId'],
    [400, 'Directory_ExpiredPageToken', 'Old.', get('/users'), 'upstream_error', 'from its beginning'],
    [
      400,
      'Request_UnsupportedQuery',
      'Unsupported or invalid query filter clause.',
      get('/users'),
      'invalid_argument',
      'supports',
    ],
    [
      400,
      'Request_UnsupportedQuery',
      "Too many child clauses specified in search filter expression containing 'OR' operators: 16.",
      get('/users'),
      'invalid_argument',
      '15',
    ],
    [400, 'InefficientFilter', 'Too complex.', get('/me/messages'), 'invalid_argument', '$orderby'],
    [400, 'ExpandNotSupported', 'No.', get('/users'), 'invalid_argument', '$expand'],
    [
      400,
      'Request_BadRequest',
      'Another object with the same value for property userPrincipalName already exists.',
      described('POST', '/users'),
      'conflict',
      'userPrincipalName',
    ],
    [
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      'Exists.',
      described('POST', '/servicePrincipals'),
      'conflict',
      'exists already',
    ],
    [
      400,
      'Request_BadRequest',
      "One or more added object references already exist for the following modified properties: 'members'.",
      described('POST', '/groups/1/members/$ref'),
      'conflict',
      'there is nothing to do',
    ],
    [
      400,
      'BadRequest',
      '/me request is only valid with delegated authentication flow.',
      get('/me'),
      'invalid_argument',
      'an app has no /me',
    ],
    [501, 'NotImplemented', 'Not yet.', get('/users'), 'unsupported', 'one user at a time'],
    [409, 'Directory_ConcurrencyViolation', 'Busy.', described('PATCH', '/users/1'), 'conflict', 'repeat'],
  ])('%i %s: %s', (status, code, message, request, expected, hint) => {
    const reading = read(status, code, message, request);
    expect(reading.code).toBe(expected);
    expect(reading.hint).toContain(hint);
  });

  test('a throttle says whose budget is used up', () => {
    const headers = { 'x-ms-throttle-scope': 'Tenant_Application/Write/app/tenant' };
    expect(read(429, 'TooManyRequests', 'Later.', get('/users'), headers).hint).toContain(
      'write budget of this app in this tenant',
    );
  });

  test('only what certainly did nothing is tried again', () => {
    const transient = (status: number, code: string) =>
      descriptor.isTransient?.({ status, code, message: '', body: undefined, headers: {}, request: get('/users') });
    expect(transient(409, 'Directory_ConcurrencyViolation')).toBe(true);
    expect(transient(409, 'Request_MultipleObjectsWithSameKeyValue')).toBe(false);
  });

  test.each<[string, unknown, string, string]>([
    [
      'nested codes',
      { error: { code: '', message: 'm', innererror: { code: 'a', innererror: { code: 'deep' } } } },
      'deep',
      'm',
    ],
    ['the old directory service', { 'odata.error': { code: 'c', message: { lang: 'en', value: 'm' } } }, 'c', 'm'],
    ['JSON inside the message', { error: { code: 'c', message: '{"Message":"inner"}' } }, 'c', 'inner'],
    ['text', '<html>', '', ''],
  ])('error bodies: %s', (_what, body, code, message) => {
    expect(readUpstreamError(body)).toMatchObject({ code, message });
  });
});

describe('POSTs that only read', () => {
  test.each<[string, unknown, boolean]>([
    ['/directoryObjects/getByIds', {}, true],
    ['/users/1/getMemberGroups', {}, true],
    ['/me/checkMemberObjects', {}, true],
    ['/search/query', {}, true],
    ['/groups/1/microsoft.graph.checkMemberGroups', {}, true],
    ['/users', {}, false],
    ['/users/1/assignLicense', {}, false],
    ['/users/1/query', {}, false],
    ['/$batch', { requests: [{ id: '1', method: 'GET', url: '/users' }] }, true],
    [
      '/$batch',
      {
        requests: [
          { id: '1', method: 'GET', url: '/users' },
          { id: '2', method: 'DELETE', url: '/users/1' },
        ],
      },
      false,
    ],
    ['/$batch', { requests: [] }, false],
    ['/$batch', undefined, false],
  ])('%s %j: %s', (path, body, expected) => {
    expect(descriptor.isReadOnlyPost(described('POST', path, body))).toBe(expected);
  });
});

describe('how to check on a lost write', () => {
  test.each<[string, unknown, string | undefined]>([
    ['/users', { userPrincipalName: "o'brien@contoso.example" }, "userPrincipalName eq 'o''brien@contoso.example'"],
    ['/groups', { mailNickname: 'team' }, "mailNickname eq 'team'"],
    ['/users/1/sendMail', {}, 'Sent Items'],
    ['/applications/1/addPassword', {}, 'passwordCredentials'],
    ['/groups/1/members/$ref', {}, '/groups/1/members'],
    ['/identity/something', {}, undefined],
  ])('%s', (path, body, expected) => {
    const hint = descriptor.howToCheck?.(described('POST', path, body));
    if (expected === undefined) {
      expect(hint).toBeUndefined();
    } else {
      expect(hint).toContain(expected);
    }
  });
});

describe('a DELETE through a reference', () => {
  test.each([
    '/groups/1/members/2',
    'groups/1/owners/2?x=1',
    '/groups/1/members/microsoft.graph.user/2',
    "/groups('1')/members('2')",
    '/Groups/1/Members/2/',
    '/v1.0/groups/1/%6dembers/2',
    'https://graph.microsoft.com/v1.0/groups/1/members/2',
    '/applications/1/owners/2',
    '/servicePrincipals/1/owners/2',
    '/devices/1/registeredOwners/2',
    '/devices/1/registeredUsers/2',
    '/directoryRoles/1/members/2',
    '/directory/administrativeUnits/1/members/2',
    '/users/1/manager',
    '/me/directReports/2',
    '/users/1/memberOf/2',
    '/groups/1/%6dembers/2',
    "/groups('1')/members('2')",
    '/groups/1/microsoft.graph.group/members/2',
    '/groups/1/members/microsoft.graph.user/2',
    'https://graph.microsoft.com/v1.0/groups/1/members/2',
  ])('is refused without /$ref: %s', (path) => {
    expect(() => refuseObjectDeletion('DELETE', path)).toThrow(expect.objectContaining({ code: 'refused' }));
  });

  test.each([
    '/groups/1/members/2/$ref',
    '/groups/1/members/2/%24ref',
    '/users/1/manager/$ref',
    '/users/1',
    '/groups/1',
    '/teams/1/members/2',
    '/chats/1/members/2',
    '/groups/1/team/members/2',
    '/groups/1/appRoleAssignments/2',
    '/users/1/messages/2',
    '/applications/1/federatedIdentityCredentials/2',
    '/directory/deletedItems/1',
  ])('other deletions pass: %s', (path) => {
    expect(() => refuseObjectDeletion('DELETE', path)).not.toThrow();
  });

  test('only deletions are looked at', () => {
    expect(() => refuseObjectDeletion('GET', '/groups/1/members/2')).not.toThrow();
  });
});
