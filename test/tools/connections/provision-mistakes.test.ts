import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { openTenant, type ProvisionedTenant, subject } from '../../core/connections/provisioning/provisioned-tenant.ts';

const gitHub = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:contoso/shop:ref:refs/heads/main',
};
const secretInput = { name: 'fresh', credential: 'secret', roles: [{ role: 'Reader' }] };

let tenant: ProvisionedTenant;

describe('mistakes that cost no request', () => {
  beforeEach(async () => {
    tenant = await openTenant({ frozenClock: true });
  });
  afterEach(() => tenant.close());

  const federatedInput = { ...secretInput, credential: 'federated', federated: gitHub };
  test.each<[string, Record<string, unknown>, string]>([
    ['a name with capitals', { ...secretInput, name: 'Fresh' }, 'name'],
    ['a missing name', { ...secretInput, name: undefined }, 'name'],
    ['another kind of credential', { ...secretInput, credential: 'certificate' }, 'credential'],
    ['federated without a trust', { ...secretInput, credential: 'federated' }, 'federated'],
    ['a trust for a secret', { ...secretInput, federated: gitHub }, 'federated'],
    ['a life of federation', { ...federatedInput, secret_days: 30 }, 'secret_days'],
    ['a secret for ever', { ...secretInput, secret_days: 5000 }, 'secret_days'],
    ['half a day', { ...secretInput, secret_days: 0.5 }, 'secret_days'],
    [
      'an issuer without https',
      { ...federatedInput, federated: { ...gitHub, issuer: 'http://issuer.example' } },
      'issuer',
    ],
    ['an issuer that is no address', { ...federatedInput, federated: { ...gitHub, issuer: 'github' } }, 'issuer'],
    ['an empty subject', { ...federatedInput, federated: { ...gitHub, subject: '' } }, 'subject'],
    ['a wildcard', { ...federatedInput, federated: { ...gitHub, subject: 'repo:contoso/*' } }, 'subject'],
    ['a subject of another form', { ...federatedInput, federated: { ...gitHub, subject: 'contoso/shop' } }, 'subject'],
    ['a key that is not known', { ...federatedInput, federated: { ...gitHub, subjet: 'x' } }, 'subjet'],
    ['no roles at all', { ...secretInput, roles: undefined }, 'roles'],
    ['a role without a name', { ...secretInput, roles: [{ role: ' ' }] }, 'role'],
    ['roles as numbers', { ...secretInput, roles: [5] }, 'roles'],
    ['too many roles', { ...secretInput, roles: Array.from({ length: 21 }, () => ({ role: 'Reader' })) }, 'roles'],
    ['a scope that is a name', { ...secretInput, roles: [{ role: 'Reader', scope: 'rg-contoso-data' }] }, 'scope'],
    [
      'a second scope that is a name',
      { ...secretInput, roles: [{ role: 'Reader' }, { role: 'Reader', scope: 'rg-data' }] },
      'scope',
    ],
    ['the scope of everything', { ...secretInput, roles: [{ role: 'Reader', scope: '/' }] }, 'scope'],
    ['a scope that climbs', { ...secretInput, roles: [{ role: 'Reader', scope: '/subscriptions/../x' }] }, 'scope'],
    [
      'a scope with a query',
      { ...secretInput, roles: [{ role: 'Reader', scope: '/providers/Microsoft.Management/managementGroups/a?b' }] },
      'scope',
    ],
    ['a subscription by name', { ...secretInput, subscription_id: 'prod' }, 'subscription_id'],
    ['a group without its level', { ...secretInput, management_group_id: 'mg' }, 'management_group_id'],
    ['a level without its group', { ...secretInput, scope_level: 'management_group' }, 'management_group_id'],
    [
      'a workspace without its group',
      { ...secretInput, scope_level: 'ml_workspace', workspace_name: 'ws1' },
      'resource_group',
    ],
    [
      'a hostile group',
      { ...secretInput, scope_level: 'management_group', management_group_id: 'a/../b' },
      'management_group_id',
    ],
    ['a scope of connections that is none', { ...secretInput, scopes: ['everything'] }, 'scopes'],
    ['a display name with a line break', { ...secretInput, display_name: 'a\nb' }, 'display_name'],
  ])('%s', async (_title, input, named) => {
    const { response } = await tenant.provision(input);

    expect(response.error, JSON.stringify(response)).toBeDefined();
    expect(['invalid_argument', 'configuration']).toContain(response.error.code);
    expect(`${response.error.message} ${response.error.hint}`).toContain(named);
    expect(response.error.hint).not.toBe('');
    expect(tenant.tools.seen()).toEqual([]);
    expect((await tenant.tools.call('list_connections', {})).response.data.value).toHaveLength(1);
  });

  it('a token of another subject, with both values', async () => {
    const { response } = await tenant.provision({
      ...tenant.inputOf('federated'),
      federated: { issuer: tenant.issuer.issuer, subject: 'other', token: { file: tenant.tokenFile } },
    });

    expect(response.error).toMatchObject({ code: 'invalid_argument' });
    expect(response.error.message).toContain(subject);
    expect(tenant.tools.seen()).toEqual([]);
  });

  it('a name that create_connection has taken', async () => {
    await tenant.tools.call('create_connection', { name: 'fresh', cloud: 'sandbox' });
    const { response } = await tenant.provision(secretInput);

    expect(response.error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('fresh exists already'),
    });
    expect(tenant.tools.graphRequests()).toEqual([]);
  });

  it('a name that the configuration has taken', async () => {
    const { response } = await tenant.provision({ ...secretInput, name: 'sandbox' });

    expect(response.error).toMatchObject({ code: 'conflict', hint: expect.stringContaining('another name') });
  });

  it('a name that was provisioned otherwise', async () => {
    await tenant.provision(secretInput);
    const { response } = await tenant.provision({ ...secretInput, access: 'read_write' });

    expect(response.error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('access read_only instead of read_write'),
    });
  });
});

it('is refused with a read-only connection', async () => {
  tenant = await openTenant({ frozenClock: true, access: 'read_only' });
  const { response } = await tenant.provision(secretInput);

  expect(response.error).toMatchObject({ code: 'refused' });
  expect(tenant.tools.seen()).toEqual([]);
  await tenant.close();
});
