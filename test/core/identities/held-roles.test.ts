import { expect, test } from 'vitest';
import { coversScope } from '../../../src/core/identities/held-roles.ts';

const subscription = '/subscriptions/44444444-4444-4444-8444-444444444444';
const group = `${subscription}/resourceGroups/rg-shop`;

const held = (scope: string) => ({ roleId: 'r', scope, isConditional: false, changedAt: undefined });

test.each([
  ['at the scope itself, in whatever case', group.toUpperCase(), true],
  ['at the subscription above it', subscription, true],
  ['at a management group', '/providers/Microsoft.Management/managementGroups/contoso', true],
  ['for the whole tenant', '', true],
  ['below it', `${group}/providers/Microsoft.Storage/storageAccounts/a`, false],
  ['at a group whose name is the beginning of its own', `${subscription}/resourceGroups/rg-sh`, false],
])('a role that is assigned %s covers a scope or not', (_where, scope, covers) => {
  expect(coversScope(held(scope), group)).toBe(covers);
});
