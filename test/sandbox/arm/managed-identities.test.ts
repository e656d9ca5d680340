import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OidcIssuer, startOidcIssuer } from '../../support/oidc-issuer.ts';
import { assertionType } from '../support/login.ts';
import { sendRaw, signIn } from '../support/sandbox-client.ts';
import { type ArmClient, createArmClient, production } from './support/arm-client.ts';

const version = '2023-01-31';
const group = `${production}/resourceGroups/rg-contoso-web`;
const identities = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;
const shop = `${identities}/id-contoso-shop`;
const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

const make = (arm: ArmClient, name: string, body: object = {}) =>
  arm.put(`${identities}/${name}`, version, { location: 'westeurope', ...body });

async function directory(arm: ArmClient, path: string) {
  const token = await signIn(arm.sandbox, arm.sandbox.credentials);
  return sendRaw(arm.sandbox, 'GET', `${arm.sandbox.cloud.graph}/v1.0${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
}

const trust = (subject: string, issuer = 'https://oidc.contoso.example') => ({
  properties: { issuer, subject, audiences: ['api://AzureADTokenExchange'] },
});

describe('a user-assigned identity', () => {
  test('has ids and a service principal from its first PUT, and keeps them', async () => {
    const arm = await createArmClient();
    const made = await make(arm, 'id-new', { properties: { clientId: 'mine', isolationScope: 'Regional' } });
    expect(made.status).toBe(201);
    const { clientId, principalId, tenantId, isolationScope } = made.body.properties;
    expect([clientId, principalId]).toEqual([expect.stringMatching(guid), expect.stringMatching(guid)]);
    expect([tenantId, isolationScope]).toEqual([arm.sandbox.credentials.tenantId, 'Regional']);
    const again = await make(arm, 'id-new', { tags: { a: 'b' } });
    expect(again).toMatchObject({ status: 200, body: { tags: { a: 'b' }, properties: { clientId, principalId } } });
    const principal = await directory(arm, `/servicePrincipals/${principalId}`);
    expect(principal.body).toMatchObject({
      appId: clientId,
      displayName: 'id-new',
      servicePrincipalType: 'ManagedIdentity',
      alternativeNames: ['isExplicit=True', made.body.id],
    });
    expect((await directory(arm, `/applications(appId='${clientId}')`)).status).toBe(404);
  });

  test('takes its service principal along, alone or with its resource group', async () => {
    const arm = await createArmClient();
    const first = await make(arm, 'id-first');
    expect((await arm.send('DELETE', `${identities}/id-first`, { version })).status).toBe(200);
    expect((await directory(arm, `/servicePrincipals/${first.body.properties.principalId}`)).status).toBe(404);
    const second = await make(arm, 'id-first');
    expect(second.body.properties.clientId).not.toBe(first.body.properties.clientId);
    arm.sandbox.placeObject('arm', 'operationStyle', { match: 'DELETE *', style: 'sync' });
    await arm.send('DELETE', group);
    expect((await directory(arm, `/servicePrincipals/${second.body.properties.principalId}`)).status).toBe(404);
  });

  test('of the seed has a service principal that can have a role', async () => {
    const arm = await createArmClient();
    const { clientId, principalId } = (await arm.get(shop, version)).body.properties;
    const principal = await directory(arm, `/servicePrincipals(appId='${clientId}')`);
    expect(principal.body).toMatchObject({ id: principalId, displayName: 'id-contoso-shop' });
    const assignment = `${group}/providers/Microsoft.Authorization/roleAssignments/9c1b9d0e-0000-4000-8000-000000000001`;
    const reader = `${production}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
    const body = { properties: { roleDefinitionId: reader, principalId } };
    expect((await arm.put(assignment, '2022-04-01', body)).status).toBe(201);
  });
});

describe('federated credentials of an identity', () => {
  const at = (name: string) => `${shop}/federatedIdentityCredentials/${name}`;

  test('are made, replaced, read, listed and removed', async () => {
    const arm = await createArmClient();
    const made = await arm.put(at('deploy'), version, trust('a'));
    expect(made).toMatchObject({
      status: 201,
      body: { id: at('deploy'), name: 'deploy', type: expect.any(String), ...trust('a') },
    });
    for (const _ of [1, 2]) {
      expect(await arm.put(at('deploy'), version, trust('b'))).toMatchObject({ status: 200, body: trust('b') });
    }
    expect(await arm.get(at('DEPLOY'), version)).toMatchObject({
      status: 200,
      body: { name: 'deploy', ...trust('b') },
    });
    const list = await arm.get(`${shop}/federatedIdentityCredentials`, version);
    expect(list.body.value.map(({ name }: { name: string }) => name)).toEqual([
      'github-main',
      // A service connection of Azure DevOps.
      'devops-5a11d0c5-7e4a-4c0d-8b0a-de0200000008',
      'deploy',
    ]);
    expect((await arm.send('DELETE', at('deploy'), { version })).status).toBe(200);
    expect((await arm.send('DELETE', at('deploy'), { version })).status).toBe(204);
    expect((await arm.get(at('deploy'), version)).status).toBe(404);
  });

  test.each([
    ['a name of two characters', 'ab', trust('a'), 400],
    ['a name that begins with a dash', '-deploy', trust('a'), 400],
    ['a name with a dot', 'a.b.c', trust('a'), 400],
    ['no body', 'deploy', {}, 400],
    ['no audience', 'deploy', { properties: { ...trust('a').properties, audiences: [] } }, 400],
    ['no audiences', 'deploy', { properties: { issuer: 'https://a.example', subject: 'a' } }, 400],
    ['two audiences', 'deploy', { properties: { ...trust('a').properties, audiences: ['a', 'b'] } }, 400],
    ['an issuer without TLS', 'deploy', trust('a', 'http://oidc.contoso.example'), 400],
    ['the issuer and subject of another one', 'deploy', trust('first'), 400],
  ])('are refused with %s', async (_, name, body, status) => {
    const arm = await createArmClient();
    await arm.put(at('first'), version, trust('first'));
    expect(await arm.put(at(name), version, body)).toMatchObject({ status, body: { error: { code: 'BadRequest' } } });
    expect((await arm.get(at(name), version)).status).toBe(404);
  });

  test('are twenty at most; replacing one of them goes on', async () => {
    const arm = await createArmClient();
    for (let number = 3; number <= 20; number++) {
      expect((await arm.put(at(`trust-${number}`), version, trust(`s${number}`))).status).toBe(201);
    }
    expect((await arm.put(at('trust-21'), version, trust('s21'))).status).toBe(400);
    expect((await arm.put(at('trust-20'), version, trust('s21'))).status).toBe(200);
  });

  test('are written one after the other: a second write meanwhile is 409', async () => {
    const arm = await createArmClient();
    const both = await Promise.all([arm.put(at('one'), version, trust('1')), arm.put(at('two'), version, trust('2'))]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const refused = both.find(({ status }) => status === 409);
    expect(refused?.body.error.code).toBe('ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity');
    expect((await arm.put(at('two'), version, trust('2'))).status).toBeLessThan(300);
  });

  test('need an identity, and the right to write', async () => {
    const arm = await createArmClient();
    const orphan = await arm.put(`${identities}/none/federatedIdentityCredentials/abc`, version, trust('a'));
    expect(orphan).toMatchObject({ status: 404, body: { error: { code: 'ParentResourceNotFound' } } });
    expect((await arm.send('PATCH', at('github-main'), { version, body: {} })).status).toBe(405);
  });
});

describe('a token of an identity', () => {
  let issuer: OidcIssuer;
  let arm: ArmClient;

  beforeEach(async () => {
    arm = await createArmClient();
    issuer = await startOidcIssuer({ subject: 'workload', now: () => arm.sandbox.clock.now() });
  });
  afterEach(() => issuer.close());

  function exchange(clientId: string, proof: Record<string, string>) {
    const scope = `${arm.sandbox.cloud.resourceManager}/.default`;
    const form = { grant_type: 'client_credentials', client_id: clientId, scope, ...proof };
    const { tenantId } = arm.sandbox.credentials;
    return sendRaw(arm.sandbox, 'POST', `${arm.sandbox.cloud.login}/${tenantId}/oauth2/v2.0/token`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
  }
  const assertion = async (claims = {}) => ({
    client_assertion_type: assertionType,
    client_assertion: await issuer.sign(claims),
  });

  test('is given for a token that one of its own federated credentials trusts', async () => {
    const made = await make(arm, 'id-trusting');
    const { clientId, principalId } = made.body.properties;
    expect(await exchange(clientId, await assertion())).toMatchObject({ status: 401, body: { error_codes: [70025] } });
    const credential = `${made.body.id}/federatedIdentityCredentials/local`;
    expect((await arm.put(credential, version, trust('workload', issuer.issuer))).status).toBe(201);
    const token = await exchange(clientId, await assertion());
    expect(token.status).toBe(200);
    const claims = JSON.parse(Buffer.from(token.body.access_token.split('.')[1], 'base64url').toString());
    expect(claims).toMatchObject({ appid: clientId, oid: principalId, appidacr: '2' });
    expect(await exchange(clientId, await assertion({ sub: 'Workload' }))).toMatchObject({
      body: { error_codes: [700213] },
    });
    await arm.send('DELETE', credential, { version });
    expect(await exchange(clientId, await assertion())).toMatchObject({ body: { error_codes: [70025] } });
  });

  test('is not given to a principal that only looks like an identity', async () => {
    const appId = '9c1b9d0e-0000-4000-8000-00000000000c';
    arm.sandbox.placeObject('graph', 'servicePrincipal', { appId, servicePrincipalType: 'ManagedIdentity' });
    expect(await exchange(appId, await assertion())).toMatchObject({ body: { error_codes: [700016] } });
  });

  test('is not given for a secret, and not once the identity is gone', async () => {
    const { clientId } = (await make(arm, 'id-short')).body.properties;
    expect(await exchange(clientId, { client_secret: 'guess' })).toMatchObject({ body: { error_codes: [7000216] } });
    await arm.send('DELETE', `${identities}/id-short`, { version });
    expect(await exchange(clientId, await assertion())).toMatchObject({ body: { error_codes: [700016] } });
  });
});
