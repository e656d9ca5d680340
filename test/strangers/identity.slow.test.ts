import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientAssertionCredential, ClientCertificateCredential, ClientSecretCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testCertificate } from '../sandbox/support/test-certificate.ts';
import { type OidcIssuer, startOidcIssuer } from '../support/oidc-issuer.ts';
import { openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

let tenant: StrangeTenant;
let folder: string;

beforeAll(async () => {
  tenant = await openStrangeTenant('--users', '12', '--tenants', '2');
  folder = await mkdtemp(join(tmpdir(), 'tenantry-identity-'));
});
afterAll(async () => {
  await tenant?.close();
  await rm(folder, { recursive: true, force: true });
});

const scope = () => `${tenant.cloud.graph}/.default`;

/** Whether Graph takes the token. */
async function opens(token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${tenant.cloud.graph}/v1.0/organization`, { headers })).ok;
}

describe('@azure/identity', () => {
  test('signs in with a secret, and keeps the token', async () => {
    const first = await tenant.credential.getToken(scope());
    expect(await opens(first.token)).toBe(true);
    expect((await tenant.credential.getToken(scope())).token).toBe(first.token);
  });

  test('signs in to two tenants, each with its own app', async () => {
    const tokens = await Promise.all(
      (tenant.tenants ?? []).map(async ({ credentials: { tenant_id, client_id, client_secret } }) => {
        const credential = new ClientSecretCredential(tenant_id, client_id, client_secret, tenant.authority);
        const { token } = await credential.getToken(scope());
        return { tenant_id, claims: decodeJwt(token) };
      }),
    );
    expect(tokens.map(({ claims }) => claims['tid'])).toEqual(tokens.map(({ tenant_id }) => tenant_id));
    expect(new Set(tokens.map(({ claims }) => claims['oid'])).size).toBe(2);
    const [, other] = tenant.tenants ?? [];
    const { client_id, client_secret } = tenant.credentials;
    const stray = new ClientSecretCredential(
      other?.credentials.tenant_id ?? '',
      client_id,
      client_secret,
      tenant.authority,
    );
    await expect(stray.getToken(scope())).rejects.toThrow('AADSTS700016');
  });

  test('is told of a wrong secret with its code', async () => {
    const { tenant_id, client_id } = tenant.credentials;
    const wrong = new ClientSecretCredential(tenant_id, client_id, 'wrong', tenant.authority);
    await expect(wrong.getToken(scope())).rejects.toThrow('AADSTS7000215');
  });

  test('signs in with a certificate, by its thumbprint or by its chain', async () => {
    const { certificate, privateKey } = testCertificate();
    const { tenant_id, client_id } = tenant.credentials;
    const { id } = await tenant.graph('GET', `/applications(appId='${client_id}')`);
    const keyCredentials = [
      { type: 'AsymmetricX509Cert', usage: 'Verify', key: certificate.toString('base64'), displayName: 'CN=test' },
    ];
    await tenant.graph('PATCH', `/applications/${id}`, { keyCredentials });
    const body = certificate.toString('base64').replace(/.{64}/g, '$&\n');
    const pem = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    const certificatePath = join(folder, 'app.pem');
    await writeFile(certificatePath, `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${pem}`, { mode: 0o600 });
    for (const sendCertificateChain of [false, true]) {
      const options = { ...tenant.authority, sendCertificateChain };
      const credential = new ClientCertificateCredential(tenant_id, client_id, { certificatePath }, options);
      expect(await opens((await credential.getToken(scope())).token)).toBe(true);
    }
  });

  describe('with an assertion', () => {
    let issuer: OidcIssuer;
    beforeAll(async () => {
      issuer = await startOidcIssuer();
      const { id } = await tenant.graph('GET', `/applications(appId='${tenant.credentials.client_id}')`);
      await tenant.graph('POST', `/applications/${id}/federatedIdentityCredentials`, {
        name: 'strangers',
        issuer: issuer.issuer,
        subject: 'workload',
        audiences: ['api://AzureADTokenExchange'],
      });
    });
    afterAll(() => issuer?.close());

    test('signs in with a token of another issuer, and is told which claim is wrong', async () => {
      const { tenant_id, client_id } = tenant.credentials;
      const withToken = (claims: Readonly<Record<string, unknown>> = {}) =>
        new ClientAssertionCredential(tenant_id, client_id, () => issuer.sign(claims), tenant.authority);
      expect(await opens((await withToken().getToken(scope())).token)).toBe(true);
      await expect(withToken({ sub: 'other' }).getToken(scope())).rejects.toThrow('AADSTS700213');
    });
  });
});
