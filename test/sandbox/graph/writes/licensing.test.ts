import { expect, test } from 'vitest';
import { assignmentStatesOf } from '../../../../src/sandbox/graph/writes/licensing/assignments.ts';
import { licenceProducts } from '../../../../src/sandbox/seed/licence-products.ts';
import { servicePlanIds } from '../../../../src/sandbox/seed/service-plan-ids.ts';
import { createWriteTenant, type WriteTenant } from '../../support/graph-writes.ts';

const sku = (name: keyof typeof licenceProducts) => licenceProducts[name].skuId;
const plan = (name: string) => servicePlanIds[name] ?? '';
const add = (name: keyof typeof licenceProducts, ...disabledPlans: string[]) => ({
  addLicenses: [{ skuId: sku(name), disabledPlans }],
  removeLicenses: [],
});
const remove = (name: keyof typeof licenceProducts) => ({ addLicenses: [], removeLicenses: [sku(name)] });

/** A cloud user in Germany without any licence. */
async function newUser(tenant: WriteTenant, usageLocation: string | null = 'DE') {
  const name = `u${tenant.context.newId().slice(0, 8)}`;
  const { body } = await tenant.write('POST', '/users', {
    accountEnabled: true,
    displayName: name,
    mailNickname: name,
    userPrincipalName: `${name}@contoso.example`,
    passwordProfile: { password: 'Passw0rd!' },
    usageLocation,
  });
  return body.id;
}

const assign = (tenant: WriteTenant, id: string, body: unknown) =>
  tenant.write('POST', `/users/${id}/assignLicense`, body);
const stored = ({ context }: WriteTenant, id: string) => context.store.get('user', id) ?? { id };
const consumed = ({ context }: WriteTenant, name: string) =>
  context.store.findByKey('subscribedSku', 'skuPartNumber', name)?.['consumedUnits'];

test('a licence is assigned at once, takes a unit and brings its plans', async () => {
  const tenant = createWriteTenant();
  const id = await newUser(tenant);
  const before = Number(consumed(tenant, 'SPE_E3'));
  expect(await assign(tenant, id, add('SPE_E3', plan('TEAMS1')))).toMatchObject({ status: 200, body: { id } });
  const user = stored(tenant, id);
  expect(user).toMatchObject({
    assignedLicenses: [{ skuId: sku('SPE_E3'), disabledPlans: [plan('TEAMS1')] }],
    licenseAssignmentStates: [{ skuId: sku('SPE_E3'), assignedByGroup: null, state: 'Active', error: 'None' }],
  });
  expect(JSON.stringify(user)).toContain(plan('EXCHANGE_S_ENTERPRISE'));
  expect(JSON.stringify(user['assignedPlans'])).not.toContain(plan('TEAMS1'));
  expect(consumed(tenant, 'SPE_E3')).toBe(before + 1);
});

test('answers show the default properties: what was assigned has to be selected in a read of its own', async () => {
  const tenant = createWriteTenant();
  const id = await newUser(tenant);
  const shown = [
    ['@odata.context', 'businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone'],
    ['officeLocation', 'preferredLanguage', 'surname', 'userPrincipalName'],
  ].flat();
  const assigned = await assign(tenant, id, add('SPE_E3'));
  expect(Object.keys(assigned.body).toSorted()).toEqual(shown);
  const reprocessed = await tenant.write('POST', `/users/${id}/reprocessLicenseAssignment`);
  expect(Object.keys(reprocessed.body).toSorted()).toEqual(shown);
  const group = tenant.group('Marketing');
  const accepted = await tenant.write('POST', `/groups/${group.id}/assignLicense`, add('FLOW_FREE'));
  expect([accepted.status, accepted.body]).toMatchObject([202, { id: group.id, displayName: 'Marketing' }]);
  expect(accepted.body).not.toHaveProperty('assignedLicenses');
  expect(accepted.headers?.['location']).toMatch(
    /\/v2\/[0-9a-f-]{36}\/directoryObjects\/[0-9a-f-]{36}\/Microsoft\.DirectoryServices\.Group$/,
  );
});

test('assigning again replaces the disabled plans and takes no further unit', async () => {
  const tenant = createWriteTenant();
  const id = await newUser(tenant);
  await assign(tenant, id, add('SPE_E3', plan('TEAMS1')));
  const before = consumed(tenant, 'SPE_E3');
  await assign(tenant, id, add('SPE_E3', plan('SWAY')));
  expect(stored(tenant, id)).toMatchObject({ assignedLicenses: [{ disabledPlans: [plan('SWAY')] }] });
  expect(consumed(tenant, 'SPE_E3')).toBe(before);
});

test('removing a licence gives the unit back', async () => {
  const tenant = createWriteTenant();
  const id = await newUser(tenant);
  const before = consumed(tenant, 'SPE_E3');
  await assign(tenant, id, add('SPE_E3'));
  await assign(tenant, id, remove('SPE_E3'));
  expect(stored(tenant, id)).toMatchObject({ assignedLicenses: [], assignedPlans: [] });
  expect(consumed(tenant, 'SPE_E3')).toBe(before);
});

test.each([
  ['no usage location', null, add('SPE_E3'), 'License assignment cannot be done for user with invalid usage location.'],
  [
    'a forbidden usage location',
    'KP',
    add('SPE_E3'),
    'License assignment cannot be done for user with invalid usage location.',
  ],
  [
    'no unit left',
    'DE',
    add('VISIOCLIENT'),
    `Subscription with SKU ${sku('VISIOCLIENT')} does not have any available licenses.`,
  ],
  [
    'a suspended subscription',
    'DE',
    add('PROJECTPROFESSIONAL'),
    `Subscription with SKU ${sku('PROJECTPROFESSIONAL')} does not have any available licenses.`,
  ],
  [
    'an unknown product',
    'DE',
    { addLicenses: [{ skuId: '11111111-1111-4111-8111-111111111111', disabledPlans: [] }], removeLicenses: [] },
    'License 11111111-1111-4111-8111-111111111111 does not correspond to a valid company License.',
  ],
  ['a licence to remove that is not there', 'DE', remove('SPE_E5'), 'User does not have a corresponding license.'],
  [
    'a missing dependency',
    'DE',
    add('SPE_E3', plan('SHAREPOINTENTERPRISE')),
    `License assignment failed because service plan ${plan('SHAREPOINTWAC')} depends on the service plan(s) ${plan('SHAREPOINTENTERPRISE')}, ${plan('SHAREPOINTSTANDARD')}`,
  ],
  [
    'conflicting plans',
    'DE',
    { addLicenses: [...add('SPE_E3').addLicenses, ...add('STANDARDPACK').addLicenses], removeLicenses: [] },
    `License assignment failed because service plans ${plan('SHAREPOINTENTERPRISE')}, ${plan('SHAREPOINTSTANDARD')} are mutually exclusive.`,
  ],
  [
    'an unknown plan',
    'DE',
    add('SPE_E3', '11111111-1111-4111-8111-111111111111'),
    `Service plan 11111111-1111-4111-8111-111111111111 is not part of license ${sku('SPE_E3')}.`,
  ],
  [
    'only one of the two lists',
    'DE',
    { addLicenses: add('SPE_E3').addLicenses },
    "The parameter 'removeLicenses' is required and must be a collection; it may be empty.",
  ],
])('%s is refused, and nothing changes', async (_, usageLocation, body, message) => {
  const tenant = createWriteTenant();
  const id = await newUser(tenant, usageLocation);
  await expect(assign(tenant, id, body)).rejects.toMatchObject({ status: 400, code: 'Request_BadRequest', message });
  expect(stored(tenant, id)).toMatchObject({ assignedLicenses: [] });
});

test('an inherited licence cannot be removed from the user', async () => {
  const tenant = createWriteTenant();
  const [member = ''] = tenant.context.store.links(
    'group.members',
    tenant.group('License - Microsoft 365 E3 - Sales').id,
  );
  await expect(assign(tenant, member, remove('SPE_E3'))).rejects.toMatchObject({
    message: 'User license is inherited from a group membership and it cannot be removed directly from the user.',
  });
});

test('a group takes a licence at once and passes it on some seconds later', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('External Partners');
  const members = tenant.context.store.links('group.members', group.id);
  const before = Number(consumed(tenant, 'FLOW_FREE'));
  const answer = await tenant.write('POST', `/groups/${group.id}/assignLicense`, add('FLOW_FREE'));
  expect(answer).toMatchObject({
    status: 202,
    body: { id: group.id },
    headers: { location: expect.stringContaining(group.id) },
  });
  expect(consumed(tenant, 'FLOW_FREE')).toBe(before);
  tenant.context.advance(10);
  tenant.licensing.runDue(tenant.context);
  expect(consumed(tenant, 'FLOW_FREE')).toBe(before + members.length);
  // Guests without a usage location use the tenant's.
  expect(stored(tenant, members[0] ?? '')).toMatchObject({
    licenseAssignmentStates: [{ assignedByGroup: group.id, state: 'Active' }],
  });
  expect(tenant.context.store.get('group', group.id)).toMatchObject({
    licenseProcessingState: { state: 'ProcessingComplete' },
  });
});

test('a member that cannot get the licence is in error, and so is the group', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('External Partners');
  await tenant.write('POST', `/groups/${group.id}/assignLicense`, add('VISIOCLIENT'));
  tenant.context.advance(10);
  tenant.licensing.runDue(tenant.context);
  const [member = ''] = tenant.context.store.links('group.members', group.id);
  expect(stored(tenant, member)).toMatchObject({
    assignedLicenses: [],
    licenseAssignmentStates: [{ state: 'Error', error: 'CountViolation' }],
  });
  expect(tenant.context.store.get('group', group.id)).toMatchObject({ hasMembersWithLicenseErrors: true });
});

test('reprocessing gives the licence once there is a unit', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('External Partners');
  await tenant.write('POST', `/groups/${group.id}/assignLicense`, add('VISIOCLIENT'));
  tenant.context.advance(10);
  tenant.licensing.runDue(tenant.context);
  const { store } = tenant.context;
  const visio = store.findByKey('subscribedSku', 'skuPartNumber', 'VISIOCLIENT');
  store.update('subscribedSku', visio?.id ?? '', {
    prepaidUnits: { enabled: 100, suspended: 0, warning: 0, lockedOut: 0 },
  });
  const [member = ''] = store.links('group.members', group.id);
  expect(await tenant.write('POST', `/users/${member}/reprocessLicenseAssignment`)).toMatchObject({
    status: 200,
    body: { id: member },
  });
  expect(stored(tenant, member)).toMatchObject({
    assignedLicenses: [{ skuId: sku('VISIOCLIENT') }],
    licenseAssignmentStates: [{ state: 'Active', error: 'None' }],
  });
});

test('who joins a licensed group gets the licence, who leaves loses it', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('License - Microsoft 365 E3 - Sales');
  const id = await newUser(tenant);
  await tenant.write('POST', `/groups/${group.id}/members/$ref`, tenant.ref(id));
  expect(stored(tenant, id)['assignedLicenses']).toEqual([]);
  tenant.context.advance(10);
  tenant.licensing.runDue(tenant.context);
  expect(stored(tenant, id)).toMatchObject({ assignedLicenses: [{ skuId: sku('SPE_E3') }] });
  await tenant.write('DELETE', `/groups/${group.id}/members/${id}/$ref`);
  tenant.context.advance(10);
  tenant.licensing.runDue(tenant.context);
  expect(stored(tenant, id)).toMatchObject({ assignedLicenses: [], licenseAssignmentStates: [] });
});

test('a licence that is assigned and inherited costs one unit and stays until both reasons are gone', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('License - Microsoft 365 E3 - Sales');
  const [member = ''] = tenant.context.store.links('group.members', group.id);
  const before = consumed(tenant, 'SPE_E3');
  await tenant.write('PATCH', `/users/${member}`, { usageLocation: 'DE' });
  await assign(tenant, member, add('SPE_E3'));
  expect(consumed(tenant, 'SPE_E3')).toBe(before);
  expect(assignmentStatesOf(stored(tenant, member)).filter(({ skuId }) => skuId === sku('SPE_E3'))).toHaveLength(2);
  await assign(tenant, member, remove('SPE_E3'));
  expect(stored(tenant, member)['assignedLicenses']).toContainEqual({ skuId: sku('SPE_E3'), disabledPlans: [] });
});

test('a licensed group cannot be deleted, a deleted user gives the units back', async () => {
  const tenant = createWriteTenant();
  const group = tenant.group('License - Microsoft 365 E3 - Sales');
  await expect(tenant.write('DELETE', `/groups/${group.id}`)).rejects.toMatchObject({
    status: 400,
    code: 'Request_BadRequest',
  });
  const id = await newUser(tenant);
  await assign(tenant, id, add('SPE_E3'));
  const before = Number(consumed(tenant, 'SPE_E3'));
  await tenant.write('DELETE', `/users/${id}`);
  expect(consumed(tenant, 'SPE_E3')).toBe(before - 1);
  await tenant.write('POST', `/directory/deletedItems/${id}/restore`);
  expect(consumed(tenant, 'SPE_E3')).toBe(before);
});
