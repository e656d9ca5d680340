import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createHttpHeaders, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline';
import { type JWTPayload, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createPageSignIn } from '../../../src/pages/signed-in/page-sign-in.ts';

const login = 'https://login.lab.example';
const tenant = 'aaaaaaaa-0000-4000-8000-000000000001';
const otherTenant = 'aaaaaaaa-0000-4000-8000-000000000002';
const oid = 'bbbbbbbb-0000-4000-8000-000000000001';
const clientId = 'cccccccc-0000-4000-8000-000000000001';
const redirectUri = 'https://tenantry.contoso.example/sign-in/callback';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

interface Trouble {
  readonly claims?: JWTPayload;
  readonly key?: KeyObject | Uint8Array;
  readonly alg?: string;
  readonly document?: Readonly<Record<string, unknown>>;
}

/** A login host of two tenants; it answers a code with a token for the nonce that was sent. */
function loginHost({ claims = {}, key = privateKey, alg = 'RS256', document = {} }: Trouble = {}) {
  const seen: PipelineRequest[] = [];
  let nonce = '';
  const httpClient: HttpClient = {
    async sendRequest(request) {
      seen.push(request);
      const [, of = ''] = new URL(request.url).pathname.split('/');
      return {
        request,
        status: 200,
        headers: createHttpHeaders({ 'content-type': 'application/json' }),
        bodyAsText: JSON.stringify(await answer(new URL(request.url).pathname, of)),
      };
    },
  };
  async function answer(path: string, of: string): Promise<unknown> {
    const issuer = `${login}/${of}/v2.0`;
    const published = { ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' };
    if (path.endsWith('/keys')) return { keys: [published] };
    if (!path.endsWith('/token')) {
      return {
        issuer,
        authorization_endpoint: `${login}/${of}/authorize`,
        token_endpoint: `${login}/${of}/token`,
        jwks_uri: `${login}/${of}/keys`,
        ...document,
      };
    }
    const usual = { iss: issuer, aud: clientId, sub: 's', tid: of, oid, nonce, name: 'Ada' };
    const payload = JSON.parse(JSON.stringify({ ...usual, ...claims }));
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg, kid: 'k' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);
    return { access_token: 'a', token_type: 'Bearer', expires_in: 300, id_token: token };
  }
  const signIn = createPageSignIn({
    login,
    tenants: [tenant, otherTenant],
    clientId,
    clientSecret: async () => new Secret('secret-of-the-app'),
    redirectUri,
    httpClient: async () => httpClient,
  });
  return {
    seen,
    signIn,
    /** Goes to the login host and back. */
    async roundTrip(changes: Readonly<Record<string, string>> = {}, of = tenant) {
      const { address, transaction } = await signIn.begin(of);
      nonce = transaction.nonce;
      const query = new URLSearchParams({ code: 'the-code', state: transaction.state, ...changes });
      return { address: new URL(address), transaction, person: await signIn.finish(query, transaction) };
    },
  };
}

test('a person signs in with code, PKCE, state and nonce, and is known by tenant and object id', async () => {
  const { roundTrip, seen } = loginHost({ claims: { oid: oid.toUpperCase() } });
  const { address, person } = await roundTrip();
  expect(person).toEqual({ id: `${tenant}/${oid}`, name: 'Ada' });
  expect(Object.fromEntries(address.searchParams)).toMatchObject({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile',
    code_challenge_method: 'S256',
    state: expect.stringMatching(/^.{40,}$/),
    nonce: expect.stringMatching(/^.{40,}$/),
  });
  const sent = seen.find(({ method }) => method === 'POST');
  expect(sent?.url).toBe(`${login}/${tenant}/token`);
  expect(Object.fromEntries(new URLSearchParams(String(sent?.body)))).toMatchObject({
    code: 'the-code',
    client_secret: 'secret-of-the-app',
    code_verifier: expect.stringMatching(/^.{43,}$/),
    redirect_uri: redirectUri,
  });
});

describe('a sign-in is refused', () => {
  test.each<[string, Trouble]>([
    ['with the token of another tenant', { claims: { tid: otherTenant } }],
    ['by another issuer', { claims: { iss: `${login}/${otherTenant}/v2.0` } }],
    ['with a token for another app', { claims: { aud: 'another' } }],
    ['with the nonce of another sign-in', { claims: { nonce: 'another' } }],
    ['without a nonce', { claims: { nonce: undefined } as unknown as JWTPayload }],
    ['without an object id', { claims: { oid: undefined } }],
    ['with a signature of somebody else', { key: stranger }],
    [
      'with a signature made of the public key',
      { key: Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })), alg: 'HS256' },
    ],
  ])('%s', async (_what, trouble) => {
    await expect(loginHost(trouble).roundTrip()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('with the state of another sign-in', async () => {
    await expect(loginHost().roundTrip({ state: 'another' })).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('that the login host has refused', async () => {
    await expect(loginHost().roundTrip({ error: 'access_denied' })).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('for a tenant that is not allowed, before anything is sent', async () => {
    const { signIn, seen } = loginHost();
    await expect(signIn.begin('dddddddd-0000-4000-8000-000000000001')).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(seen).toEqual([]);
  });
});

test.each(['token_endpoint', 'authorization_endpoint', 'jwks_uri'])(
  'a document that leads to another host with %s is not followed',
  async (member) => {
    const { signIn } = loginHost({ document: { [member]: 'https://elsewhere.example/there' } });
    await expect(signIn.begin(tenant)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  },
);

test('an account of one allowed tenant does not pass as one of the other', async () => {
  const { signIn } = loginHost();
  const first = await signIn.begin(tenant);
  const query = new URLSearchParams({ code: 'c', state: first.transaction.state });
  await expect(signIn.finish(query, { ...first.transaction, tenant: otherTenant })).rejects.toMatchObject({
    code: 'unauthenticated',
  });
});
