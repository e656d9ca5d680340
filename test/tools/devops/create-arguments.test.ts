import { describe, expect, test } from 'vitest';
import { federation, identity, reader, useCreation } from './creation-tools.ts';

const { create, devops } = useCreation();
type Input = Readonly<Record<string, unknown>>;

describe('arguments that do not fit', () => {
  const rows: readonly [string, Input, string][] = [
    ['nobody signs in', { scheme: federation }, 'scheme: with WorkloadIdentityFederation, say who signs in.'],
    [
      'a key for federation',
      { scheme: federation, client_id: reader, client_secret: 'x' },
      'client_secret: needs the scheme',
    ],
    [
      'an identity and an app',
      { scheme: federation, client_id: reader, managed_identity_id: identity },
      'managed_identity_id: cannot be combined with client_id.',
    ],
    [
      'automatic and an app',
      { scheme: federation, automatic: true, client_id: reader },
      'client_id: cannot be combined with automatic',
    ],
    ['automatic for an agent', { scheme: 'ManagedServiceIdentity', automatic: true }, 'automatic: needs the scheme'],
    ['an app for an agent', { scheme: 'ManagedServiceIdentity', client_id: reader }, 'client_id: needs the scheme'],
    [
      'a key without its app',
      { scheme: 'ServicePrincipal', client_secret: 'x' },
      'client_id: missing, and client_secret needs it.',
    ],
    [
      'a key and a certificate',
      { scheme: 'ServicePrincipal', client_id: reader, client_secret: 'x', certificate: 'y' },
      'client_secret: cannot be combined with',
    ],
    [
      'a profile without its app',
      { scheme: 'PublishProfile', publish_profile: 'x' },
      'web_app_id: missing, and publish_profile needs it.',
    ],
    [
      'two levels',
      { scheme: federation, client_id: reader, management_group_id: 'mg', workspace_name: 'mlw-1' },
      'workspace_name: cannot be used with scope_level management_group.',
    ],
    [
      'a level and its neighbour',
      { scheme: federation, client_id: reader, scope_level: 'subscription', management_group_id: 'mg' },
      'management_group_id: cannot be used with scope_level subscription.',
    ],
    [
      'a workspace without its group',
      { scheme: federation, client_id: reader, workspace_name: 'mlw-1' },
      'resource_group: missing, and the connection has none',
    ],
    [
      'a management group that nobody named',
      { scheme: federation, client_id: reader, scope_level: 'management_group' },
      'management_group_id: missing, and the connection has none',
    ],
    [
      'a workspace with a key',
      {
        scheme: 'ServicePrincipal',
        client_id: reader,
        client_secret: 'x',
        resource_group: 'rg-1',
        workspace_name: 'mlw-1',
      },
      'scope_level: ml_workspace does not go with client_secret.',
    ],
    [
      'a scheme that is misspelt',
      { scheme: 'WorkloadIdentityFederaton', client_id: reader },
      'WorkloadIdentityFederation',
    ],
    ['a key that is misspelt', { scheme: federation, clint_id: reader }, 'client_id'],
    ['a client that is no GUID', { scheme: federation, client_id: 'web-shop' }, 'client_id: got the string'],
    ['a name with a line break', { scheme: federation, client_id: reader, name: 'a\nb' }, 'name: '],
  ];
  test.each(rows)('%s', async (_, input, message) => {
    const { isError, response } = await create(input);
    expect(isError).toBe(true);
    expect(response.error.code).toBe('invalid_argument');
    expect(response.error.message).toContain(message);
    expect(response.error.hint.length).toBeGreaterThan(10);
    expect(devops.tools.seen()).toEqual([]);
  });
});
