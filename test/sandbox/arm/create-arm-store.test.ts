import { describe, expect, test } from 'vitest';
import { roleIds } from '../../../src/sandbox/arm/access/role-definitions.ts';
import { createArmService } from '../../../src/sandbox/arm/arm-service.ts';
import { createArmStore } from '../../../src/sandbox/arm/create-arm-store.ts';
import { ControlInputError } from '../../../src/sandbox/base/control-input.ts';
import { appIds } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { tenant } from '../../../src/sandbox/seed/tenant.ts';
import { createTestContext, sandboxRequest } from '../support/test-context.ts';
import { dataGroup, production } from './support/arm-client.ts';

const account = `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
const readBlobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read';

function setUp() {
  const context = createTestContext();
  const arm = createArmStore({ directory: context.store, clock: context.clock, tenant: context.tenant });
  const principalOf = (app: keyof typeof appIds) =>
    context.store.findByKey('servicePrincipal', 'appId', appIds[app])?.id ?? '';
  return { context, arm, main: principalOf('sandbox'), limited: principalOf('limited') };
}

describe('data roles', () => {
  test('Contributor does not open data; a data role does, where it is given and below', () => {
    const { arm, main, limited } = setUp();
    expect(arm.hasDataRole(main, account, readBlobs)).toBe(true);
    expect(arm.hasDataRole(limited, account, readBlobs)).toBe(false);
    expect(arm.hasDataRole(limited, `${account}/blobServices/default/containers/invoices`, readBlobs)).toBe(true);
    expect(arm.hasDataRole(limited, `${account}/blobServices/default/containers/exports`, readBlobs)).toBe(false);
  });

  test('a new assignment can be made to take its time', () => {
    const { arm, context, limited } = setUp();
    arm.place('rolePropagation', { seconds: 300 });
    const name = '9c1b9d0e-0000-4000-8000-000000000001';
    arm.place('roleAssignment', { name, scope: account, roleId: roleIds.blobReader, principalId: limited });
    expect(arm.hasDataRole(limited, account, readBlobs)).toBe(false);
    context.advance(301);
    expect(arm.hasDataRole(limited, account, readBlobs)).toBe(true);
  });
});

describe('placing', () => {
  test('objects are there as given, and gone after a reset', () => {
    const { arm } = setUp();
    const id = `${dataGroup}/providers/Microsoft.KeyVault/vaults/placed`;
    arm.place('resource', { id, name: 'placed', type: 'Microsoft.KeyVault/vaults', location: 'westeurope' });
    expect(arm.resource(id.toUpperCase())?.name).toBe('placed');
    arm.reset();
    expect(arm.resource(id)).toBeUndefined();
    expect(arm.resource(account)?.name).toBe('stcontosodata');
  });

  test('what is wrong is named', () => {
    const { arm } = setUp();
    expect(() => arm.place('resources', {})).toThrow(/Valid: subscription, resource/);
    expect(() => arm.place('lock', { scope: production, name: 'x', level: 'Soft' })).toThrow(ControlInputError);
  });

  test('rows for wide reads are made when they are looked at', () => {
    const { arm } = setUp();
    const before = [...arm.resources()].length;
    arm.place('scale', { rows: 9, subscriptions: 3 });
    expect(arm.subscriptions()).toHaveLength(3);
    expect([...arm.resources()].length).toBe(before + 9);
    expect([...arm.resources(`/subscriptions/${arm.subscriptions()[2]?.subscriptionId}`)]).toHaveLength(3);
    const [first] = [...arm.resources()].slice(-9);
    expect(arm.resource(first?.id ?? '')).toEqual(first);
  });
});

test('the seed has a usable and a switched-off instance of each linked service', () => {
  const { arm } = setUp();
  const ofType = (type: string) => [...arm.resources(production)].filter((one) => one.type === type);
  for (const type of [
    'Microsoft.Storage/storageAccounts',
    'Microsoft.ServiceBus/namespaces',
    'Microsoft.DBforPostgreSQL/flexibleServers',
    'Microsoft.DocumentDB/databaseAccounts',
    'Microsoft.Search/searchServices',
  ]) {
    expect(ofType(type).length, type).toBeGreaterThanOrEqual(2);
  }
  expect([...arm.resources()].length).toBeGreaterThanOrEqual(60);
});

test('the token of another tenant is refused with both issuers', async () => {
  const { arm, context } = setUp();
  const now = context.clock.now() / 1000;
  const claims = {
    aud: 'https://arm.sandbox.test',
    tid: '11111111-2222-4333-8444-555555555555',
    oid: 'x',
    exp: now + 600,
  };
  const authorization = `Bearer ${await context.signer.sign(claims)}`;
  const request = sandboxRequest('GET', `${production}?api-version=2022-12-01`, {
    service: 'arm',
    headers: { authorization },
  });
  const answer = await createArmService(arm).handle(request, context);
  expect(answer.status).toBe(401);
  expect(answer.headers?.['www-authenticate']).toContain('error="invalid_token"');
  expect(answer.body).toMatchObject({
    error: { code: 'InvalidAuthenticationTokenTenant', message: expect.stringContaining(tenant.id) },
  });
});
