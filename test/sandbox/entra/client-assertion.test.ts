import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { askToken, assertionType, clientId, tenantId, without } from '../support/login.ts';
import { testCertificate } from '../support/test-certificate.ts';
import { createTestContext, type TestContext } from '../support/test-context.ts';

const signingCertificate = testCertificate();
const der = new X509Certificate(signingCertificate.certificate).raw;
const endpoint = `https://login.sandbox.test/${tenantId}/oauth2/v2.0/token`;

function contextWithCertificate(
  endDateTime = '2027-01-01T00:00:00Z',
  { key = der, startDateTime = '2025-01-01T00:00:00Z' } = {},
) {
  const context = createTestContext();
  const application = context.store.findByKey('application', 'appId', clientId);
  const keyCredential = {
    keyId: context.newId(),
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    key: key.toString('base64'),
    startDateTime,
    endDateTime,
  };
  context.store.update('application', application?.id ?? '', { keyCredentials: [keyCredential] });
  return context;
}

async function certificateAssertion(
  context: TestContext,
  { alg = 'PS256', audience = endpoint, lifetime = 600, thumbprint = der } = {},
) {
  const now = Math.floor(context.clock.now() / 1000);
  const hash = (algorithm: string) => createHash(algorithm).update(thumbprint).digest('base64url');
  const header =
    alg === 'PS256' ? { alg, typ: 'JWT', 'x5t#S256': hash('sha256') } : { alg, typ: 'JWT', x5t: hash('sha1') };
  return new SignJWT({ jti: context.newId() })
    .setProtectedHeader(header)
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setNotBefore(now)
    .setExpirationTime(now + lifetime)
    .sign(signingCertificate.privateKey);
}

/** A certificate with its key, as OpenSSL makes it. */
function certificateOf(...kind: string[]) {
  const pem = execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', ...kind, '-nodes', '-subj', '/CN=x', '-keyout', '-'],
    {
      encoding: 'utf8',
      stdio: 'pipe',
    },
  );
  const { raw } = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----')));
  return { key: raw, privateKey: createPrivateKey(pem) };
}

/** By hand, since a library refuses to sign with a weak key. */
function signedByHand(
  context: TestContext,
  alg: string,
  { key, privateKey }: ReturnType<typeof certificateOf>,
): string {
  const now = Math.floor(context.clock.now() / 1000);
  const header = { alg, typ: 'JWT', x5t: createHash('sha1').update(key).digest('base64url') };
  const claims = { iss: clientId, sub: clientId, aud: endpoint, nbf: now, exp: now + 600, jti: context.newId() };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

test.each([
  ['an elliptic curve', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'ES256', 5002738],
  ['a weak RSA key', ['rsa:1024'], 'RS256', 50032],
])('an assertion signed with %s is refused, though the app has its certificate', async (_name, kind, alg, code) => {
  const pair = certificateOf(...kind);
  const context = contextWithCertificate(undefined, { key: pair.key });
  const { status, body } = await askToken(context, withAssertion(signedByHand(context, alg, pair)));
  expect({ status: status >= 400, codes: body['error_codes'] }).toEqual({ status: true, codes: [code] });
});

test('a certificate is refused before it begins', async () => {
  const context = contextWithCertificate(undefined, { startDateTime: '2026-06-01T00:00:00Z' });
  const answer = await askToken(context, withAssertion(await certificateAssertion(context)));
  expect(answer).toMatchObject({ status: 401, body: { error_codes: [700027] } });
});

const withAssertion = (assertion: string) => ({
  ...without('client_secret'),
  client_assertion_type: assertionType,
  client_assertion: assertion,
});

test.each(['PS256', 'RS256'])('a certificate assertion signed with %s opens a token', async (alg) => {
  const context = contextWithCertificate();
  expect(await askToken(context, withAssertion(await certificateAssertion(context, { alg })))).toMatchObject({
    status: 200,
  });
});

test.each([
  ['of an unknown certificate', { thumbprint: Buffer.from('other') }, '2027-01-01T00:00:00Z', 700027],
  ['of an expired certificate', {}, '2025-01-01T00:00:00Z', 700027],
  ['for another audience', { audience: 'https://elsewhere.example' }, '2027-01-01T00:00:00Z', 700023],
  ['that has run out', { lifetime: -600 }, '2027-01-01T00:00:00Z', 700024],
])('a certificate assertion %s is refused', async (_, options, endDateTime, code) => {
  const context = contextWithCertificate(endDateTime);
  const answer = await askToken(context, withAssertion(await certificateAssertion(context, options)));
  expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [code] } });
});

const github = 'https://token.actions.githubusercontent.com';
const external = generateKeyPairSync('rsa', { modulusLength: 2048 });

async function federatedAssertion(
  context: TestContext,
  claims: { iss?: string; sub?: string; aud?: string; exp?: number } = {},
  key = external.privateKey,
) {
  const now = Math.floor(context.clock.now() / 1000);
  return new SignJWT({
    iss: github,
    sub: 'repo:contoso/platform:ref:refs/heads/main',
    aud: 'api://AzureADTokenExchange',
    iat: now,
    exp: now + 300,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'github-1' })
    .sign(key);
}

async function contextWithIssuer() {
  const context = createTestContext();
  context.place('issuer', { issuer: github, keys: [{ ...(await exportJWK(external.publicKey)), kid: 'github-1' }] });
  return context;
}

test('a token of a trusted issuer opens a token', async () => {
  const context = await contextWithIssuer();
  expect(await askToken(context, withAssertion(await federatedAssertion(context)))).toMatchObject({ status: 200 });
});

test.each([
  ['issuer', { iss: 'https://other.example' }, 700211],
  ['subject', { sub: 'repo:contoso/platform:ref:refs/heads/Main' }, 700213],
  ['audience', { aud: 'api://other' }, 700212],
  ['time', { exp: 1_000_000_000 }, 700024],
])('a federated token with another %s is refused', async (_, claims, code) => {
  const context = await contextWithIssuer();
  const answer = await askToken(context, withAssertion(await federatedAssertion(context, claims)));
  expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [code] } });
});

test('a federated token needs the signature of its issuer and a credential of the app', async () => {
  const context = await contextWithIssuer();
  const forged = await federatedAssertion(context, {}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  expect(await askToken(context, withAssertion(forged))).toMatchObject({
    status: 401,
    body: { error_codes: [700027] },
  });
  const elsewhere = {
    ...withAssertion(await federatedAssertion(context)),
    client_id: seededCredentials('readOnly').clientId,
  };
  expect(await askToken(context, elsewhere)).toMatchObject({ status: 401, body: { error_codes: [70025] } });
  const unreachable = createTestContext();
  expect(await askToken(unreachable, withAssertion(await federatedAssertion(unreachable)))).toMatchObject({
    status: 400,
    body: { error_codes: [50166] },
  });
});
