import { describe, expect, test } from 'vitest';
import { roleFor } from '../../../../src/core/apis/arm/action-roles.ts';
import { causeOf, classifyArmError, readArmError } from '../../../../src/core/apis/arm/arm-errors.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import { testCall } from '../../../support/call.ts';
import { openArm, subscriptionId } from './arm-fixture.ts';
import { armService } from './arm-service.ts';

const scope = `/subscriptions/${subscriptionId}/resourceGroups/core`;
const path = `${scope}/providers/Microsoft.Storage/storageAccounts/data`;

const refused = (action: string) => ({
  error: {
    code: 'AuthorizationFailed',
    message: `The client 'app' with object id '11111111-2222-3333-4444-555555555555' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  },
});

describe('error bodies', () => {
  test('the cause is the deepest detail, also where it is JSON text in a message', () => {
    const inner = { error: { code: 'SkuNotAvailable', message: 'Not in this region.', target: 'sku' } };
    const error = readArmError({
      error: {
        code: 'DeploymentFailed',
        message: 'At least one resource deployment operation failed.',
        details: [{ code: 'Conflict', message: JSON.stringify(inner) }],
      },
    });
    expect(error.parts.map(({ code }) => code)).toEqual(['DeploymentFailed', 'Conflict', 'SkuNotAvailable']);
    expect(causeOf(error)).toEqual({ code: 'SkuNotAvailable', message: 'Not in this region.', target: 'sku' });
    expect(classifyArmError({ error: { code: 'A', message: 'Outer.', details: [inner.error] } }, path)).toMatchObject({
      said: 'Outer. SkuNotAvailable: Not in this region.',
      code: 'conflict',
      retryable: false,
    });
  });

  test.each([undefined, null, '', 'text', [], {}, { error: null }, { error: 'x' }])('%o is no error body', (body) => {
    expect(readArmError(body).parts).toEqual([]);
  });

  test('a body that contains itself many times over is read within bounds', () => {
    let error: Record<string, unknown> = { code: 'X', message: 'x' };
    for (let depth = 0; depth < 100; depth++) error = { code: 'X', message: 'x', details: [error, error] };
    expect(readArmError(error).parts.length).toBeLessThanOrEqual(60);
  });
});

describe('hints', () => {
  test.each([
    ['Microsoft.Storage/storageAccounts/read', 'Reader'],
    ['Microsoft.Storage/storageAccounts/write', 'Contributor'],
    ['Microsoft.Storage/storageAccounts/listKeys/action', 'Storage Account Contributor'],
    ['Microsoft.Authorization/roleAssignments/write', 'Role Based Access Control Administrator'],
    ['Microsoft.Authorization/locks/delete', 'User Access Administrator'],
    ['Microsoft.Authorization/policyAssignments/write', 'Owner'],
  ])('%s is in %s', (action, role) => {
    expect(roleFor(action).name).toBe(role);
    const { hint } = classifyArmError(refused(action), path);
    expect(hint).toContain(action);
    expect(hint).toContain(
      `az role assignment create --assignee-object-id 11111111-2222-3333-4444-555555555555 --role "${role}" --scope "${scope}"`,
    );
  });

  const policy = {
    error: {
      code: 'RequestDisallowedByPolicy',
      message: "Resource 'data' was disallowed by policy.",
      additionalInfo: [
        {
          type: 'PolicyViolation',
          info: { policyDefinitionDisplayName: 'Allowed locations', policyAssignmentDisplayName: 'Europe only' },
        },
      ],
    },
  };
  const unregistered = {
    error: {
      code: 'MissingSubscriptionRegistration',
      message: "The subscription is not registered to use namespace 'Microsoft.Search'.",
      details: [{ code: 'MissingSubscriptionRegistration', target: 'Microsoft.Search', message: 'Not registered.' }],
    },
  };
  const locked = {
    error: {
      code: 'ScopeLocked',
      message: `The scope '${path}' cannot perform delete operation because following scope(s) are locked: '${scope}'. Please remove the lock and try again.`,
    },
  };
  const version = { error: { code: 'NoRegisteredProviderFound', message: 'The supported api-versions are …' } };

  test.each([
    ['policies by name', policy, 'permission_denied', 'Allowed locations / Europe only'],
    ['the registration', unregistered, 'conflict', 'az provider register --namespace Microsoft.Search --wait'],
    ['the lock', locked, 'conflict', `A lock on \`${scope}\``],
    ['the version', version, 'invalid_argument', 'Leave api_version out'],
  ])('name %s', (_, body, code, hint) => {
    expect(classifyArmError(body, path)).toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  test('reach the caller with the whole error of the service', async () => {
    const service = armService(() => ({ status: 409, headers: { 'x-ms-request-id': 'r' }, body: unregistered }));
    const { arm } = openArm({ httpClient: service });
    const error: unknown = await arm
      .write({ method: 'PUT', path, apiVersion: '2023-01-01', body: {} }, testCall())
      .catch((one: unknown) => one);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'conflict',
      status: 409,
      upstream: { code: 'MissingSubscriptionRegistration', requestId: 'r', detail: unregistered.error },
    });
  });
});
