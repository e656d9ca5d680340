import { expect, test } from 'vitest';
import { isOnlyItsBody, whyLost } from '../../../src/core/receipts/arm/deleted-resources.ts';

const group = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-core';
const resource = (type: string) => `${group}/providers/${type}/name`;

test.each([
  ['Microsoft.KeyVault/vaults', 'createMode recover'],
  ['microsoft.keyvault/VAULTS', 'createMode recover'],
  ['Microsoft.CognitiveServices/accounts', 'restore true'],
  ['Microsoft.Storage/storageAccounts', 'in the portal'],
  ['Microsoft.Compute/virtualMachines', 'gone with its data'],
  // What is inside a vault is not the vault.
  ['Microsoft.KeyVault/vaults/kv-core/secrets', 'gone with its data'],
])('the deletion of %s says how it can be recovered, or that it cannot', (type, words) => {
  expect(whyLost(resource(type))).toContain(words);
});

test('a resource group is lost with all that is in it', () => {
  expect(whyLost(group)).toContain('with all that is in it');
  expect(whyLost(`${group}/`)).toContain('with all that is in it');
});

test('only what is nothing but its body is made again', () => {
  expect(isOnlyItsBody(resource('Microsoft.Authorization/roleAssignments'))).toBe(true);
  expect(isOnlyItsBody(resource('Microsoft.Authorization/locks'))).toBe(true);
  expect(isOnlyItsBody(resource('Microsoft.Storage/storageAccounts'))).toBe(false);
  // A lock on an account.
  expect(
    isOnlyItsBody(`${resource('Microsoft.Storage/storageAccounts')}/providers/Microsoft.Authorization/locks/l`),
  ).toBe(true);
});
