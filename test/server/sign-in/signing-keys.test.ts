import { type CryptoKey, exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import { createSigningKeys } from '../../../src/server/sign-in/signing-keys.ts';

const issuer = 'https://login.example/11111111-1111-4111-8111-111111111111/v2.0';
const minuteMs = 60_000;

/** Entra says of each key whose tokens it signs. */
type PublishedKey = JWK & { issuer?: string };

interface Signer {
  readonly jwk: PublishedKey;
  readonly key: CryptoKey;
}

async function signer(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return { jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' }, key: privateKey };
}

/** A login host that can be away, or publish something else. */
async function lab(...published: Signer[]) {
  const host = { keys: published.map(({ jwk }) => jwk) as JWK[], metadata: {}, isAway: false, reads: [] as string[] };
  const clock = { at: 1_000_000_000_000, now: () => clock.at };
  const failures: unknown[] = [];
  const documents = {
    async read(url: string) {
      host.reads.push(url);
      if (host.isAway) throw new AppError('upstream_unavailable', 'away');
      const metadata = { issuer, jwks_uri: 'https://login.example/keys', ...host.metadata };
      return url.endsWith('/keys') ? { keys: host.keys } : metadata;
    },
  };
  const keys = createSigningKeys(issuer, { documents, clock, onFailure: (error) => failures.push(error) });
  const verify = async ({ key, jwk }: Signer) => {
    const header = { alg: 'ES256', kid: String(jwk.kid) };
    const token = await new SignJWT({}).setProtectedHeader(header).sign(key);
    return jwtVerify(token, keys.find).then(
      () => 'good',
      (error: { code?: string }) => error.code,
    );
  };
  const rounds = () => host.reads.filter((url) => url.endsWith('/keys')).length;
  return { host, clock, failures, verify, rounds };
}

test('the metadata names the keys, and both are read once for many tokens at once', async () => {
  const one = await signer('one');
  const { verify, host } = await lab(one);
  expect(await Promise.all(Array.from({ length: 20 }, () => verify(one)))).toEqual(Array(20).fill('good'));
  expect(host.reads).toEqual([`${issuer}/.well-known/openid-configuration`, 'https://login.example/keys']);
});

test('a new key is found as soon as a token names it', async () => {
  const [one, two] = [await signer('one'), await signer('two')];
  const { verify, host, clock } = await lab(one);
  await verify(one);
  host.keys = [one.jwk, two.jwk];
  clock.at += minuteMs;
  expect(await verify(two)).toBe('good');
  expect(await verify(one)).toBe('good');
});

test('made-up names of keys lead to one look a minute, and to no answer but no', async () => {
  const one = await signer('one');
  const { verify, rounds, clock } = await lab(one);
  await verify(one);
  clock.at += minuteMs;
  for (let made = 0; made < 100; made++) {
    clock.at += 590;
    expect(await verify({ ...one, jwk: { ...one.jwk, kid: `made-${made}` } })).toBe('ERR_JWKS_NO_MATCHING_KEY');
  }
  expect(rounds()).toBe(2);
});

test('while the login host is away, the keys at hand go on for as long as it takes', async () => {
  const one = await signer('one');
  const { verify, host, clock, failures } = await lab(one);
  await verify(one);
  host.isAway = true;
  for (let day = 0; day < 30; day++) {
    clock.at += 24 * 60 * minuteMs;
    expect(await verify(one)).toBe('good');
  }
  expect(failures.length).toBeGreaterThan(0);
});

test('without any key nobody can tell, and the login host is asked every five seconds', async () => {
  const one = await signer('one');
  const { verify, host, clock } = await lab(one);
  host.isAway = true;
  expect(await verify(one)).toBe('upstream_unavailable');
  expect(await verify(one)).toBe('upstream_unavailable');
  expect(host.reads).toHaveLength(1);
  host.isAway = false;
  clock.at += 5_000;
  expect(await verify(one)).toBe('good');
});

test('nor can anybody tell about a new key while the login host is away', async () => {
  const [one, two] = [await signer('one'), await signer('two')];
  const { verify, host, clock } = await lab(one);
  await verify(one);
  host.isAway = true;
  clock.at += minuteMs;
  expect(await verify(two)).toBe('upstream_unavailable');
  expect(await verify(one)).toBe('good');
});

test('a key that was withdrawn lets nobody in after a day, and after an hour of use', async () => {
  const [one, two] = [await signer('one'), await signer('two')];
  const idle = await lab(one, two);
  await idle.verify(one);
  idle.host.keys = [two.jwk];
  idle.clock.at += 25 * 60 * minuteMs;
  expect(await idle.verify(one)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  const busy = await lab(one, two);
  await busy.verify(one);
  busy.host.keys = [two.jwk];
  busy.clock.at += 61 * minuteMs;
  await busy.verify(two);
  expect(await busy.verify(one)).toBe('ERR_JWKS_NO_MATCHING_KEY');
});

test.each([
  ['another issuer', { issuer: 'https://login.example/other/v2.0' }],
  ['keys on another host', { jwks_uri: 'https://keys.example/keys' }],
  ['keys without encryption', { jwks_uri: 'http://login.example/keys' }],
  ['no keys', { jwks_uri: undefined }],
])('metadata with %s is not believed', async (_what, metadata) => {
  const one = await signer('one');
  const { verify, host } = await lab(one);
  host.metadata = metadata;
  expect(await verify(one)).toBe('upstream_unavailable');
  expect(host.reads).toHaveLength(1);
});

test('of the published keys those of other issuers do not count', async () => {
  const [own, any, other] = [await signer('own'), await signer('any'), await signer('other')];
  own.jwk.issuer = issuer;
  any.jwk.issuer = 'https://login.example/{tenantid}/v2.0';
  other.jwk.issuer = 'https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0';
  const { verify } = await lab(own, any, other);
  expect([await verify(own), await verify(any), await verify(other)]).toEqual([
    'good',
    'good',
    'ERR_JWKS_NO_MATCHING_KEY',
  ]);
});
