import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { testCall } from '../../support/call.ts';
import { type OpenIdentities, openIdentities } from './open-identities.ts';

const readerId = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';

let open: OpenIdentities;
let principalId: string;
let scope: string;

beforeEach(async () => {
  open = await openIdentities();
  scope = `/subscriptions/${open.tools.sandbox.credentials.subscriptionId}`;
  const app = await open.identities.ensureApplication({ uniqueName: 'tenantry-test', displayName: 'x' }, testCall());
  principalId = (await open.identities.ensureServicePrincipal(app.value.appId, testCall())).value;
  open.tools.forget();
});
afterEach(() => open.close());

async function assigned(): Promise<readonly { id: string; name: string }[]> {
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments`;
  const answer = await open.tools.call('arm_query', { path, params: { $filter: `principalId eq '${principalId}'` } });
  return answer.response.data.value;
}

describe('role assignments', () => {
  it('are the same by name and by GUID, in any case, however often they are asked for', async () => {
    const { identities } = open;
    const results = [];
    for (const role of ['Reader', 'reader', readerId, readerId.toUpperCase()]) {
      results.push(await identities.ensureRoleAssignment({ principalId, role, scope }, testCall()));
    }

    expect(results.map(({ isNew }) => isNew)).toEqual([true, false, false, false]);
    expect(new Set(results.map(({ value }) => value.id)).size).toBe(1);
    expect(results[0]?.value).toMatchObject({ role: 'Reader', scope });
    expect(await assigned()).toHaveLength(1);
  });

  it('are told apart by scope and role', async () => {
    const { identities } = open;
    await identities.ensureRoleAssignment({ principalId, role: 'Reader', scope }, testCall());
    await identities.ensureRoleAssignment({ principalId, role: 'Contributor', scope }, testCall());
    await identities.ensureRoleAssignment(
      { principalId, role: 'Reader', scope: `${scope}/resourceGroups/rg-contoso-data` },
      testCall(),
    );

    expect(await assigned()).toHaveLength(3);
  });

  it('are made once when the answer is lost', async () => {
    open.tools.sandbox.fault({ service: 'arm', match: 'PUT *', reset: 'after' });
    await open.identities.ensureRoleAssignment({ principalId, role: 'Reader', scope }, testCall());

    expect(await assigned()).toHaveLength(1);
  });

  it('that somebody else has made under another name are found', async () => {
    const name = '11111111-2222-4333-8444-555555555555';
    const placed = { name, scope, roleId: readerId, principalId, principalType: 'ServicePrincipal' };
    const elsewhere = { ...placed, name: name.replace('1', '0'), scope: `${scope}/resourceGroups/rg-contoso-web` };
    open.tools.sandbox.placeObject('arm', 'roleAssignment', elsewhere);
    open.tools.sandbox.placeObject('arm', 'roleAssignment', placed);
    const { value, isNew } = await open.identities.ensureRoleAssignment(
      { principalId, role: 'Reader', scope },
      testCall(),
    );

    expect(isNew).toBe(false);
    expect(value.id.endsWith(name)).toBe(true);
    expect(await assigned()).toHaveLength(2);
  });

  it('are tried again while the principal is not known', async () => {
    const error = { code: 'PrincipalNotFound', message: 'Principal does not exist in the directory.' };
    open.tools.sandbox.fault({ service: 'arm', match: 'PUT *', status: 400, times: 4, body: { error } });
    const call = testCall();
    const startedAt = open.tools.sandbox.clock.now();

    expect(await open.identities.ensureRoleAssignment({ principalId, role: 'Reader', scope }, call)).toMatchObject({
      isNew: true,
    });
    expect(call.record.notes.join()).toContain('principal was too new');
    expect(open.tools.sandbox.clock.now() - startedAt).toBe(15_000);
  });

  it('say that they are for a service principal', async () => {
    await open.identities.ensureRoleAssignment({ principalId, role: 'Reader', scope }, testCall());

    const put = open.tools.seen().find(({ method }) => method === 'PUT');
    expect(put?.body).toMatchObject({ properties: { principalId, principalType: 'ServicePrincipal' } });
  });

  it('are removed, as often as one likes', async () => {
    const { identities } = open;
    const group = `${scope}/resourceGroups/rg-contoso-web`;
    const { value } = await identities.ensureRoleAssignment({ principalId, role: 'Reader', scope: group }, testCall());
    await identities.removeRoleAssignment(value.id, testCall());
    await identities.removeRoleAssignment(value.id, testCall());

    expect(await assigned()).toEqual([]);
  });

  it('are not removed under the id of anything else: nothing is sent', async () => {
    const other = `${scope}/resourceGroups/rg-contoso-web`;
    for (const id of [other, `${other}/providers/Microsoft.Authorization/locks/${readerId}`, '']) {
      await expect(open.identities.removeRoleAssignment(id, testCall())).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    }
    expect(open.tools.seen()).toEqual([]);
  });

  it('of a role that is not there name the nearest ones, and nothing is written', async () => {
    await expect(
      open.identities.ensureRoleAssignment({ principalId, role: "Storage Blob Data Contribut'r", scope }, testCall()),
    ).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('`Storage Blob Data Contributor`') });
    await expect(
      open.identities.findRole('00000000-0000-0000-0000-00000000000a', scope, testCall()),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect(open.tools.seen().filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('need a role that the refusal names', async () => {
    const identities = await open.as(seededCredentials('limited'));

    await expect(
      identities.ensureRoleAssignment({ principalId, role: 'Reader', scope }, testCall()),
    ).rejects.toMatchObject({
      code: 'permission_denied',
      hint: expect.stringContaining('Role Based Access Control Administrator'),
    });
  });

  it.each([
    '',
    '/',
    'rg-contoso-data',
    '/subscriptions',
    '/subscriptions/prod',
    '/subscriptions/../providers',
    '/resourceGroups/rg',
    '//evil.example/subscriptions/x',
    'https://evil.example/subscriptions/00000000-0000-0000-0000-000000000001',
    '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a%2f..',
    '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/../x',
    '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a?b',
    '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a#b',
    '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/a/providers/Microsoft.Storage',
    '/providers/Microsoft.Management/managementGroups/',
    '/providers/Microsoft.Management/managementGroups/a/b',
  ])('are not made at %s', async (hostile) => {
    await expect(
      open.identities.ensureRoleAssignment({ principalId, role: 'Reader', scope: hostile }, testCall()),
    ).rejects.toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('/subscriptions/') });
    expect(open.tools.seen()).toEqual([]);
  });
});
