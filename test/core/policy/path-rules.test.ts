import { describe, expect, test } from 'vitest';
import type { AskedRequest } from '../../../src/core/http/permit.ts';
import type { ObjectNames } from '../../../src/core/policy/object-names.ts';
import { findDeny, isAllowed, prepareRule } from '../../../src/core/policy/path-rules.ts';
import type { PathRule } from '../../../src/core/policy/policy.ts';
import { readRequests } from '../../../src/core/policy/read-requests.ts';

const id = '00000000-0000-4000-8000-00000000000a';
const other = '00000000-0000-4000-8000-00000000000b';

/** `ada@x` is `id`; what has no name here cannot be read. */
const names: ObjectNames = {
  areSame: async (_, one, two) => {
    const ids = [one, two].map((key) => ({ 'ada@x': id, [id]: id, [other]: other, [`appid=${id}`]: other })[key]);
    return ids.includes(undefined) ? undefined : ids[0] === ids[1];
  },
  read: async (objects) => objects.map(() => 'unknown'),
  readMembers: async () => undefined,
};

const ask = (method: AskedRequest['method'], wirePath: string, rest: Partial<AskedRequest> = {}): AskedRequest => ({
  api: 'graph',
  method,
  wirePath,
  query: {},
  isRead: method === 'GET',
  ...rest,
});

async function isDenied(rule: PathRule, asked: AskedRequest): Promise<boolean> {
  for (const request of readRequests(asked)) {
    if ((await findDeny([prepareRule(rule)], request, names)) !== undefined) return true;
  }
  return false;
}

async function passes(rules: readonly PathRule[], asked: AskedRequest): Promise<boolean> {
  for (const request of readRequests(asked)) {
    if (!request.isRead && !(await isAllowed(rules.map(prepareRule), request, names))) return false;
  }
  return true;
}

const graph = (path: string, methods?: PathRule['methods']): PathRule => ({
  service: 'graph',
  path,
  ...(methods ? { methods } : {}),
});
const arm = (path: string, methods?: PathRule['methods']): PathRule => ({
  service: 'arm',
  path,
  ...(methods ? { methods } : {}),
});

describe('a rule that denies', () => {
  test.each([
    ['one segment', graph('/users/*'), ask('DELETE', `/users/${id}`), true],
    ['not two', graph('/users/*'), ask('DELETE', `/users/${id}/messages/1`), false],
    ['the rest', graph('/users/*/messages/**'), ask('DELETE', `/users/${id}/messages/1/attachments/2`), true],
    ['the beginning of the rest', graph('/users/**'), ask('GET', '/users'), true],
    ['only its methods', graph('/users/*', ['DELETE']), ask('PATCH', `/users/${id}`), false],
    ['HEAD like GET', graph('/users/*', ['GET']), ask('HEAD', `/users/${id}`), true],
    ['only its service', arm('/users/*'), ask('DELETE', `/users/${id}`), false],
    ['a person by another key', graph('/users/ada@x'), ask('DELETE', `/users/${id}`), true],
    ['not another person', graph('/users/ada@x'), ask('DELETE', `/users/${other}`), false],
    ['an app by another key', graph(`/applications/${other}`), ask('DELETE', `/applications(appId='${id}')`), true],
    ['a key that cannot be read', graph('/users/nobody@x'), ask('DELETE', `/users/${id}`), true],
    ['not a segment that is no key', graph('/users/delta'), ask('GET', `/users/${id}`), false],
    [
      'a person among ids',
      graph('/users/*', ['GET']),
      ask('POST', '/directoryObjects/getByIds', { isRead: true, body: { ids: [id] } }),
      true,
    ],
    ['an envelope that cannot be read', graph('/users/*'), ask('POST', '/$batch', { body: 'x' }), true],
  ])('matches %s', async (_, rule, asked, expected) => {
    expect(await isDenied(rule, asked)).toBe(expected);
  });

  test('holds for each item of an envelope, and for reads and writes by their own methods', async () => {
    const body = {
      requests: [
        { id: '1', method: 'get', url: '/groups' },
        { id: '2', method: 'delete', url: `/users/${id}` },
      ],
    };
    expect(await isDenied(graph('/users/*', ['DELETE']), ask('POST', '/$batch', { body }))).toBe(true);
    expect(await isDenied(graph('/groups/**', ['POST']), ask('POST', '/$batch', { body }))).toBe(false);
  });

  test('holds for what a deletion in Azure takes with it, and for names that a template computes', async () => {
    const rule = arm('/subscriptions/*/resourceGroups/rg/providers/Microsoft.Storage/**', ['DELETE', 'PUT']);
    expect(await isDenied(rule, ask('DELETE', '/subscriptions/a/resourceGroups/RG', { api: 'arm' }))).toBe(true);
    expect(await isDenied(rule, ask('DELETE', '/subscriptions/a/resourceGroups/other', { api: 'arm' }))).toBe(false);
    const template = { resources: [{ type: 'Microsoft.Storage/storageAccounts', name: '[x]' }] };
    const body = { properties: { template } };
    const path = '/subscriptions/a/resourceGroups/rg/providers/Microsoft.Resources/deployments/d';
    expect(await isDenied(rule, ask('PUT', path, { api: 'arm', body }))).toBe(true);
  });

  test('holds in Azure DevOps by the names that it has, and in doubt for an id', async () => {
    const rule: PathRule = { service: 'devops', path: '/contoso/payments/_apis/**' };
    expect(await isDenied(rule, ask('POST', '/Contoso/Payments/_apis/x', { api: 'devops' }))).toBe(true);
    expect(await isDenied(rule, ask('POST', '/contoso/other/_apis/x', { api: 'devops' }))).toBe(false);
    expect(await isDenied(rule, ask('POST', `/contoso/${id}/_apis/x`, { api: 'devops' }))).toBe(true);
  });
});

describe('a list of what is allowed', () => {
  test.each([
    ['reads', [], ask('GET', `/users/${id}`), true],
    ['a listed write', [graph('/users/*', ['PATCH'])], ask('PATCH', `/users/${id}`), true],
    ['no other method', [graph('/users/*', ['PATCH'])], ask('DELETE', `/users/${id}`), false],
    ['no other path', [graph('/users/*')], ask('PATCH', `/groups/${id}`), false],
    [
      'a directory object only if all that it may be is listed',
      [graph('/users/*')],
      ask('DELETE', `/directoryObjects/${id}`),
      false,
    ],
    ['a cast one', [graph('/users/*')], ask('DELETE', `/directoryObjects/${id}/microsoft.graph.user`), true],
    ['the person by another key', [graph('/users/ada@x')], ask('PATCH', `/users/${id}`), true],
    ['not a key that cannot be read', [graph('/users/nobody@x')], ask('PATCH', `/users/${id}`), false],
    [
      'no upsert that it does not list',
      [graph('/applications/*')],
      ask('PATCH', "/applications(uniqueName='a')", { headers: { prefer: 'create-if-missing' } }),
      false,
    ],
    [
      'no members with a group',
      [graph('/groups')],
      ask('POST', '/groups', { body: { 'members@odata.bind': ['x'] } }),
      false,
    ],
  ])('lets pass %s', async (_, rules, asked, expected) => {
    expect(await passes(rules, asked)).toBe(expected);
  });
});
