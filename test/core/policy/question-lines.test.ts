import { expect, test } from 'vitest';
import { roleName } from '../../../src/core/apis/arm/built-in-roles.ts';
import { questionLines } from '../../../src/core/policy/question-lines.ts';
import { readRequests } from '../../../src/core/policy/read-requests.ts';
import type { Risk } from '../../../src/core/policy/risks/risk.ts';

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000001';
const owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
const grants: Risk = { kind: 'role', grade: 'authority', reason: 'assigns a role' };
const deletes: Risk = { kind: 'deletion', grade: 'careful', reason: 'deletes' };

function request(rest: Partial<Parameters<typeof readRequests>[0]>) {
  const plain = { api: 'graph', method: 'POST', wirePath: '/users', query: {}, headers: {}, isRead: false } as const;
  const [own] = readRequests({ ...plain, ...rest });
  if (own === undefined) throw new Error('There is no request.');
  return own;
}

test('a role assignment says which role goes to whom', () => {
  const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${owner}`;
  const body = { properties: { roleDefinitionId, principalId: '3c721488-f366-4366-8909-ea44dc071d08' } };
  const wirePath = `${subscription}/providers/Microsoft.Authorization/roleAssignments/1`;
  const assignment = request({ api: 'arm', method: 'PUT', wirePath, query: { 'api-version': '2022-04-01' }, body });
  const [line = ''] = questionLines([assignment], new Map([[assignment, [grants]]]), roleName);
  expect(line).toContain(`\`PUT ${subscription}/providers/microsoft.authorization/roleassignments/1\` with`);
  expect(line).toContain('"principalid":"3c721488-f366-4366-8909-ea44dc071d08"');
  expect(line).toMatch(new RegExp(`\\(${owner} is Owner\\)$`));
});

test('what widens authority comes first, and is listed however many others there are', () => {
  const others = Array.from({ length: 60 }, (_, index) => request({ method: 'DELETE', wirePath: `/users/${index}` }));
  const grant = request({ wirePath: '/directoryRoles/x/members/$ref' });
  const risky = new Map([...others.map((one) => [one, [deletes]] as const), [grant, [grants]] as const]);
  const lines = questionLines([...others, grant], risky);
  expect(lines[0]).toContain('/directoryroles/x/members/$ref');
  expect(lines.at(-1)).toBe('and 11 more requests');
});

test('no secret is shown, and what is cut says so', () => {
  const body = { passwordProfile: { password: 'xWwvJ]6NMw+bWH-d' }, text: 'x'.repeat(5_000) };
  const write = request({ body });
  const [line = ''] = questionLines([write], new Map([[write, [grants]]]));
  expect(line).toContain('"password":"[secret]"');
  expect(line).toMatch(/the first 4000 of 5\d{3} characters$/);
});
