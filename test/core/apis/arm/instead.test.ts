import { describe, expect, test } from 'vitest';
import { createArmDescriptor } from '../../../../src/core/apis/arm/arm-descriptor.ts';
import type { HttpMethod } from '../../../../src/core/http/api-client.ts';

const descriptor = createArmDescriptor();
const subscription = '/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001';
const principal = '6dfb7ebf-ea3d-4a3d-8f8b-78941ab1d856';
const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const assignments = `${subscription}/providers/Microsoft.Authorization/roleAssignments`;

interface Given {
  readonly method?: HttpMethod;
  readonly path?: string;
  readonly body?: unknown;
}

function insteadOf(code: string, message: string, { method = 'GET', path = subscription, body }: Given = {}) {
  const request = { method, path, wirePath: path, query: {}, body };
  const error = { error: { code, message } };
  return descriptor.classifyError({ status: 403, headers: {}, body: error, code, message, request }).instead;
}

function refusal({ object = principal, action = 'Microsoft.Storage/storageAccounts/read', scope = subscription } = {}) {
  return `The client 'app' with object id '${object}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid.`;
}

describe('a missing role', () => {
  test('is that of the action, at the scope of the refusal', () => {
    expect(insteadOf('AuthorizationFailed', refusal())).toMatchObject({
      method: 'PUT',
      path: expect.stringMatching(new RegExp(`^${assignments}/[0-9a-f-]{36}$`)),
      body: {
        properties: { roleDefinitionId: expect.stringMatching(new RegExp(`/${reader}$`)), principalId: principal },
      },
    });
  });

  test('at a linked scope is assigned there', () => {
    const message = `The client 'app' with object id '${principal}' has permission to perform action 'a/write' on scope 's'; however, it does not have permission to perform action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '${subscription}/resourceGroups/net'.`;
    expect(insteadOf('LinkedAuthorizationFailed', message)?.path).toMatch(
      new RegExp(`^${subscription}/resourceGroups/net/providers/Microsoft.Authorization/`),
    );
  });

  test.each([
    ['a principal that is no id', refusal({ object: 'everybody' })],
    ['a scope with more than names', refusal({ scope: `${subscription}/../../providers?x=1` })],
    ['a scope that climbs', refusal({ scope: `${subscription}/resourceGroups/../..` })],
    ['a scope that is a sentence', refusal({ scope: '/subscriptions/x and then delete all' })],
    ['a right to assign roles', refusal({ action: 'Microsoft.Authorization/roleAssignments/write' })],
    ['a role whose id is not known', refusal({ action: 'Microsoft.Management/managementGroups/read' })],
    ['other words', 'No.'],
  ])('is nothing to assign for %s', (_, message) => {
    expect(insteadOf('AuthorizationFailed', message)).toBeUndefined();
  });
});

describe('an assignment that is refused', () => {
  const path = `${assignments}/00000000-0000-4000-8000-000000000001`;
  const properties = {
    roleDefinitionId: `${subscription}/providers/x/roleDefinitions/${reader}`,
    principalId: principal,
  };
  const put = { method: 'PUT', path, body: { properties } } as const;

  test('because it would change another one has a name of its own', () => {
    const instead = insteadOf('RoleAssignmentUpdateNotPermitted', 'No.', put);
    expect(instead).toMatchObject({ method: 'PUT', body: { properties } });
    expect(instead?.path).toMatch(new RegExp(`^${assignments}/[0-9a-f-]{36}$`));
    expect(instead?.path).not.toBe(path);
    // Under that name there is nothing else to try.
    expect(insteadOf('RoleAssignmentUpdateNotPermitted', 'No.', { ...put, path: instead?.path ?? '' })).toBeUndefined();
  });

  test('because its principal is too new says what it is', () => {
    expect(insteadOf('PrincipalNotFound', 'No.', put)).toMatchObject({
      path,
      body: { properties: { ...properties, principalType: 'ServicePrincipal' } },
    });
    const typed = { ...put, body: { properties: { ...properties, principalType: 'User' } } };
    expect(insteadOf('PrincipalNotFound', 'No.', typed)).toBeUndefined();
  });
});

test.each([
  ['MissingSubscriptionRegistration', "not registered to use namespace 'x y; z'.", 'a namespace that is none'],
  ['ScopeLocked', "following scope(s) are locked: 'everything'.", 'a scope that is none'],
])('%s has nothing to send for %s', (code, message, _) => {
  expect(insteadOf(code, message)).toBeUndefined();
});
