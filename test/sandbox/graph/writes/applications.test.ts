import { expect, test } from 'vitest';
import type { Entity } from '../../../../src/sandbox/base/entity-store.ts';
import { graphAppId } from '../../../../src/sandbox/seed/applications.ts';
import { graphAppRoles } from '../../../../src/sandbox/seed/graph-permissions.ts';
import { createWriteTenant, type WriteTenant } from '../../support/graph-writes.ts';
import { askToken, complete } from '../../support/login.ts';

const create = async (tenant: WriteTenant, body: object = { displayName: 'New App' }) =>
  (await tenant.write('POST', '/applications', body)).body;
const principalOf = (tenant: WriteTenant, appId: unknown): Entity =>
  tenant.context.store.findByKey('servicePrincipal', 'appId', String(appId)) ?? { id: '' };
const userReadAll = graphAppRoles.find(([value]) => value === 'User.Read.All')?.[1];

test('an application comes without a service principal, and takes one', async () => {
  const tenant = createWriteTenant();
  const application = await create(tenant);
  expect(application).toMatchObject({
    displayName: 'New App',
    signInAudience: 'AzureADMyOrg',
    passwordCredentials: [],
  });
  expect(principalOf(tenant, application['appId']).id).toBe('');
  const { status, body } = await tenant.write('POST', '/servicePrincipals', { appId: application['appId'] });
  expect(status).toBe(201);
  expect(body).toMatchObject({ appId: application['appId'], displayName: 'New App', accountEnabled: true });
  await expect(tenant.write('POST', '/servicePrincipals', { appId: application['appId'] })).rejects.toMatchObject({
    status: 409,
    code: 'Request_MultipleObjectsWithSameKeyValue',
  });
});

test('a service principal needs an application that is known already', async () => {
  const tenant = createWriteTenant();
  const missing = { status: 400, code: 'Request_BadRequest', details: [{ code: 'NoBackingApplicationObject' }] };
  await expect(
    tenant.write('POST', '/servicePrincipals', { appId: '11111111-1111-4111-8111-111111111111' }),
  ).rejects.toMatchObject(missing);
  tenant.context.place('replicationLag', { seconds: 60 });
  const { appId } = await create(tenant);
  await expect(tenant.write('POST', '/servicePrincipals', { appId })).rejects.toMatchObject(missing);
  tenant.context.advance(60);
  expect(await tenant.write('POST', '/servicePrincipals', { appId })).toMatchObject({ status: 201 });
});

test('a secret is shown once, opens a token, and does not after its removal', async () => {
  const tenant = createWriteTenant();
  const application = await create(tenant);
  await tenant.write('POST', '/servicePrincipals', { appId: application['appId'] });
  const path = `/applications/${application.id}`;
  const { status, body } = await tenant.write('POST', `${path}/addPassword`, {
    passwordCredential: { displayName: 'ci' },
  });
  const secret = String(body['secretText']);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    displayName: 'ci',
    hint: secret.slice(0, 3),
    startDateTime: '2026-01-15T10:00:00Z',
    endDateTime: '2028-01-15T10:00:00.000Z',
  });
  expect(JSON.stringify(tenant.context.store.get('application', application.id))).not.toContain(secret);
  const form = { ...complete, client_id: String(application['appId']), client_secret: secret };
  expect(await askToken(tenant.context, form)).toMatchObject({ status: 200 });
  expect(await tenant.write('POST', `${path}/removePassword`, { keyId: body['keyId'] })).toMatchObject({ status: 204 });
  expect(await askToken(tenant.context, form)).toMatchObject({ status: 401, body: { error_codes: [7000215] } });
  await expect(tenant.write('POST', `${path}/removePassword`, { keyId: body['keyId'] })).rejects.toMatchObject({
    status: 400,
  });
});

test('every addPassword makes another secret', async () => {
  const tenant = createWriteTenant();
  const { id } = await create(tenant);
  for (const _ of [1, 2]) await tenant.write('POST', `/applications/${id}/addPassword`, {});
  expect(tenant.context.store.get('application', id)?.['passwordCredentials']).toHaveLength(2);
  await expect(tenant.write('PATCH', `/applications/${id}`, { passwordCredentials: [] })).rejects.toMatchObject({
    status: 400,
  });
});

test('an application is made or changed by its unique name', async () => {
  const tenant = createWriteTenant();
  const path = `/applications(uniqueName='app-a')`;
  await expect(tenant.write('PATCH', path, { displayName: 'A' })).rejects.toMatchObject({ status: 404 });
  expect(await tenant.write('PATCH', path, { displayName: 'A' }, { prefer: 'create-if-missing' })).toMatchObject({
    status: 201,
    body: { uniqueName: 'app-a' },
  });
  expect(await tenant.write('PATCH', path, { displayName: 'B' }, { prefer: 'create-if-missing' })).toMatchObject({
    status: 204,
  });
});

test('an app that may manage only its own apps owns what it makes and reaches nothing else', async () => {
  const tenant = createWriteTenant();
  const own = (method: string, path: string, body?: object) =>
    tenant.writeAs(['Application.ReadWrite.OwnedBy'], method, path, body);
  const made = await own('POST', '/applications', { displayName: 'Mine' });
  const { id } = made.body as Entity;
  expect(await own('PATCH', `/applications/${id}`, { displayName: 'Still mine' })).toMatchObject({ status: 204 });
  const other = tenant.context.store.findByKey('application', 'uniqueName', 'hr-portal')?.id;
  await expect(own('PATCH', `/applications/${other}`, { displayName: 'Stolen' })).rejects.toMatchObject({
    status: 403,
  });
});

test('identifier addresses belong to a verified domain or to the app itself', async () => {
  const tenant = createWriteTenant();
  const application = await create(tenant);
  const set = (uri: string) => tenant.write('PATCH', `/applications/${application.id}`, { identifierUris: [uri] });
  expect(await set(`api://${application['appId']}`)).toMatchObject({ status: 204 });
  expect(await set('https://api.contoso.example/x')).toMatchObject({ status: 204 });
  await expect(set('https://fabrikam.example')).rejects.toMatchObject({ status: 400 });
});

const credential = {
  name: 'github-main',
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:contoso/x:ref:refs/heads/main',
  audiences: ['api://AzureADTokenExchange'],
};

test('a federated credential is added, found by name, changed and removed', async () => {
  const tenant = createWriteTenant();
  const { id } = await create(tenant);
  const path = `/applications/${id}/federatedIdentityCredentials`;
  const { status, body } = await tenant.write('POST', path, credential);
  expect(status).toBe(201);
  expect(body).toMatchObject(credential);
  expect(await tenant.write('PATCH', `${path}/${body.id}`, { description: 'x' })).toMatchObject({ status: 204 });
  await expect(tenant.write('PATCH', `${path}/${body.id}`, { name: 'other' })).rejects.toMatchObject({ status: 400 });
  await expect(tenant.write('POST', path, credential)).rejects.toMatchObject({
    status: 409,
    message: 'FederatedIdentityCredential with name github-main already exists.',
  });
  await expect(tenant.write('POST', path, { ...credential, name: 'twin' })).rejects.toMatchObject({ status: 400 });
  expect(await tenant.write('DELETE', `${path}/github-main`)).toMatchObject({ status: 204 });
  expect(tenant.context.store.links('application.federatedIdentityCredentials', id)).toEqual([]);
});

test('a federated credential is made or changed by its name', async () => {
  const tenant = createWriteTenant();
  const { id } = await create(tenant);
  const path = `/applications/${id}/federatedIdentityCredentials(name='github-main')`;
  const { name: _, ...rest } = credential;
  await expect(tenant.write('PATCH', path, rest)).rejects.toMatchObject({ status: 404 });
  expect(await tenant.write('PATCH', path, rest, { prefer: 'create-if-missing' })).toMatchObject({
    status: 201,
    body: { name: 'github-main' },
  });
  expect(await tenant.write('PATCH', path, { subject: 'other' }, { prefer: 'create-if-missing' })).toMatchObject({
    status: 204,
  });
});

test.each([
  ['a short name', { name: 'ab' }],
  ['a name with a space', { name: 'a b c' }],
  ['an issuer without TLS', { issuer: 'http://issuer.example' }],
  ['a wildcard', { subject: 'repo:contoso/*' }],
  ['two audiences', { audiences: ['a', 'b'] }],
  ['a long subject', { subject: 'x'.repeat(601) }],
])('a federated credential with %s is refused', async (_, change) => {
  const tenant = createWriteTenant();
  const { id } = await create(tenant);
  await expect(
    tenant.write('POST', `/applications/${id}/federatedIdentityCredentials`, { ...credential, ...change }),
  ).rejects.toMatchObject({ status: 400, code: 'Request_BadRequest' });
});

test('an application has at most twenty federated credentials', async () => {
  const tenant = createWriteTenant();
  const { id } = await create(tenant);
  const addNumber = (number: number) =>
    tenant.write('POST', `/applications/${id}/federatedIdentityCredentials`, {
      ...credential,
      name: `name-${number}`,
      subject: `s${number}`,
    });
  for (let number = 0; number < 20; number++) await addNumber(number);
  await expect(addNumber(20)).rejects.toMatchObject({ status: 400 });
});

async function newPrincipal(tenant: WriteTenant) {
  const { appId } = await create(tenant);
  return (await tenant.write('POST', '/servicePrincipals', { appId })).body;
}

test('an app role is granted once, reaches the next token, and can be revoked', async () => {
  const tenant = createWriteTenant();
  const principal = await newPrincipal(tenant);
  const resourceId = principalOf(tenant, graphAppId).id;
  const body = { principalId: principal.id, resourceId, appRoleId: userReadAll };
  const granted = await tenant.write('POST', `/servicePrincipals/${resourceId}/appRoleAssignedTo`, body);
  expect(granted).toMatchObject({
    status: 201,
    body: { ...body, principalType: 'ServicePrincipal', resourceDisplayName: 'Microsoft Graph' },
  });
  await expect(
    tenant.write('POST', `/servicePrincipals/${principal.id}/appRoleAssignments`, body),
  ).rejects.toMatchObject({ status: 400, message: 'Permission being assigned already exists on the object' });
  expect(tenant.context.store.links('servicePrincipal.appRoleAssignments', principal.id)).toEqual([granted.body.id]);
  expect(
    await tenant.write('DELETE', `/servicePrincipals/${principal.id}/appRoleAssignments/${granted.body.id}`),
  ).toMatchObject({ status: 204 });
  expect(tenant.context.store.links('servicePrincipal.appRoleAssignedTo', resourceId)).not.toContain(granted.body.id);
});

test('a role that the resource does not have cannot be granted', async () => {
  const tenant = createWriteTenant();
  const principal = await newPrincipal(tenant);
  const body = {
    principalId: principal.id,
    resourceId: principalOf(tenant, graphAppId).id,
    appRoleId: '11111111-1111-4111-8111-111111111111',
  };
  await expect(
    tenant.write('POST', `/servicePrincipals/${principal.id}/appRoleAssignments`, body),
  ).rejects.toMatchObject({
    status: 400,
    message: `Permission being assigned was not found on application '${graphAppId}'.`,
  });
});

test('a delegated grant exists once per client and resource; its scope is changed in place', async () => {
  const tenant = createWriteTenant();
  const body = {
    clientId: (await newPrincipal(tenant)).id,
    consentType: 'AllPrincipals',
    resourceId: principalOf(tenant, graphAppId).id,
    scope: 'User.Read',
  };
  const granted = await tenant.write('POST', '/oauth2PermissionGrants', body);
  expect(granted).toMatchObject({ status: 201, body });
  await expect(tenant.write('POST', '/oauth2PermissionGrants', body)).rejects.toMatchObject({
    status: 409,
    message: 'Permission entry already exists.',
  });
  expect(
    await tenant.write('PATCH', `/oauth2PermissionGrants/${granted.body.id}`, { scope: 'User.Read Mail.Read' }),
  ).toMatchObject({ status: 204 });
  expect(await tenant.write('DELETE', `/oauth2PermissionGrants/${granted.body.id}`)).toMatchObject({ status: 204 });
});

test('deleting an application takes its service principal along, and it must come back first', async () => {
  const tenant = createWriteTenant();
  const principal = await newPrincipal(tenant);
  const application = tenant.context.store.findByKey('application', 'appId', String(principal['appId']));
  await tenant.write('DELETE', `/applications/${application?.id}`);
  expect(principalOf(tenant, principal['appId']).id).toBe('');
  const restore = (id: string | undefined) => tenant.write('POST', `/directory/deletedItems/${id}/restore`);
  await expect(restore(principal.id)).rejects.toMatchObject({ status: 400 });
  expect(await restore(application?.id)).toMatchObject({ status: 200 });
  expect(await restore(principal.id)).toMatchObject({ status: 200 });
});
