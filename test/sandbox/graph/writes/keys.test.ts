import { type KeyObject, sign } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSandboxClient, type SandboxClient } from '../../support/sandbox-client.ts';
import { testCertificate } from '../../support/test-certificate.ts';

const audience = '00000002-0000-0000-c000-000000000000';
const current = testCertificate('current');
const next = testCertificate('next');
const stranger = testCertificate('stranger');

let client: SandboxClient;
/** URL and id of an app without certificates. */
let app: string;
let id: string;

beforeEach(async () => {
  client = await createSandboxClient();
  const { body } = await client.send('POST', '/applications', { body: { displayName: 'Signer' } });
  id = body.id;
  app = `/applications/${id}`;
});

function keyOf({ certificate }: typeof current) {
  return { type: 'AsymmetricX509Cert', usage: 'Verify', key: certificate.toString('base64') };
}

/** A proof of possession; by default valid, for ten minutes from now. */
function proofBy(privateKey: KeyObject, claims: Readonly<Record<string, unknown>> = {}): string {
  const now = client.sandbox.clock.now() / 1000;
  const all = { aud: audience, iss: id, nbf: now, exp: now + 600, ...claims };
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(all)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

async function addKey(proof: unknown, keyCredential: unknown = keyOf(next), passwordCredential: unknown = null) {
  const { status, body } = await client.send('POST', `${app}/addKey`, {
    body: { keyCredential, passwordCredential, proof },
  });
  return { status, body };
}

async function keys(): Promise<readonly { readonly keyId: string }[]> {
  return (await client.get(`${app}?$select=keyCredentials`)).body.keyCredentials;
}

describe('an app with a certificate', () => {
  beforeEach(async () => {
    const body = { keyCredentials: [keyOf(current)] };
    expect((await client.send('PATCH', app, { body })).status).toBe(204);
  });

  test('rolls it over with a proof by the old one', async () => {
    const added = await addKey(proofBy(current.privateKey));
    expect(added).toMatchObject({ status: 200, body: { type: 'AsymmetricX509Cert', usage: 'Verify', key: null } });
    expect((await keys()).map(({ keyId }) => keyId)).toContain(added.body.keyId);
    const [old] = await keys();
    const body = { keyId: old?.keyId, proof: proofBy(next.privateKey) };
    expect((await client.send('POST', `${app}/removeKey`, { body })).status).toBe(204);
    expect((await keys()).map(({ keyId }) => keyId)).toEqual([added.body.keyId]);
    const unknown = { keyId: old?.keyId, proof: proofBy(next.privateKey) };
    expect((await client.send('POST', `${app}/removeKey`, { body: unknown })).status).toBe(400);
  });

  test.each<[string, () => unknown]>([
    ['missing', () => undefined],
    ['no token', () => 'proof'],
    ['for somebody else', () => proofBy(current.privateKey, { aud: 'https://graph.microsoft.com' })],
    ['of another app', () => proofBy(current.privateKey, { iss: audience })],
    ['expired', () => proofBy(current.privateKey, { nbf: 0, exp: 600 })],
    ['too long', () => proofBy(current.privateKey, { exp: client.sandbox.clock.now() / 1000 + 3600 })],
    ['signed by another key', () => proofBy(stranger.privateKey)],
  ])('refuses a proof that is %s', async (_what, proof) => {
    expect(await addKey(proof())).toMatchObject({ status: 400, body: { error: { code: 'Request_BadRequest' } } });
    expect(await keys()).toHaveLength(1);
  });

  test.each([
    ['of another kind', { ...keyOf(next), usage: 'Sign' }, null],
    ['to sign with, without its password', { ...keyOf(next), type: 'X509CertAndPassword', usage: 'Sign' }, null],
    ['that is no certificate', { ...keyOf(next), key: 'AAAA' }, null],
    ['that it has already', keyOf(current), null],
    ['with a password that it does not need', keyOf(next), { secretText: 'x' }],
  ])('refuses a key %s', async (_what, keyCredential, password) => {
    expect((await addKey(proofBy(current.privateKey), keyCredential, password)).status).toBe(400);
  });
});

test('an app without a valid certificate cannot prove anything', async () => {
  expect((await addKey(proofBy(current.privateKey))).body.error.message).toContain('no valid certificate');
});
