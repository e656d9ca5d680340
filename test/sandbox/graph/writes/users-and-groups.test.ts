import { expect, test } from 'vitest';
import { createWriteTenant, type WriteTenant } from '../../support/graph-writes.ts';

const person = {
  accountEnabled: true,
  displayName: 'New Person',
  mailNickname: 'new.person',
  userPrincipalName: 'new.person@contoso.example',
  passwordProfile: { password: 'Passw0rd!', forceChangePasswordNextSignIn: true },
};
const team = { displayName: 'New Team', mailEnabled: false, mailNickname: 'new-team', securityEnabled: true };
const membersOf = ({ context }: WriteTenant, group: { readonly id: string }) =>
  context.store.links('group.members', group.id);

test('a user is created without showing the password again', async () => {
  const tenant = createWriteTenant();
  const { status, headers, body } = await tenant.write('POST', '/users', { ...person, jobTitle: 'Pilot' });
  expect(status).toBe(201);
  expect(headers?.['location']).toContain(body.id);
  expect(body).toMatchObject({ displayName: 'New Person', jobTitle: 'Pilot', mail: null, businessPhones: [] });
  expect(JSON.stringify([body, tenant.context.store.get('user', body.id)])).not.toContain('Passw0rd');
});

test.each([
  [
    'no display name',
    { ...person, displayName: undefined },
    "A value is required for property 'displayName' of resource 'User'.",
  ],
  [
    'no password',
    { ...person, passwordProfile: undefined },
    "A value is required for property 'passwordProfile' of resource 'User'.",
  ],
  [
    'a weak password',
    { ...person, passwordProfile: { password: 'simple' } },
    'The specified password does not comply with password complexity requirements. Please provide a different password.',
  ],
  [
    'a foreign domain',
    { ...person, userPrincipalName: 'a@fabrikam.example' },
    'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
  ],
  [
    'an unverified domain',
    { ...person, userPrincipalName: 'a@shop.contoso.example' },
    'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
  ],
  ['a name without domain', { ...person, userPrincipalName: 'a' }, 'Property userPrincipalName is invalid.'],
  [
    'a space in the nickname',
    { ...person, mailNickname: 'a b' },
    "Invalid value specified for property 'mailNickname' of resource 'User'.",
  ],
  [
    'a long country',
    { ...person, usageLocation: 'Germany' },
    "Invalid value specified for property 'usageLocation' of resource 'User'.",
  ],
  ['an unknown property', { ...person, shoeSize: 44 }, "Invalid property 'shoeSize'."],
  [
    'a property of the service',
    { ...person, assignedLicenses: [] },
    "Property 'assignedLicenses' is read-only and cannot be set.",
  ],
])('a user with %s is refused', async (_, body, message) => {
  await expect(createWriteTenant().write('POST', '/users', body)).rejects.toMatchObject({
    status: 400,
    code: 'Request_BadRequest',
    message,
  });
});

test('two users cannot share a user principal name, in whatever case', async () => {
  const tenant = createWriteTenant();
  await tenant.write('POST', '/users', person);
  await expect(
    tenant.write('POST', '/users', { ...person, userPrincipalName: 'NEW.Person@contoso.example' }),
  ).rejects.toMatchObject({
    status: 400,
    code: 'Request_BadRequest',
    message: 'Another object with the same value for property userPrincipalName already exists.',
    details: [{ code: 'ObjectConflict', target: 'userPrincipalName' }],
  });
});

test('a body that is no JSON, or not said to be, is refused', async () => {
  const tenant = createWriteTenant();
  await expect(tenant.write('POST', '/users', 'displayName=x')).rejects.toMatchObject({ status: 415 });
  await expect(tenant.write('POST', '/users', '{"a":', { 'content-type': 'application/json' })).rejects.toMatchObject({
    status: 400,
    code: 'BadRequest',
  });
});

test('an update answers 204 and changes what it names', async () => {
  const tenant = createWriteTenant();
  const { id, displayName } = tenant.user(0);
  expect(await tenant.write('PATCH', `/users/${id}`, { jobTitle: 'President' })).toMatchObject({
    status: 204,
    body: undefined,
  });
  expect(tenant.user(0)).toMatchObject({ jobTitle: 'President', displayName });
});

test('a user from an on-premises directory is changed there, but for a few cloud properties', async () => {
  const tenant = createWriteTenant();
  const { id } = tenant.user(5);
  await expect(tenant.write('PATCH', `/users/${id}`, { jobTitle: 'x' })).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('on-premises mastered'),
  });
  expect(await tenant.write('PATCH', `/users/${id}`, { usageLocation: 'FR' })).toMatchObject({ status: 204 });
});

test('an app without a directory role does not reset the password of an administrator', async () => {
  const tenant = createWriteTenant();
  const body = { passwordProfile: { password: 'Passw0rd!' } };
  await expect(tenant.write('PATCH', `/users/${tenant.user(1).id}`, body)).rejects.toMatchObject({
    status: 403,
    code: 'Authorization_RequestDenied',
  });
  expect(await tenant.write('PATCH', `/users/${tenant.user(4).id}`, body)).toMatchObject({ status: 204 });
});

test('a manager is set, replaced and removed', async () => {
  const tenant = createWriteTenant();
  const [user, manager] = [tenant.user(20), tenant.user(30)];
  const path = `/users/${user.id}/manager/$ref`;
  expect(await tenant.write('PUT', path, tenant.ref(manager.id, 'users'))).toMatchObject({ status: 204 });
  expect(tenant.context.store.links('user.manager', user.id)).toEqual([manager.id]);
  await tenant.write('DELETE', path);
  expect(tenant.context.store.links('user.manager', user.id)).toEqual([]);
  await expect(tenant.write('DELETE', path)).rejects.toMatchObject({ status: 404 });
  await expect(tenant.write('PUT', path, tenant.ref('11111111-1111-4111-8111-111111111111'))).rejects.toMatchObject({
    status: 404,
    code: 'Request_ResourceNotFound',
  });
});

test('revoking sessions says so', async () => {
  const tenant = createWriteTenant();
  expect(await tenant.write('POST', `/users/${tenant.user(0).id}/revokeSignInSessions`)).toMatchObject({
    status: 200,
    body: { value: true },
  });
  expect(tenant.user(0)).toMatchObject({ signInSessionsValidFromDateTime: '2026-01-15T10:00:00Z' });
});

test('a security group is made with its members and owners', async () => {
  const tenant = createWriteTenant();
  const [first, second] = [tenant.user(0), tenant.user(2)];
  const { status, body } = await tenant.write('POST', '/groups', {
    ...team,
    'members@odata.bind': [tenant.ref(first.id)['@odata.id'], tenant.ref(second.id, 'users')['@odata.id']],
    'owners@odata.bind': [tenant.ref(first.id)['@odata.id']],
  });
  expect(status).toBe(201);
  expect(membersOf(tenant, body)).toEqual([first.id, second.id]);
  expect(tenant.context.store.links('group.owners', body.id)).toEqual([first.id]);
});

test('a Microsoft 365 group gets an address', async () => {
  const { body } = await createWriteTenant().write('POST', '/groups', {
    ...team,
    mailEnabled: true,
    groupTypes: ['Unified'],
  });
  expect(body).toMatchObject({ mail: 'new-team@contoso.example', visibility: 'Public', groupTypes: ['Unified'] });
});

const bind = (tenant: WriteTenant, count: number) =>
  Array.from({ length: count }, (_, index) => tenant.ref(tenant.user(index + 40).id)['@odata.id']);

test.each([
  ['mail without being a Microsoft 365 group', { ...team, mailEnabled: true }],
  ['neither mail nor security', { ...team, securityEnabled: false }],
  ['no nickname', { ...team, mailNickname: undefined }],
  ['a dynamic type without a rule', { ...team, groupTypes: ['DynamicMembership'] }],
])('a group with %s is refused', async (_, body) => {
  await expect(createWriteTenant().write('POST', '/groups', body)).rejects.toMatchObject({
    status: 400,
    code: 'Request_BadRequest',
  });
});

test('twenty references go in one request, twenty-one do not, and then none is added', async () => {
  const tenant = createWriteTenant();
  await expect(
    tenant.write('POST', '/groups', { ...team, 'members@odata.bind': bind(tenant, 21) }),
  ).rejects.toMatchObject({ status: 400 });
  const { body } = await tenant.write('POST', '/groups', { ...team, 'members@odata.bind': bind(tenant, 20) });
  await expect(
    tenant.write('PATCH', `/groups/${body.id}`, { 'members@odata.bind': bind(tenant, 21) }),
  ).rejects.toMatchObject({ status: 400 });
  const half = [tenant.ref(tenant.user(3).id)['@odata.id'], ...bind(tenant, 1)];
  await expect(tenant.write('PATCH', `/groups/${body.id}`, { 'members@odata.bind': half })).rejects.toMatchObject({
    message: expect.stringContaining('already exist'),
  });
  expect(membersOf(tenant, body)).toHaveLength(20);
});

test('a member is added once and removed once', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('Pilot Devices');
  const { id } = tenant.user(9);
  const add = () => tenant.write('POST', `/groups/${group.id}/members/$ref`, tenant.ref(id));
  const drop = () => tenant.write('DELETE', `/groups/${group.id}/members/${id}/$ref`);
  expect(await add()).toMatchObject({ status: 204 });
  await expect(add()).rejects.toMatchObject({
    status: 400,
    code: 'Request_BadRequest',
    message: "One or more added object references already exist for the following modified properties: 'members'.",
  });
  expect(await drop()).toMatchObject({ status: 204 });
  await expect(drop()).rejects.toMatchObject({ status: 404, code: 'Request_ResourceNotFound' });
  expect(tenant.context.store.get('user', id)).toBeDefined();
});

test('removing a member without /$ref deletes the member itself, if the caller may', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('Leadership');
  const [victim = ''] = membersOf(tenant, group);
  const path = `/groups/${group.id}/members/${victim}`;
  await expect(tenant.writeAs(['GroupMember.ReadWrite.All'], 'DELETE', path)).rejects.toMatchObject({ status: 403 });
  expect(await tenant.write('DELETE', path)).toMatchObject({ status: 204 });
  expect(tenant.context.store.get('user', victim)).toBeUndefined();
  expect(tenant.context.store.deletedItems('user').map(({ entity }) => entity.id)).toContain(victim);
});

test('a reference to another host is refused', async () => {
  const tenant = createWriteTenant();
  const body = { '@odata.id': `https://graph.elsewhere.example/v1.0/users/${tenant.user(0).id}` };
  await expect(
    tenant.write('POST', `/groups/${tenant.group('Pilot Devices').id}/members/$ref`, body),
  ).rejects.toMatchObject({ status: 400 });
});

test.each(['All Staff News', 'Finance Approvals', 'All Employees'])('%s is not changed through Graph', async (name) => {
  const tenant = createWriteTenant();
  await expect(
    tenant.write('POST', `/groups/${tenant.group(name).id}/members/$ref`, tenant.ref(tenant.user(7).id)),
  ).rejects.toMatchObject({ status: 400, code: 'Request_BadRequest' });
});

test('a role-assignable group needs the permission to assign roles', async () => {
  const tenant = createWriteTenant();
  const path = `/groups/${tenant.group('Role - Helpdesk Administrators').id}/members/$ref`;
  await expect(
    tenant.writeAs(['GroupMember.ReadWrite.All'], 'POST', path, tenant.ref(tenant.user(0).id)),
  ).rejects.toMatchObject({ status: 403 });
  expect(await tenant.write('POST', path, tenant.ref(tenant.user(0).id))).toMatchObject({ status: 204 });
});

test('a group has at most a hundred owners and keeps the last one', async () => {
  const tenant = createWriteTenant();
  const { body } = await tenant.write('POST', '/groups', team);
  const own = (index: number) =>
    tenant.write('POST', `/groups/${body.id}/owners/$ref`, tenant.ref(tenant.user(index).id));
  for (let index = 0; index < 100; index++) await own(index);
  await expect(own(100)).rejects.toMatchObject({
    status: 403,
    code: 'Directory_QuotaExceeded',
    message: expect.stringContaining("'101' would exceed the maximum quota count '100'"),
  });
  for (let index = 1; index < 100; index++)
    await tenant.write('DELETE', `/groups/${body.id}/owners/${tenant.user(index).id}/$ref`);
  await expect(tenant.write('DELETE', `/groups/${body.id}/owners/${tenant.user(0).id}/$ref`)).rejects.toMatchObject({
    status: 400,
  });
});

test('a group is made or changed by its unique name', async () => {
  const tenant = createWriteTenant();
  const path = `/groups(uniqueName='team-a')`;
  await expect(tenant.write('PATCH', path, team)).rejects.toMatchObject({ status: 404 });
  const made = await tenant.write('PATCH', path, team, { prefer: 'create-if-missing' });
  expect(made).toMatchObject({ status: 201, body: { uniqueName: 'team-a' } });
  expect(await tenant.write('PATCH', path, { description: 'Changed' }, { prefer: 'create-if-missing' })).toMatchObject({
    status: 204,
  });
  expect(tenant.context.store.get('group', made.body.id)).toMatchObject({ description: 'Changed' });
});

test('Microsoft 365 groups can be restored, security groups are gone', async () => {
  const tenant = createWriteTenant();
  const [unified, security] = [tenant.group('Marketing'), tenant.group('Pilot Devices')];
  for (const { id } of [unified, security]) await tenant.write('DELETE', `/groups/${id}`);
  expect(await tenant.write('POST', `/directory/deletedItems/${unified.id}/restore`)).toMatchObject({
    status: 200,
    body: { id: unified.id, '@odata.type': '#microsoft.graph.group' },
  });
  await expect(tenant.write('POST', `/directory/deletedItems/${security.id}/restore`)).rejects.toMatchObject({
    status: 404,
  });
});

test('a deleted user is restored unless the name has been taken, and can be purged', async () => {
  const tenant = createWriteTenant();
  const { body: first } = await tenant.write('POST', '/users', person);
  await tenant.write('DELETE', `/users/${first.id}`);
  const { body: second } = await tenant.write('POST', '/users', person);
  const restore = () => tenant.write('POST', `/directory/deletedItems/${first.id}/restore`);
  await expect(restore()).rejects.toMatchObject({ status: 400, details: [{ code: 'ObjectConflict' }] });
  await tenant.write('DELETE', `/users/${second.id}`);
  expect(await restore()).toMatchObject({ status: 200 });
  await tenant.write('DELETE', `/users/${first.id}`);
  expect(await tenant.write('DELETE', `/directory/deletedItems/${first.id}`)).toMatchObject({ status: 204 });
  await expect(restore()).rejects.toMatchObject({ status: 404 });
});

test('deleted things are kept for thirty days', async () => {
  const tenant = createWriteTenant();
  const { id } = tenant.user(12);
  await tenant.write('DELETE', `/users/${id}`);
  tenant.context.advance(30 * 86_400 + 1);
  await expect(tenant.write('POST', `/directory/deletedItems/${id}/restore`)).rejects.toMatchObject({ status: 404 });
});

test('with replication lag a new user cannot be changed or referred to at first', async () => {
  const tenant = createWriteTenant();
  tenant.context.place('replicationLag', { seconds: 30 });
  const { body } = await tenant.write('POST', '/users', person);
  const change = () => tenant.write('PATCH', `/users/${body.id}`, { jobTitle: 'x' });
  const join = () =>
    tenant.write('POST', `/groups/${tenant.group('Pilot Devices').id}/members/$ref`, tenant.ref(body.id));
  await expect(change()).rejects.toMatchObject({ status: 404, code: 'Request_ResourceNotFound' });
  await expect(join()).rejects.toMatchObject({ status: 404 });
  tenant.context.advance(30);
  expect(await change()).toMatchObject({ status: 204 });
  expect(await join()).toMatchObject({ status: 204 });
});
