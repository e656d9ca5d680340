import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FederatedParent } from '../../../src/core/identities/identities.ts';
import { seededIdentity } from '../../../src/sandbox/seed/managed-identities.ts';
import { testCall } from '../../support/call.ts';
import { type OpenIdentities, openIdentities } from './open-identities.ts';

const trust = {
  name: 'main',
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:contoso/shop:ref:refs/heads/main',
  audience: 'api://AzureADTokenExchange',
};

let open: OpenIdentities;

beforeEach(async () => {
  open = await openIdentities();
});
afterEach(() => open.close());

async function parentOf(kind: FederatedParent['kind']): Promise<FederatedParent> {
  if (kind === 'managed_identity') return { kind, resourceId: seededIdentity.resourceId };
  const { value } = await open.identities.ensureApplication(
    { uniqueName: 'tenantry-test', displayName: 'x' },
    testCall(),
  );
  return { kind, objectId: value.id };
}

describe.each(['application', 'managed_identity'] as const)('federated credentials of an %s', (kind) => {
  it('are made once and found by issuer and subject, whatever the name', async () => {
    const { identities } = open;
    const parent = await parentOf(kind);
    const before = await identities.listFederatedCredentials(parent, testCall());
    const first = await identities.ensureFederatedCredential(parent, trust, testCall());
    const second = await identities.ensureFederatedCredential(parent, { ...trust, name: 'other' }, testCall());

    expect(first).toEqual({ value: trust, isNew: true });
    expect(second).toMatchObject({ value: trust, isNew: false });
    expect(await identities.listFederatedCredentials(parent, testCall())).toHaveLength(before.length + 1);
  });

  it('are made once when the answer is lost', async () => {
    const { identities, tools } = open;
    const parent = await parentOf(kind);
    tools.sandbox.fault({ match: kind === 'application' ? 'PATCH *' : 'PUT *', reset: 'after' });
    await identities.ensureFederatedCredential(parent, trust, testCall());

    const found = await identities.listFederatedCredentials(parent, testCall());
    expect(found.filter(({ name }) => name === 'main')).toEqual([trust]);
  });

  it('are removed by name, as often as one likes', async () => {
    const { identities } = open;
    const parent = await parentOf(kind);
    await identities.ensureFederatedCredential(parent, trust, testCall());
    await identities.removeFederatedCredential(parent, 'main', testCall());
    await identities.removeFederatedCredential(parent, 'main', testCall());

    const found = await identities.listFederatedCredentials(parent, testCall());
    expect(found.some(({ name }) => name === 'main')).toBe(false);
  });

  it('never take a name that has another trust', async () => {
    const { identities } = open;
    const parent = await parentOf(kind);
    await identities.ensureFederatedCredential(parent, trust, testCall());

    await expect(
      identities.ensureFederatedCredential(parent, { ...trust, subject: 'other' }, testCall()),
    ).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(trust.subject) });
    expect(await identities.listFederatedCredentials(parent, testCall())).toContainEqual(trust);
  });

  it('for another audience are a conflict that names it', async () => {
    const { identities } = open;
    const parent = await parentOf(kind);
    await identities.ensureFederatedCredential(parent, trust, testCall());

    await expect(
      identities.ensureFederatedCredential(parent, { ...trust, audience: 'api://other' }, testCall()),
    ).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(trust.audience) });
  });

  it('are twenty at most', async () => {
    const { identities } = open;
    const parent = await parentOf(kind);
    const free = 20 - (await identities.listFederatedCredentials(parent, testCall())).length;
    for (let index = 0; index < free; index++) {
      const one = { ...trust, name: `number-${index}`, subject: `subject ${index}` };
      await identities.ensureFederatedCredential(parent, one, testCall());
    }

    await expect(identities.ensureFederatedCredential(parent, trust, testCall())).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('`number-0`'),
    });
  });

  it.each(['ab', '-abc', 'a/b', 'a b c', 'ä-umlaut', 'x'.repeat(121)])('are not named %s', async (name) => {
    const parent = { kind: 'application', objectId: '00000000-0000-0000-0000-00000000000a' } as const;

    await expect(
      open.identities.ensureFederatedCredential(parent, { ...trust, name }, testCall()),
    ).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(open.tools.seen()).toEqual([]);
  });
});

describe('managed identities', () => {
  it('get several credentials at once, written one after the other', async () => {
    const { identities } = open;
    const parent = await parentOf('managed_identity');
    const names = ['one', 'two', 'three', 'four'];
    await Promise.all(
      names.map((name) => identities.ensureFederatedCredential(parent, { ...trust, name, subject: name }, testCall())),
    );

    const found = await identities.listFederatedCredentials(parent, testCall());
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(open.tools.seen().filter(({ status }) => status === 409)).toEqual([]);
  });

  it('that others write to at the same time are tried again', async () => {
    const { identities, tools } = open;
    const parent = await parentOf('managed_identity');
    const code = 'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity';
    tools.sandbox.fault({ match: 'PUT *', status: 409, times: 3, body: { error: { code, message: 'Too many.' } } });
    const call = testCall();

    expect(await identities.ensureFederatedCredential(parent, trust, call)).toMatchObject({ isNew: true });
    expect(call.record.notes.join()).toContain('at the same time');
  });

  it('tell their ids', async () => {
    expect(await open.identities.getUserAssignedIdentity(seededIdentity.resourceId, testCall())).toMatchObject({
      name: 'id-contoso-shop',
      clientId: seededIdentity.clientId,
      tenantId: open.tools.sandbox.credentials.tenantId,
    });
  });

  it.each([
    'id-contoso-shop',
    '/subscriptions/x',
    `${seededIdentity.resourceId}/x`,
    `${seededIdentity.resourceId}?a=b`,
    '',
  ])('are not looked for under %s', async (resourceId) => {
    await expect(open.identities.getUserAssignedIdentity(resourceId, testCall())).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(open.tools.seen()).toEqual([]);
  });
});
