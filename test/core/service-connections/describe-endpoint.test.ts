import { describe, expect, test } from 'vitest';
import {
  convertibilityOf,
  obstacleToConversion,
  obstacleToRevert,
} from '../../../src/core/service-connections/describe-endpoint.ts';
import { data, endpoint, web } from './endpoint-objects.ts';

const references = (...projects: readonly { readonly id: string; readonly name: string }[]) =>
  projects.map((projectReference) => ({ projectReference, name: 'shop' }));

describe('conversion', () => {
  test('is open to what Azure DevOps made with a secret for one project', () => {
    expect(convertibilityOf(endpoint(), web)).toEqual({ convertible: true });
  });

  test('looks at names and schemes without regard to case', () => {
    const odd = endpoint({
      type: 'AzureRM',
      authorization: { scheme: 'serviceprincipal' },
      data: { CreationMode: 'automatic' },
    });
    expect(obstacleToConversion(odd, web)).toBeUndefined();
  });

  test.each([
    ['another type', endpoint({ type: 'github' }), /type `github`/],
    ['federation', endpoint({ authorization: { scheme: 'WorkloadIdentityFederation' } }), /already/],
    ['a managed identity', endpoint({ authorization: { scheme: 'ManagedServiceIdentity' } }), /ManagedServiceIdentity/],
    ['an authorization that may not be seen', endpoint({ authorization: { scheme: '' } }), /may not be seen/],
    ['an app made by hand', endpoint({ data: { creationMode: 'Manual' } }), /manually/],
    ['no creation mode', endpoint({ data: null }), /manually/],
    ['work in progress', endpoint({ isReady: false, operationStatus: { state: 'InProgress' } }), /still working/],
    [
      'a creation that failed',
      endpoint({ isReady: false, operationStatus: { state: 'Failed', statusMessage: 'AuthorizationFailed: no' } }),
      /state_message/,
    ],
    [
      'another project beside this one',
      endpoint({ isShared: true, serviceEndpointProjectReferences: references(web, data) }),
      /Contoso Data/,
    ],
    [
      'another project alone',
      endpoint({ isShared: true, serviceEndpointProjectReferences: references(data) }),
      /Contoso Data/,
    ],
    [
      'projects that may not be seen',
      endpoint({ isShared: true, serviceEndpointProjectReferences: [] }),
      /cannot be seen/,
    ],
  ])('is closed to %s, and says so', (_, one, reason) => {
    expect(convertibilityOf(one, web)).toEqual({ convertible: false, reason: expect.stringMatching(reason) });
  });

  test('is open to one that is marked as shared and used here only, as in the script of the service', () => {
    const marked = endpoint({ isShared: true, serviceEndpointProjectReferences: references(web) });
    expect(convertibilityOf(marked, web)).toEqual({ convertible: true });
  });

  test('may be tried again after a conversion that failed', () => {
    const again = endpoint({ isReady: true, operationStatus: { state: 'Failed', statusMessage: 'Graph said no' } });
    expect(convertibilityOf(again, web)).toEqual({ convertible: true });
  });
});

describe('revert', () => {
  const deadline = '2026-11-27T10:00:00.000Z';
  const converted = endpoint({
    authorization: { scheme: 'WorkloadIdentityFederation' },
    data: { creationMode: 'Automatic', revertSchemeDeadline: deadline },
  });

  test('is open until the deadline, to the millisecond', () => {
    expect(obstacleToRevert(converted, web, Date.parse(deadline))).toBeUndefined();
    expect(obstacleToRevert(converted, web, Date.parse(deadline) + 1)).toMatchObject({
      isExpired: true,
      reason: expect.stringContaining(deadline),
    });
  });

  test.each([
    ['what uses a secret', endpoint(), /uses its secret/],
    [
      'what was made with federation',
      endpoint({ authorization: { scheme: 'WorkloadIdentityFederation' } }),
      /never converted/,
    ],
    ['another scheme', endpoint({ authorization: { scheme: 'ManagedServiceIdentity' } }), /never converted/],
    ['another type', endpoint({ type: 'github' }), /type `github`/],
  ])('is closed to %s', (_, one, reason) => {
    expect(obstacleToRevert(one, web, 0)?.reason).toMatch(reason);
  });
});
