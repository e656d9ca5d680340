import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OidcServer, startOidcServer } from './oidc-server.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const clientId = '22222222-2222-4222-8222-222222222222';
const app = '33333333-3333-4333-8333-333333333333';
const ada = {
  oid: '44444444-4444-4444-8444-444444444444',
  name: 'Ada',
  groups: ['55555555-5555-4555-8555-555555555555'],
};
let oidc: OidcServer;

beforeAll(async () => {
  const users = { 'ada@contoso.example': ada };
  oidc = await startOidcServer({ tenants: [tenant], clientId, users, apps: { [app]: ['Tenantry.Read'] } });
});
afterAll(() => oidc.close());

async function claimsOf(token: string) {
  const metadata = await (await fetch(`${oidc.issuer()}/.well-known/openid-configuration`)).json();
  const keys = createRemoteJWKSet(new URL((metadata as { jwks_uri: string }).jwks_uri));
  const { payload } = await jwtVerify(token, keys, { issuer: oidc.issuer(), audience: clientId });
  return payload;
}

test('a user signs in with code and PKCE and gets a token as Entra shapes it', async () => {
  const token = await oidc.userToken('ada@contoso.example', ['Tenantry.Read', 'Tenantry.Write']);
  const claims = await claimsOf(token);
  expect(claims).toMatchObject({ tid: tenant, oid: ada.oid, ver: '2.0', azp: oidc.agentId, groups: ada.groups });
  expect(claims['scp']).toBe('Tenantry.Read Tenantry.Write');
});

test('an app gets a token with its roles', async () => {
  expect(await claimsOf(await oidc.appToken(app))).toMatchObject({ oid: app, idtyp: 'app', roles: ['Tenantry.Read'] });
});

test('what is forged is signed with the key of the tenant', async () => {
  const token = await oidc.forge({ claims: { scp: 'Tenantry.Manage', oid: ada.oid } });
  expect(await claimsOf(token)).toMatchObject({ scp: 'Tenantry.Manage', oid: ada.oid });
});
