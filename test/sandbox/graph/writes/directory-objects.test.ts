import { expect, test } from 'vitest';
import { createWriteTenant } from '../../support/graph-writes.ts';

test('getByIds gives what exists, with its type, and leaves the rest out', async () => {
  const tenant = createWriteTenant();
  const [user, group] = [tenant.user(0), tenant.group('Sales')];
  const ids = [user.id, group.id.toUpperCase(), '11111111-1111-4111-8111-111111111111'];
  const { status, body } = await tenant.write('POST', '/directoryObjects/getByIds', { ids });
  expect(status).toBe(200);
  expect(body['value']).toMatchObject([
    { '@odata.type': '#microsoft.graph.user', id: user.id, displayName: user['displayName'] },
    { '@odata.type': '#microsoft.graph.group', id: group.id },
  ]);
  const users = await tenant.write('POST', '/directoryObjects/getByIds', { ids, types: ['user'] });
  expect(users.body['value']).toHaveLength(1);
});

test('getByIds takes a thousand GUIDs and nothing else', async () => {
  const tenant = createWriteTenant();
  const ask = (ids: unknown) => tenant.write('POST', '/directoryObjects/getByIds', { ids });
  const ids = Array.from({ length: 1001 }, () => tenant.context.newId());
  expect(await ask(ids.slice(1))).toMatchObject({ status: 200, body: { value: [] } });
  await expect(ask(ids)).rejects.toMatchObject({ status: 400 });
  await expect(ask(['x'])).rejects.toMatchObject({ status: 400, message: "Invalid object identifier 'x'." });
});

test('getMemberGroups looks through nested groups', async () => {
  const tenant = createWriteTenant();
  const engineering = tenant.group('Engineering');
  const [member = ''] = tenant.context.store.links('group.members', engineering.id);
  const ask = async (securityEnabledOnly: boolean) =>
    (await tenant.write('POST', `/users/${member}/getMemberGroups`, { securityEnabledOnly })).body['value'];
  expect(await ask(false)).toEqual(
    expect.arrayContaining([engineering.id, tenant.group('Product Development').id, tenant.group('VPN Users').id]),
  );
  expect(await ask(true)).not.toContain(engineering.id);
  await expect(tenant.write('POST', `/users/${member}/getMemberGroups`, {})).rejects.toMatchObject({ status: 400 });
});

test('checkMemberGroups takes twenty groups', async () => {
  const tenant = createWriteTenant();
  const sales = tenant.group('Sales');
  const [member = ''] = tenant.context.store.links('group.members', sales.id);
  const ask = (groupIds: readonly string[]) => tenant.write('POST', `/users/${member}/checkMemberGroups`, { groupIds });
  expect(await ask([sales.id, tenant.group('Legal').id])).toMatchObject({ status: 200, body: { value: [sales.id] } });
  await expect(ask(Array.from({ length: 21 }, () => sales.id))).rejects.toMatchObject({ status: 400 });
});

const invitation = { invitedUserEmailAddress: 'kim@partner.example', inviteRedirectUrl: 'https://contoso.example' };

test('an invitation makes a guest, and a second one finds the same guest', async () => {
  const tenant = createWriteTenant();
  const first = await tenant.write('POST', '/invitations', invitation);
  expect(first).toMatchObject({
    status: 201,
    body: { status: 'PendingAcceptance', sendInvitationMessage: false, invitedUserType: 'Guest' },
  });
  const { id } = first.body['invitedUser'] as { readonly id: string };
  expect(tenant.context.store.get('user', id)).toMatchObject({
    userPrincipalName: 'kim_partner.example#EXT#@contoso.onmicrosoft.com',
    userType: 'Guest',
  });
  const second = await tenant.write('POST', '/invitations', invitation);
  expect(second).toMatchObject({ status: 201, body: { invitedUser: { id } } });
  expect(tenant.context.store.count('user')).toBe(241);
});

test.each([
  ['no address', { inviteRedirectUrl: 'https://contoso.example' }],
  ['a bad address', { ...invitation, invitedUserEmailAddress: 'kim' }],
  ['two copies', { ...invitation, invitedUserMessageInfo: { ccRecipients: [{}, {}] } }],
])('an invitation with %s is refused', async (_, body) => {
  await expect(createWriteTenant().write('POST', '/invitations', body)).rejects.toMatchObject({ status: 400 });
});

test('a member of the tenant cannot be invited', async () => {
  const tenant = createWriteTenant();
  await expect(
    tenant.write('POST', '/invitations', { ...invitation, invitedUserEmailAddress: tenant.user(0)['mail'] }),
  ).rejects.toMatchObject({ status: 400, code: 'BadRequest' });
});

test('devices are changed, and gone when deleted', async () => {
  const tenant = createWriteTenant();
  const [device] = tenant.context.store.scan('device');
  const path = `/devices/${device?.entity.id}`;
  expect(await tenant.write('PATCH', path, { accountEnabled: false })).toMatchObject({ status: 204 });
  expect(
    await tenant.write('PATCH', `/devices(deviceId='${device?.entity['deviceId']}')`, { displayName: 'LT-X' }),
  ).toMatchObject({ status: 204 });
  expect(await tenant.write('DELETE', path)).toMatchObject({ status: 204 });
  await expect(tenant.write('DELETE', path)).rejects.toMatchObject({ status: 404 });
  await expect(tenant.write('POST', `/directory/deletedItems/${device?.entity.id}/restore`)).rejects.toMatchObject({
    status: 404,
  });
});

test('members of a directory role come and go', async () => {
  const tenant = createWriteTenant();
  const role = tenant.context.store.findByKey(
    'directoryRole',
    'roleTemplateId',
    'f2ef992c-3afb-46b9-b7cf-a126ee74c451',
  );
  const { id } = tenant.user(30);
  expect(await tenant.write('POST', `/directoryRoles/${role?.id}/members/$ref`, tenant.ref(id))).toMatchObject({
    status: 204,
  });
  expect(tenant.context.store.links('directoryRole.members', role?.id ?? '')).toContain(id);
  expect(
    await tenant.write(
      'DELETE',
      `/directoryRoles(roleTemplateId='f2ef992c-3afb-46b9-b7cf-a126ee74c451')/members/${id}/$ref`,
    ),
  ).toMatchObject({ status: 204 });
});

test('what is not emulated is answered 501 with its route', async () => {
  await expect(createWriteTenant().write('POST', '/domains', { id: 'x.example' })).rejects.toMatchObject({
    status: 501,
    message: expect.stringContaining('POST /domains'),
  });
});
