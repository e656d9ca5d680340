import { createHash, X509Certificate } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { Caller, localCaller } from '../../../src/core/base/caller.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { clientId, failureOf, tenantId } from '../connections/support.ts';
import { testPem } from '../connections/test-pem.ts';
import { refusal } from './fake-authority.ts';
import { audience, setUp } from './support.ts';

const secret = 'MARKED-SECRET~value';
const later = Math.floor(Date.now() / 1000) + 3_600;

/** What a person has signed in with; nobody checks its signature here. */
function tokenOf(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ aud: clientId, exp: later, ...claims })}.c2lnbmVk`;
}

function person(name: string, claims: object = {}): Caller {
  const assertion = new Secret(tokenOf({ scp: 'Tenantry.Read', name, ...claims }));
  return new Caller({ id: `${tenantId}/${name}`, assertion });
}

const setUpExchange = (parts: Parameters<typeof setUp>[0] = {}) =>
  setUp({ auth_type: 'on_behalf_of', secrets: { client_secret: secret }, ...parts });

const assertionOf = (caller: Caller) => caller.assertion?.reveal() ?? '';

describe('a connection on behalf of its caller', () => {
  test('exchanges the token of the caller for one of the service', async () => {
    const { source, authority } = setUpExchange();
    const ada = person('ada');
    expect((await source.getToken({ audience, caller: ada })).token).toBe('token-1');
    expect(Object.fromEntries(authority.seen[0]?.form ?? [])).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      requested_token_use: 'on_behalf_of',
      assertion: assertionOf(ada),
      client_id: clientId,
      client_secret: secret,
      scope: expect.stringContaining(`${audience}/.default`),
    });
  });

  test('proves the app by a certificate, whose key is in no file', async () => {
    const pem = testPem();
    const thumbprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
    const { source, authority } = setUpExchange({ secrets: { certificate: pem } });
    await source.getToken({ audience, caller: person('ada') });
    const proof = authority.seen[0]?.form.get('client_assertion') ?? '';
    expect(decodeProtectedHeader(proof)).toMatchObject({ alg: 'PS256', 'x5t#S256': thumbprint });
    expect(decodeJwt(proof)).toMatchObject({
      ...{ iss: clientId, sub: clientId },
      aud: `https://login.lab.example/${tenantId}/oauth2/v2.0/token`,
    });
  });

  test('proves the app by a federated token', async () => {
    const { source, authority } = setUpExchange({ secrets: { federated_token: 'of.another.issuer' } });
    await source.getToken({ audience, caller: person('ada') });
    expect(authority.seen[0]?.form.get('client_assertion')).toBe('of.another.issuer');
  });

  test('gives nobody the token of somebody else, however many ask at once', async () => {
    const { source, authority } = setUpExchange();
    const people = ['ada', 'bob', 'ada', 'bob', 'eve', 'ada'].map((name) => person(name));
    const tokens = await Promise.all(people.map((caller) => source.getToken({ audience, caller })));
    expect(authority.seen).toHaveLength(3);
    const asked = new Map(authority.seen.map(({ form }, index) => [form.get('assertion'), `token-${index + 1}`]));
    expect(tokens.map(({ token }) => token)).toEqual(people.map((caller) => asked.get(assertionOf(caller))));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(3);
  });

  test('keeps the token when the caller signs in again, and exchanges the newer sign-in when it is used up', async () => {
    const { source, authority, clock } = setUpExchange();
    const first = await source.getToken({ audience, caller: person('ada', { jti: '1' }) });
    const newer = person('ada', { jti: '2', exp: later + 36_000 });
    expect((await source.getToken({ audience, caller: newer })).token).toBe(first.token);
    clock.advance(58 * 60_000);
    expect((await source.getToken({ audience, caller: newer })).token).toBe('token-2');
    expect(authority.seen[1]?.form.get('assertion')).toBe(assertionOf(newer));
  });

  test('uses an exchanged token to its end, and then says that the sign-in of the call has expired', async () => {
    const { source, authority, clock } = setUpExchange();
    const shortly = person('ada', { exp: Math.floor(Date.now() / 1000) + 600 });
    await source.getToken({ audience, caller: shortly });
    clock.advance(20 * 60_000);
    expect((await source.getToken({ audience, caller: shortly })).token).toBe('token-1');
    clock.advance(40 * 60_000);
    expect(await failureOf(source.getToken({ audience, caller: shortly }))).toMatchObject({
      code: 'unauthenticated',
      message: 'The sign-in of this call has expired, and the connection prod cannot act with it any longer.',
      hint: expect.stringContaining('Sign in again'),
    });
    expect(authority.seen).toHaveLength(1);
  });

  test('remembers the refusal of one sign-in, and asks for others', async () => {
    const { source, authority } = setUpExchange();
    const ada = person('ada');
    authority.next({ status: 400, body: refusal(65001, 'invalid_grant') });
    await failureOf(source.getToken({ audience, caller: ada }));
    await failureOf(source.getToken({ audience, caller: ada }));
    expect(authority.seen).toHaveLength(1);
    expect((await source.getToken({ audience, caller: person('bob') })).token).toBe('token-2');
    expect((await source.getToken({ audience, caller: person('ada', { jti: 'again' }) })).token).toBe('token-3');
  });

  test.each([
    ['nobody', undefined, 'configuration', 'http.sign_in'],
    ['the person at this machine', localCaller, 'configuration', 'http.sign_in'],
    [
      'an app',
      new Caller({ id: 'app', assertion: new Secret(tokenOf({ roles: ['Tenantry.Read'] })) }),
      'unsupported',
      'auth_type azure',
    ],
  ])('does nothing for %s', async (_name, caller, code, hint) => {
    const { source, authority } = setUpExchange();
    const asked = source.getToken(caller === undefined ? { audience } : { audience, caller });
    expect(await failureOf(asked)).toMatchObject({ code, hint: expect.stringContaining(hint) });
    expect(authority.seen).toEqual([]);
  });
});

describe('a refused exchange', () => {
  const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
  const consentPage = `https://login.lab.example/${tenantId}/adminconsent?client_id=${clientId}`;

  test.each([
    [65001, 'invalid_grant', 'unauthenticated', consentPage],
    [50076, 'interaction_required', 'unauthenticated', 'Sign in to Tenantry again'],
    [50079, 'interaction_required', 'unauthenticated', 'aka.ms/mfasetup'],
    [500131, 'invalid_grant', 'configuration', 'http.sign_in.client_id'],
    [50013, 'invalid_grant', 'configuration', 'http.sign_in.client_id'],
    [7000215, 'invalid_client', 'unauthenticated', 'the value of the client secret'],
  ])('with AADSTS%i says what to do', async (code, error, ours, hint) => {
    const { source, authority } = setUpExchange();
    authority.next({ status: 400, body: refusal(code, error) });
    const failure = await failureOf(source.getToken({ audience, caller: person('ada') }));
    expect(failure).toMatchObject({ code: ours, hint: expect.stringContaining(hint), claims: undefined });
  });

  test('carries the claims that the next sign-in must bring', async () => {
    const { source, authority } = setUpExchange();
    authority.next({ status: 400, body: { ...refusal(50076, 'interaction_required'), claims } });
    expect(await failureOf(source.getToken({ audience, caller: person('ada') }))).toMatchObject({ claims });
  });

  test.each(['no json', '["a"]', `{"a":"${'x'.repeat(5_000)}"}`])('carries no claims that are none', async (wrong) => {
    const { source, authority } = setUpExchange();
    authority.next({ status: 400, body: { ...refusal(50076, 'interaction_required'), claims: wrong } });
    expect((await failureOf(source.getToken({ audience, caller: person('ada') }))).claims).toBeUndefined();
  });

  test('of an app that signs in as itself carries none: its callers cannot bring them', async () => {
    const { source, authority } = setUp({ secrets: { client_secret: secret } });
    authority.next({ status: 400, body: { ...refusal(53003, 'interaction_required'), claims } });
    expect((await failureOf(source.getToken({ audience, caller: person('ada') }))).claims).toBeUndefined();
  });
});
