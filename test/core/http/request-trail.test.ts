import { expect, test } from 'vitest';
import type { TrailRequest } from '../../../src/core/base/call-context.ts';
import { leaveTrail, templateOf } from '../../../src/core/http/request-trail.ts';

const id = '9c1b9d0e-0000-4000-8000-000000000001';

test.each([
  ['graph', `/users/${id}`, '/users/{id}', [id]],
  [
    'graph',
    '/users/ada%40contoso.example/messages/AAMk=',
    '/users/{id}/messages/{id}',
    ['ada@contoso.example', 'AAMk='],
  ],
  ['graph', '/users/ada', '/users/{id}', ['ada']],
  ['graph', '/users/delta', '/users/delta', []],
  ['graph', '/users/$count', '/users/$count', []],
  ['graph', "/users('ada')/manager/$ref", '/users({id})/manager/$ref', ["'ada'"]],
  ['graph', `/groups/${id}/members/microsoft.graph.user`, '/groups/{id}/members/microsoft.graph.user', [id]],
  ['graph', '/me/sendMail', '/me/sendMail', []],
  ['graph', '/sites/contoso.sharepoint.com:/sites/x', '/sites/{id}/sites/x', ['contoso.sharepoint.com:']],
  ['arm', `/subscriptions/${id}/resourceGroups/web`, '/subscriptions/{id}/resourceGroups/{id}', [id, 'web']],
  [
    'arm',
    `/subscriptions/${id}/resourceGroups/web/providers/Microsoft.Web/sites/shop/config/appsettings/list`,
    '/subscriptions/{id}/resourceGroups/{id}/providers/Microsoft.Web/sites/{id}/config/{id}/list',
    [id, 'web', 'shop', 'appsettings'],
  ],
  [
    'arm',
    '/providers/Microsoft.Management/managementGroups/root/providers/Microsoft.Authorization/roleAssignments/x',
    '/providers/Microsoft.Management/managementGroups/{id}/providers/Microsoft.Authorization/roleAssignments/{id}',
    ['root', 'x'],
  ],
  [
    'devops',
    `/contoso/Payments/_apis/serviceendpoint/endpoints/${id}`,
    '/{id}/{id}/_apis/serviceendpoint/endpoints/{id}',
    ['contoso', 'Payments', id],
  ],
  ['devops', '/contoso/_apis/projects/Payments', '/{id}/_apis/projects/{id}', ['contoso', 'Payments']],
])('the template of %s %s', (service, path, template, ids) => {
  expect(templateOf({ service, method: 'GET', path })).toEqual({ path: template, ids });
});

test('all writes and the first read are remembered, a batch item by item, without queries', () => {
  const trail: TrailRequest[] = [];
  const record = { requests: 0, attempts: 0, pages: 0, requestId: undefined, notes: [], trail };
  const send = (method: 'GET' | 'POST' | 'DELETE', wirePath: string, body?: unknown, foreign?: boolean) =>
    leaveTrail(
      record,
      'graph',
      {
        method,
        wirePath,
        ...(body === undefined ? {} : { body }),
        ...(foreign ? { foreign } : {}),
      },
      method !== 'GET',
    );
  send('GET', '/users');
  send('GET', '/groups');
  send('DELETE', '/users/1');
  send('POST', '/$batch', {
    requests: [{ method: 'PATCH', url: '/users/2?$select=a' }, { method: 'GET', url: '/x' }, 5],
  });
  send('POST', '/upload/secret-address', undefined, true);
  expect(trail.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /users',
    'DELETE /users/1',
    'PATCH /users/2',
    'GET /x',
    'POST /{address}',
  ]);
});
