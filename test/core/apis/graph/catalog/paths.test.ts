import { beforeAll, describe, expect, test } from 'vitest';
import { callPath } from '../../../../../src/core/apis/graph/catalog/call-path.ts';
import { gotchas, gotchasOf } from '../../../../../src/core/apis/graph/catalog/gotchas.ts';
import { type GraphCatalog, loadGraphCatalog } from '../../../../../src/core/apis/graph/catalog/load-catalog.ts';
import { parameterNames, splitPath } from '../../../../../src/core/apis/graph/catalog/split-path.ts';
import { suggestSegment } from '../../../../../src/core/apis/graph/catalog/suggest-names.ts';
import { walkPath } from '../../../../../src/core/apis/graph/catalog/walk-path.ts';

let catalog: GraphCatalog;

beforeAll(async () => {
  catalog = await loadGraphCatalog();
});

describe('spellings of a path', () => {
  test.each([
    ['users/{id}', '/users/{id}'],
    ['/Users/ada@contoso.example', '/users/{id}'],
    ["/users('a/b(c)')", '/users/{id}'],
    ["/users('O''Brien@contoso.example')/manager", '/users/{id}/manager'],
    ['/users/guest_x.example%23EXT%23@contoso.example', '/users/{id}'],
    ["/applications(appId='00000003-0000-0000-c000-000000000000')/owners", '/applications/{id}/owners'],
    ['/v1.0/users?$filter=startsWith(displayName,%27a/b%27)', '/users'],
    ['https://graph.microsoft.us/beta/users/1', '/users/{id}'],
    ['/drives/1/root:/Reports/2026 (final).xlsx:/content', '/drives/{id}/items/{id}/content'],
    ['/drives/1/root:/Reports', '/drives/{id}/items/{id}'],
    ['/drives/1/root/children', '/drives/{id}/root/children'],
    ['/sites/contoso.example:/sites/hr:/lists', '/sites/{id}/lists'],
    ['/users/1/memberOf/graph.group', '/users/{id}/memberOf/microsoft.graph.group'],
    ['/groups/1/members/$ref', '/groups/{id}/members/$ref'],
    ['/users/$count', '/users/$count'],
    ['/users/microsoft.graph.delta()', '/users/delta'],
    ['/security/runHuntingQuery', '/security/microsoft.graph.security.runHuntingQuery'],
  ])('%s is %s', (given, template) => {
    expect(walkPath(catalog.types, given)).toMatchObject({ isKnown: true, template });
  });

  test('parameters of a function are told from a key', () => {
    expect(parameterNames("period='D7'")).toEqual(['period']);
    expect(parameterNames("'a=b'")).toEqual([]);
    expect(splitPath("/x(a='1/2',b=2)/y")).toEqual([{ name: 'x', args: "a='1/2',b=2" }, { name: 'y' }]);
  });

  test('long ones cost little and throw nothing', () => {
    for (const piece of ['a:/', '/', "('", '%2525', '/root:/', '/users(', '\ud800']) {
      expect(splitPath(piece.repeat(20_000)).length).toBeLessThanOrEqual(60);
    }
  });
});

test('operations of a person are those of the user, without the permissions of apps', () => {
  const messages = catalog.operations.find('GET', '/me/messages');
  expect(messages).toMatchObject({
    path: '/me/messages',
    application: { least: [] },
    delegated: { least: ['Mail.ReadBasic'] },
  });
  expect(catalog.operations.find('POST', '/me/revokeSignInSessions')?.delegated.least).toEqual([
    'User.RevokeSessions.All',
  ]);
});

test('names of objects in every language are keys, and words of the code are nothing special', () => {
  for (const id of ['__proto__', 'constructor', '用户', 'a'.repeat(2_000)]) {
    expect(catalog.operations.find('GET', `/users/${id}/memberOf`)?.path).toBe('/users/{id}/memberOf');
    expect(walkPath(catalog.types, `/${id}`)).toMatchObject({ isKnown: false, reached: '' });
    expect(catalog.types.find(id)).toBeUndefined();
  }
});

test('a wrong segment says where it stands, of which type, and what was meant', () => {
  const walk = walkPath(catalog.types, '/users/1/managr/displayName');
  expect(walk).toMatchObject({ isKnown: false, segment: 'managr', reached: '/users/{id}', type: 'user' });
  if (!walk.isKnown) expect(suggestSegment(walk).near[0]).toBe('manager');
});

test('references are sent to $ref, and what is made below its parent is not', () => {
  const sent = (method: 'POST' | 'PUT' | 'DELETE' | 'GET', path: string) => callPath({ method, path }, catalog.types);
  expect(sent('POST', '/groups/{id}/owners')).toBe('/groups/{id}/owners/$ref');
  expect(sent('PUT', '/users/{id}/manager')).toBe('/users/{id}/manager/$ref');
  expect(sent('POST', '/users/{id}/events')).toBe('/users/{id}/events');
  expect(sent('POST', '/users')).toBe('/users');
  expect(sent('GET', '/groups/{id}/owners')).toBe('/groups/{id}/owners');
});

test('every piece of advice is about an operation that exists', () => {
  const operations = [...catalog.operations.all()].filter(({ isBetaOnly }) => !isBetaOnly);
  const idle = gotchas.filter(
    ({ methods, path }) =>
      !operations.some(
        (one) => (methods?.split(' ').includes(one.method) ?? true) && path.test(one.path.toLowerCase()),
      ),
  );
  expect(idle).toEqual([]);
});

test.each([
  ['POST', '/teams/{id}/members', /\$ref/],
  ['POST', '/chats/{id}/members', /\$ref/],
  ['POST', '/education/classes/{id}/members', /\$ref/],
  ['DELETE', '/teams/{id}/members/{id}', /\$ref/],
  ['GET', '/chats/{id}/messages', /mailbox/],
  ['GET', '/teams/{id}/channels/{id}/messages', /mailbox/],
  ['GET', '/users/{id}/chats/{id}/messages', /mailbox/],
  ['GET', '/users/{id}/transitiveMemberOf', /Direct/],
  ['GET', '/deviceManagement/roleAssignments', /roleEligibility/],
])('advice about others is not given for %s %s', (method, path, wrong) => {
  expect(catalog.operations.find(method as 'GET', path)).toBeDefined();
  expect(gotchasOf(method, path, 9).join(' ')).not.toMatch(wrong);
});
