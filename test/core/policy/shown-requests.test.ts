import { expect, test } from 'vitest';
import { roleName } from '../../../src/core/identities/azure-roles.ts';
import type { PlannedWrite } from '../../../src/core/policy/guard.ts';
import { showWrites } from '../../../src/core/policy/shown-requests.ts';

const subscription = '/subscriptions/00000000-0000-0000-0000-000000000001';
const owner = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635`;

function write(rest: Partial<PlannedWrite>): PlannedWrite {
  return { api: 'graph', method: 'POST', wirePath: '/users', query: {}, headers: {}, ...rest };
}

test('a role assignment says which role goes to whom', () => {
  const body = { properties: { roleDefinitionId: owner, principalId: '3c721488-f366-4366-8909-ea44dc071d08' } };
  const wirePath = `${subscription}/providers/Microsoft.Authorization/roleAssignments/1`;
  const query = { 'api-version': '2022-04-01' };
  expect(showWrites([write({ api: 'arm', method: 'PUT', wirePath, query, body })], roleName)).toEqual([
    `\`PUT ${subscription}/providers/microsoft.authorization/roleassignments/1\``,
    `  \`properties.roleDefinitionId\` = \`${owner}\` (Owner)`,
    '  `properties.principalId` = `3c721488-f366-4366-8909-ea44dc071d08`',
  ]);
});

test('members of lists, empty ones and options of the address are shown', () => {
  const body = { a: [{ b: 1 }, true], empty: {}, none: null, list: [] };
  expect(showWrites([write({ query: { $filter: 'x' }, body })])).toEqual([
    '`POST /users?$filter=x`',
    '  `a[0].b` = `1`',
    '  `a[1]` = `true`',
    '  `empty` = `{}`',
    '  `none` = `null`',
    '  `list` = `[]`',
  ]);
});

test('a body that is JSON text is read, another text is shown', () => {
  expect(showWrites([write({ body: '{"a":"b"}' }), write({ body: 'x`\n- y' })])).toEqual([
    '`POST /users`',
    '  `a` = `b`',
    '`POST /users`',
    "  `x' - y`",
  ]);
});

test('no secret is shown, and a secret by its name is', () => {
  const passwordProfile = { password: 'xWwvJ]6NMw+bWH-d' };
  const body = { passwordProfile, clientSecret: 's', other: { secret: 'app-key' }, made: { generate: true } };
  expect(showWrites([write({ body })])).toEqual([
    '`POST /users`',
    '  `passwordProfile.password` = `[secret]`',
    '  `clientSecret` = `[secret]`',
    '  `other` = `{"secret":"app-key"}`',
    '  `made` = `{"generate":true}`',
  ]);
});

test('what is left out is said, however a body is padded', () => {
  const padding = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`m${index}`, index]));
  const lines = showWrites([write({ body: { ...padding, role: 'Owner' } }), write({ body: { last: 1 } })]);
  expect(lines).toHaveLength(204);
  expect(lines[201]).toBe('  and 101 more members that are not shown: say yes only if you know them');
  expect(lines.slice(202)).toEqual([
    '`POST /users`',
    '  and 1 more member that is not shown: say yes only if you know it',
  ]);
});
