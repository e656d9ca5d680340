import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { type IssuerTrouble, type OidcIssuer, type SignOptions, startOidcIssuer } from '../../support/oidc-issuer.ts';
import { assertionType } from '../support/login.ts';
import { sendRaw, signIn } from '../support/sandbox-client.ts';

const subject = 'system:serviceaccount:shop:Deployer';
let sandbox: Sandbox;
let issuer: OidcIssuer;

beforeEach(async () => {
  sandbox = createSandbox({ now: '2026-01-15T10:00:00Z', frozenClock: true });
  issuer = await startOidcIssuer({ subject, now: () => sandbox.clock.now() });
});

afterEach(() => issuer.close());

async function graph(method: 'GET' | 'POST', path: string, body?: unknown) {
  const token = await signIn(sandbox, sandbox.credentials);
  return sendRaw(sandbox, method, `${sandbox.cloud.graph}/v1.0${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
}

/** A new app that trusts the local issuer, created through Graph. */
async function trustingApp(trust: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const app = await graph('POST', '/applications', { displayName: 'Deployer' });
  await graph('POST', '/servicePrincipals', { appId: app.body.appId });
  const credential = { name: 'local', issuer: issuer.issuer, subject, audiences: ['api://AzureADTokenExchange'] };
  const made = await graph('POST', `/applications/${app.body.id}/federatedIdentityCredentials`, {
    ...credential,
    ...trust,
  });
  expect(made.status).toBe(201);
  return String(app.body.appId);
}

function exchange(clientId: string, assertion: string) {
  const form = { grant_type: 'client_credentials', client_id: clientId, scope: `${sandbox.cloud.graph}/.default` };
  const proof = { client_assertion_type: assertionType, client_assertion: assertion };
  return sendRaw(sandbox, 'POST', `${sandbox.cloud.login}/${sandbox.credentials.tenantId}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...form, ...proof }).toString(),
  });
}

const refusedWith = (code: number, status = 401) => ({ status, body: { error_codes: [code] } });
const opened = { status: 200, body: { token_type: 'Bearer' } };

describe('a token of a local issuer', () => {
  test('is exchanged for a token of the app, by the keys of its discovery document', async () => {
    const clientId = await trustingApp();
    expect(await exchange(clientId, await issuer.sign())).toMatchObject(opened);
    expect(issuer.requests()).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  test.each<SignOptions>([{ alg: 'RS512' }, { alg: 'PS256' }, { kid: null }])('may be signed with %j', async (how) => {
    const clientId = await trustingApp();
    expect(await exchange(clientId, await issuer.sign({}, how))).toMatchObject(opened);
  });

  test('may be for several audiences, when the credential has one of them', async () => {
    const clientId = await trustingApp();
    const assertion = await issuer.sign({ aud: ['api://other', 'api://AzureADTokenExchange'] });
    expect(await exchange(clientId, assertion)).toMatchObject(opened);
  });

  test.each([
    ['issuer', { iss: 'https://elsewhere.example' }, 700211],
    ['subject in another case', { sub: subject.toLowerCase() }, 700213],
    ['subject with something after it', { sub: `${subject}x` }, 700213],
    ['audience', { aud: 'api://AzureADTokenExchangeChina' }, 700212],
    ['audience, missing', { aud: undefined }, 700212],
    ['expiry in the past', { exp: 1_000_000_000 }, 700024],
    ['expiry, missing', { exp: undefined }, 700024],
    ['expiry that is no number', { exp: 'tomorrow' }, 700024],
    ['beginning in the future', { nbf: 4_000_000_000 }, 700024],
    ['time of issue in the future', { iat: 4_000_000_000 }, 700024],
  ])('with another %s is refused', async (_, claims, code) => {
    const clientId = await trustingApp();
    expect(await exchange(clientId, await issuer.sign(claims))).toMatchObject(refusedWith(code));
  });

  test('is good for five minutes more than it says, and no longer', async () => {
    const clientId = await trustingApp();
    const assertion = await issuer.sign();
    sandbox.advance(899);
    expect(await exchange(clientId, assertion)).toMatchObject(opened);
    sandbox.advance(1);
    const late = await exchange(clientId, assertion);
    expect(late).toMatchObject(refusedWith(700024));
    expect(late.body.error_description).toContain('expiry time of assertion 2026-01-15T10:10:00.000');
  });

  test('without a subject is malformed', async () => {
    const clientId = await trustingApp();
    expect(await exchange(clientId, await issuer.sign({ sub: undefined }))).toMatchObject(refusedWith(50027));
  });

  test.each<SignOptions['alg']>(['none', 'HS256', 'ES256'])('signed with %s is refused', async (alg) => {
    const clientId = await trustingApp();
    const answer = await exchange(clientId, await issuer.sign({}, alg ? { alg } : {}));
    expect(answer).toMatchObject(refusedWith(5002738, 400));
  });

  test('signed with a key that is not published is refused', async () => {
    const clientId = await trustingApp();
    expect(await exchange(clientId, await issuer.sign({}, { forged: true }))).toMatchObject(refusedWith(700027));
    expect(await exchange(clientId, await issuer.sign({}, { kid: 'unknown' }))).toMatchObject(refusedWith(7000272));
  });

  test('changed after it was signed is refused', async () => {
    const clientId = await trustingApp();
    const [header, , signature] = (await issuer.sign({ sub: 'somebody else' })).split('.');
    const claims = (await issuer.sign()).split('.')[1];
    expect(await exchange(clientId, `${header}.${claims}.${signature}`)).toMatchObject(refusedWith(700027));
  });
});

test('a rotated key counts at once, and the old one no longer', async () => {
  const clientId = await trustingApp();
  const old = await issuer.sign();
  expect(await exchange(clientId, old)).toMatchObject(opened);
  await issuer.rotate({ keepOld: true });
  expect(await exchange(clientId, await issuer.sign())).toMatchObject(opened);
  expect(await exchange(clientId, old)).toMatchObject(opened);
  await issuer.rotate();
  expect(await exchange(clientId, old)).toMatchObject(refusedWith(7000272));
});

test.each<IssuerTrouble>([
  'status_500',
  'html',
  'other_issuer',
  'no_jwks_uri',
  'foreign_jwks',
  'redirect',
  'huge',
  'no_keys',
])('an issuer with %s cannot be asked for its keys', async (trouble) => {
  const clientId = await trustingApp();
  issuer.breakWith(trouble);
  const answer = await exchange(clientId, await issuer.sign());
  expect(answer).toMatchObject({ ...refusedWith(50166, 400), body: { error: 'invalid_request' } });
  issuer.breakWith(undefined);
  expect(await exchange(clientId, await issuer.sign())).toMatchObject(opened);
});

test('an issuer that is gone, or is not on this machine, is not asked', async () => {
  const clientId = await trustingApp();
  const assertion = await issuer.sign();
  await issuer.close();
  expect(await exchange(clientId, assertion)).toMatchObject(refusedWith(50166, 400));
  issuer = await startOidcIssuer({ subject, now: () => sandbox.clock.now() });
  const elsewhere = 'https://oidc.elsewhere.example';
  const answer = await exchange(await trustingApp({ issuer: elsewhere }), await issuer.sign({ iss: elsewhere }));
  expect(answer).toMatchObject(refusedWith(50166, 400));
  expect(answer.body.error_description).toContain('loopback addresses only');
  expect(issuer.requests()).toEqual([]);
});

test('claims that only different credentials have together match none of them', async () => {
  const clientId = await trustingApp();
  const apps = await graph('GET', `/applications(appId='${clientId}')`);
  const second = { name: 'second', issuer: 'https://other.example', subject: 'b', audiences: ['api://second'] };
  await graph('POST', `/applications/${apps.body.id}/federatedIdentityCredentials`, second);
  expect(await exchange(clientId, await issuer.sign({ sub: 'b' }))).toMatchObject(refusedWith(70021));
});

test('an app without federated credentials trusts nobody', async () => {
  expect(await exchange(sandbox.credentials.clientId, await issuer.sign())).toMatchObject(refusedWith(700211));
  const app = await graph('POST', '/applications', { displayName: 'Bare' });
  expect(await exchange(String(app.body.appId), await issuer.sign())).toMatchObject(refusedWith(70025));
});

test('an issuer without TLS is taken on this machine only', async () => {
  const made = await graph('POST', '/applications', { displayName: 'Plain' });
  const credential = { name: 'plain', issuer: 'http://oidc.contoso.example', subject: 'a', audiences: ['b'] };
  const refused = await graph('POST', `/applications/${made.body.id}/federatedIdentityCredentials`, credential);
  expect(refused.status).toBe(400);
});

test('the assertion is not in the log of requests', async () => {
  const clientId = await trustingApp();
  const assertion = await issuer.sign();
  await exchange(clientId, assertion);
  expect(JSON.stringify(sandbox.requests())).not.toContain(assertion);
});
