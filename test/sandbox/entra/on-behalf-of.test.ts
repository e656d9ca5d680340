import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { appIds, companyCredentials, seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { askToken, get, tenantId } from '../support/login.ts';
import { createTestContext, type TestContext } from '../support/test-context.ts';

const company = companyCredentials();
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const api = `api://${company.clientId}`;
const redirectUri = 'http://127.0.0.1:4711/callback';

let context: TestContext;
beforeEach(() => {
  context = createTestContext();
});

function userAt(position: number) {
  for (const { entity } of context.store.scan('user', position)) return entity;
  throw new Error('There is no such user.');
}

/** Signs a user in by their name and redeems the code. */
async function signIn(upn: string, scope = `${api}/Tenantry.Read openid offline_access`) {
  const query = new URLSearchParams({
    ...{ client_id: company.clientId, response_type: 'code', redirect_uri: redirectUri, scope, login_hint: upn },
    state: 's',
  });
  const sent = await get(context, `/${tenantId}/oauth2/v2.0/authorize?${query}`);
  const target = new URL(sent.headers?.['location'] ?? '');
  return askToken(context, {
    ...{ grant_type: 'authorization_code', client_id: company.clientId, redirect_uri: redirectUri },
    code: target.searchParams.get('code') ?? '',
  });
}

async function assertionOf(upn: string): Promise<string> {
  return String((await signIn(upn)).body['access_token']);
}

const exchange = (assertion: string, form: Record<string, string> = {}) =>
  askToken(context, {
    ...{ grant_type: jwtBearer, requested_token_use: 'on_behalf_of', assertion },
    ...{ client_id: company.clientId, client_secret: company.clientSecret },
    scope: 'https://graph.sandbox.test/.default',
    ...form,
  });

describe('a user who signs in', () => {
  test('gets an access token of version 2.0 for the app, with scopes and groups', async () => {
    const upn = String(userAt(3)['userPrincipalName']);
    const { body } = await signIn(upn);
    const keys = (await get(context, `/${tenantId}/discovery/v2.0/keys`)).body;
    const { payload, protectedHeader } = await jwtVerify(
      String(body['access_token']),
      createLocalJWKSet(keys as unknown as Parameters<typeof createLocalJWKSet>[0]),
      {
        issuer: `https://login.sandbox.test/${tenantId}/v2.0`,
        audience: company.clientId,
        currentDate: new Date(context.clock.now()),
      },
    );
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: expect.any(String) });
    expect(payload).toMatchObject({
      ...{ ver: '2.0', tid: tenantId, scp: 'Tenantry.Read', azp: company.clientId },
      oid: userAt(3).id,
      preferred_username: upn,
      groups: expect.arrayContaining([expect.stringMatching(/^[0-9a-f-]{36}$/)]),
    });
    expect(payload['appid']).toBeUndefined();
    expect(decodeJwt(String(body['id_token']))).toMatchObject({ aud: company.clientId, oid: userAt(3).id });
  });

  test('keeps access by the refresh token', async () => {
    const { body } = await signIn(String(userAt(0)['userPrincipalName']));
    const again = await askToken(context, {
      ...{ grant_type: 'refresh_token', client_id: company.clientId },
      refresh_token: String(body['refresh_token']),
    });
    expect(decodeJwt(String(again.body['access_token']))).toMatchObject({ ver: '2.0', scp: 'Tenantry.Read' });
  });

  test.each([
    ['a scope that the app does not have', `${api}/Tenantry.Everything`, 70011],
    ['scopes of two resources', `${api}/Tenantry.Read https://graph.sandbox.test/User.Read`, 28000],
  ])('does not get %s', async (_name, scope, code) => {
    const query = new URLSearchParams({
      ...{ client_id: company.clientId, response_type: 'code', redirect_uri: redirectUri, scope },
      login_hint: String(userAt(0)['userPrincipalName']),
    });
    const sent = await get(context, `/${tenantId}/oauth2/v2.0/authorize?${query}`);
    const target = new URL(sent.headers?.['location'] ?? '');
    const refused = target.searchParams.get('error_description') ?? '';
    if (refused !== '') {
      expect(refused).toContain(`AADSTS${code}`);
      return;
    }
    const answer = await askToken(context, {
      ...{ grant_type: 'authorization_code', client_id: company.clientId, redirect_uri: redirectUri },
      code: target.searchParams.get('code') ?? '',
    });
    expect(answer.body['error_codes']).toEqual([code]);
  });
});

describe('an authorization request', () => {
  const ask = (parts: Record<string, string>) => {
    const scope = `${api}/Tenantry.Read`;
    const query = new URLSearchParams({
      ...{ client_id: company.clientId, response_type: 'code', redirect_uri: redirectUri, scope, ...parts },
    });
    return get(context, `/${tenantId}/oauth2/v2.0/authorize?${query}`);
  };

  test('shows the users to pick from, and takes the one that is picked', async () => {
    const { status, body } = await ask({ state: '"><script>' });
    const page = String(body);
    expect(status).toBe(200);
    expect(page).toContain(String(userAt(0)['displayName']));
    expect(page).not.toContain('<script>');
    const href = /<a href="([^"]+)"/.exec(page)?.[1]?.replaceAll('&#38;', '&') ?? '';
    const picked = await get(context, href.replace('https://login.sandbox.test', ''));
    expect(picked.status).toBe(302);
    expect(picked.headers?.['location']).toMatch(/^http:\/\/127\.0\.0\.1:4711\/callback\?code=/);
  });

  test.each([
    ['an address that is not on this machine', { redirect_uri: 'https://elsewhere.example/callback' }, 50011],
    ['an unknown app', { client_id: '00000000-0000-4000-8000-000000000000' }, 700016],
  ])('for %s is answered on the page alone', async (_name, parts, code) => {
    const { status, headers, body } = await ask(parts);
    expect([status, headers?.['location']]).toEqual([400, undefined]);
    expect(body['error_codes']).toEqual([code]);
  });

  test.each([
    ['prompt=none without a user', { prompt: 'none' }, 'login_required'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['a resource that is not that of the scopes', { resource: 'https://mcp.example' }, 'invalid_target'],
    ['plain PKCE', { code_challenge: 'x', code_challenge_method: 'plain' }, 'invalid_request'],
  ])('with %s goes back to the app as an error', async (_name, parts, error) => {
    const { status, headers } = await ask(parts);
    expect([status, new URL(headers?.['location'] ?? '').searchParams.get('error')]).toEqual([302, error]);
  });

  test('gives a code that works once, with its verifier, its address and its app, for ten minutes', async () => {
    const hint = { login_hint: String(userAt(0)['userPrincipalName']) };
    const pkce = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const newCode = async () => {
      const { headers } = await ask({ ...hint, ...pkce });
      return new URL(headers?.['location'] ?? '').searchParams.get('code') ?? '';
    };
    const redeem = async (code: string, parts: Record<string, string> = {}) => {
      const { body } = await askToken(context, {
        ...{ grant_type: 'authorization_code', client_id: company.clientId, redirect_uri: redirectUri, code },
        code_verifier: verifier,
        ...parts,
      });
      return body['error_codes'] ?? 'a token';
    };
    const code = await newCode();
    expect(await redeem(code, { code_verifier: 'wrong' })).toEqual([501481]);
    expect(await redeem(code, { code_verifier: '' })).toEqual([50148]);
    expect(await redeem(code, { redirect_uri: 'http://127.0.0.1:4711/other' })).toEqual([500112]);
    expect(await redeem(code, { client_id: appIds.sandbox })).toEqual([700003]);
    expect(await redeem(code)).toBe('a token');
    expect(await redeem(code)).toEqual([54005]);
    const late = await newCode();
    context.advance(601);
    expect(await redeem(late)).toEqual([70008]);
  });
});

describe('a token on behalf of a user', () => {
  test('is the user’s, with what has been consented to', async () => {
    const user = userAt(4);
    const { status, body } = await exchange(await assertionOf(String(user['userPrincipalName'])));
    expect(status).toBe(200);
    expect(decodeJwt(String(body['access_token']))).toMatchObject({
      ...{ aud: 'https://graph.sandbox.test', appid: company.clientId, idtyp: 'user', ver: '1.0' },
      ...{ oid: user.id, upn: user['userPrincipalName'] },
      scp: expect.stringContaining('User.Read.All'),
    });
  });

  test('for Resource Manager impersonates the user', async () => {
    const assertion = await assertionOf(String(userAt(4)['userPrincipalName']));
    const { body } = await exchange(assertion, { scope: 'https://arm.sandbox.test/.default' });
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ scp: 'user_impersonation', oid: userAt(4).id });
  });

  test.each([
    ['a text', () => 'no.token.atall', 50013],
    ['one that somebody else signed', tampered, 50013],
    ['one for another API', graphToken, 500131],
    ['the ID token', idToken, 240002],
    ['an app’s token', appToken, 50013],
  ])('is not given for %s', async (_name, make, code) => {
    const { status, body } = await exchange(await make());
    expect([status, body['error'], body['error_codes']]).toEqual([400, 'invalid_grant', [code]]);
  });

  test('is not given for a sign-in that has expired, or to a user who was switched off', async () => {
    const user = userAt(5);
    const assertion = await assertionOf(String(user['userPrincipalName']));
    context.store.update('user', user.id, { accountEnabled: false });
    expect((await exchange(assertion)).body['error_codes']).toEqual([50057]);
    context.advance(2 * 3600);
    expect((await exchange(assertion)).body['error_codes']).toEqual([500133]);
  });

  test('needs consent, for the permission that is asked for and at all', async () => {
    const assertion = await assertionOf(String(userAt(0)['userPrincipalName']));
    const more = await exchange(assertion, { scope: 'https://graph.sandbox.test/Mail.Send' });
    expect(more.body).toMatchObject({ error: 'invalid_grant', error_codes: [65001], suberror: 'consent_required' });
    const plane = await exchange(assertion, { scope: 'https://vault.azure.net/.default' });
    expect(plane.body['error_codes']).toEqual([65001]);
  });

  test('needs the app’s secret, and requested_token_use', async () => {
    const assertion = await assertionOf(String(userAt(0)['userPrincipalName']));
    expect((await exchange(assertion, { client_secret: '' })).body['error_codes']).toEqual([7000218]);
    expect((await exchange(assertion, { requested_token_use: '' })).body['error_codes']).toEqual([900144]);
  });

  test('is refused with claims until the person has brought them', async () => {
    const user = userAt(0);
    const assertion = await assertionOf(String(user['userPrincipalName']));
    context.place('conditionalAccess', { user: user.id });
    const { status, body } = await exchange(assertion);
    expect([status, body['error'], body['error_codes']]).toEqual([400, 'interaction_required', [50076]]);
    const claims = JSON.parse(String(body['claims'])) as object;
    expect(claims).toHaveProperty('access_token.acrs');
    const other = await exchange(await assertionOf(String(userAt(1)['userPrincipalName'])));
    expect(other.status).toBe(200);
    expect((await exchange(assertion, { claims: JSON.stringify(claims) })).status).toBe(200);
  });

  async function tampered(): Promise<string> {
    const [header, , signature] = (await assertionOf(String(userAt(0)['userPrincipalName']))).split('.');
    const claims = Buffer.from(JSON.stringify({ aud: company.clientId, scp: 'Tenantry.Read' })).toString('base64url');
    return `${header}.${claims}.${signature}`;
  }

  async function graphToken(): Promise<string> {
    const { body } = await signIn(String(userAt(0)['userPrincipalName']), 'https://graph.sandbox.test/User.Read');
    return String(body['access_token']);
  }

  async function idToken(): Promise<string> {
    return String((await signIn(String(userAt(0)['userPrincipalName']))).body['id_token']);
  }

  async function appToken(): Promise<string> {
    const { clientId, clientSecret } = seededCredentials('readOnly');
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const { body } = await askToken(context, { ...form, scope: `${api}/.default` });
    return String(body['access_token']);
  }
});
