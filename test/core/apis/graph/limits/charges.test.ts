import { describe, expect, test } from 'vitest';
import { chargesOf, serviceOf } from '../../../../../src/core/apis/graph/limits/charges.ts';
import type { HttpMethod } from '../../../../../src/core/http/api-client.ts';

function charged(method: HttpMethod, path: string, query: Record<string, string> = {}, body?: unknown) {
  const readOnly = method === 'GET';
  return Object.fromEntries(
    chargesOf({ method, path, query, body, readOnly }).map(({ bucket, cost, scope }) => [
      scope === undefined ? bucket.id : `${bucket.id} ${scope}`,
      cost,
    ]),
  );
}

const units = (method: HttpMethod, path: string, query: Record<string, string> = {}) =>
  charged(method, path, query)['directory.units'];

// https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
describe('resource units', () => {
  test.each<[HttpMethod, string, Record<string, string>, number]>([
    ['GET', '/users', {}, 2],
    ['GET', '/users', { $select: 'id', $top: '5' }, 1],
    ['GET', '/users', { $top: '20' }, 2],
    ['GET', '/users', { $expand: 'manager' }, 3],
    ['GET', '/users/1', {}, 1],
    ['GET', '/applications', {}, 2],
    ['GET', '/applications/1/extensionProperties', {}, 2],
    ['GET', '/contracts', {}, 3],
    ['GET', '/domains/x/domainNameReferences', {}, 4],
    ['GET', '/groups/1/members', {}, 3],
    ['GET', '/groups/1/members', { $expand: 'x' }, 4],
    ['GET', '/groups/1/transitiveMembers', {}, 5],
    ['GET', '/me/memberOf', {}, 2],
    ['GET', '/users/1/memberOf', {}, 2],
    ['GET', "/users('a')/licenseDetails", {}, 2],
    ['GET', '/oauth2PermissionGrants/1', {}, 2],
    ['GET', '/servicePrincipals/1/appRoleAssignments', {}, 2],
    ['GET', '/subscribedSkus', {}, 3],
    ['GET', '/groups', {}, 1],
    ['POST', '/directoryObjects/getByIds', {}, 5],
    ['POST', '/directoryObjects/getByIds', { $select: 'id' }, 2],
    ['POST', '/me/checkMemberGroups', {}, 4],
    ['POST', '/users/1/getMemberObjects', {}, 2],
    ['PATCH', '/users/1', {}, 1],
  ])('%s %s %j costs %i', (method, path, query, cost) => {
    expect(units(method, path, query)).toBe(cost);
  });
});

describe('other budgets', () => {
  test.each<[string, HttpMethod, string, Record<string, string>, unknown, Record<string, number>]>([
    ['directory writes', 'POST', '/users', {}, {}, { 'directory.units': 1, 'directory.writes': 1 }],
    ['device writes', 'PATCH', '/devices/1', {}, {}, { 'directory.units': 1, 'directory.device-writes': 1 }],
    [
      'application writes',
      'POST',
      '/applications',
      {},
      {},
      { 'directory.units': 1, 'directory.application-writes': 1 },
    ],
    [
      'applications for personal accounts',
      'POST',
      '/applications',
      {},
      { signInAudience: 'AzureADandPersonalMicrosoftAccount' },
      { 'directory.units': 1, 'directory.personal-application-writes': 1 },
    ],
    ['audit logs', 'GET', '/auditLogs/signIns', {}, undefined, { 'audit.requests': 1 }],
    [
      'conditional access',
      'GET',
      '/identity/conditionalAccess/policies',
      {},
      undefined,
      { 'identity-protection.requests': 1 },
    ],
    ['a team', 'GET', '/teams/1/channels', {}, undefined, { 'teams.reads': 1, 'teams.per-resource teams/1': 1 }],
    ['permissions of a file', 'GET', '/drives/1/items/2/permissions', {}, undefined, { 'sharepoint.units': 5 }],
    ['a folder', 'GET', '/drives/1/root/children', {}, undefined, { 'sharepoint.units': 2 }],
    ['a file', 'GET', '/drives/1/items/2', {}, undefined, { 'sharepoint.units': 1 }],
    [
      'Intune',
      'POST',
      '/deviceManagement/managedDevices/1/syncDevice',
      {},
      {},
      { 'intune.requests': 1, 'intune.writes': 1 },
    ],
    [
      'a mailbox',
      'GET',
      '/users/Ada@contoso.example/messages',
      {},
      undefined,
      {
        'outlook.mailbox-concurrency users/ada@contoso.example': 1,
        'outlook.mailbox-requests users/ada@contoso.example': 1,
      },
    ],
    [
      'sign-in activity',
      'GET',
      '/users',
      { $select: 'id,signInActivity' },
      undefined,
      { 'directory.units': 1, 'audit.sign-in-activity': 1 },
    ],
    ['what is not published', 'GET', '/search', {}, undefined, {}],
  ])('%s', (_what, method, path, query, body, expected) => {
    expect(charged(method, path, query, body)).toEqual(expected);
  });

  test('a batch is charged item by item, and never more than a budget holds', () => {
    const requests = [
      { id: '1', method: 'GET', url: '/users' },
      { id: '2', method: 'GET', url: '/users?$select=id&$top=5' },
      { id: '3', method: 'PATCH', url: '/users/1', body: {} },
      ...Array.from({ length: 17 }, (_, index) => ({ id: `a${index}`, method: 'GET', url: '/auditLogs/signIns' })),
    ];
    expect(charged('POST', '/$batch', {}, { requests })).toEqual({
      'directory.units': 4,
      'directory.writes': 1,
      'audit.requests': 5,
    });
  });

  test('a batch belongs to the service that all its items belong to', () => {
    const of = (...urls: string[]) =>
      serviceOf('/$batch', { requests: urls.map((url, index) => ({ id: `${index}`, method: 'GET', url })) });
    expect(of('/me/messages', '/users/1/events')).toBe('outlook');
    expect(of('/me/messages', '/users')).toBe('directory');
    expect(serviceOf('/auditLogs/signIns', undefined)).toBe('audit');
  });
});
