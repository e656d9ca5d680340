import { createHash, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { failureOf, temporaryFolder, tenantId } from '../connections/support.ts';
import { testPem } from '../connections/test-pem.ts';
import { audience, labCloud, setUp } from './support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** An unsigned token with these claims. */
function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
}

test('certificate: proves possession with a PS256 assertion that names the certificate', async () => {
  const pem = testPem();
  const { source, authority } = setUp({ auth_type: 'certificate', secrets: { certificate: pem } });
  expect((await source.getToken({ audience })).token).toBe('token-1');
  const [header, claims] = (authority.seen[0]?.form.get('client_assertion') ?? '')
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
  const thumbprint = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
  expect(header).toMatchObject({ alg: 'PS256', 'x5t#S256': thumbprint });
  expect(claims.aud).toContain(tenantId);
  expect(authority.seen[0]?.form.has('client_secret')).toBe(false);
});

describe('workload_identity', () => {
  test('sends the connection’s own token, read anew for each sign-in', async () => {
    let reads = 0;
    const { source, authority } = setUp({
      auth_type: 'workload_identity',
      secrets: { federated_token: 'external' },
      options: {
        readSecret: async () => {
          reads += 1;
          const { Secret } = await import('../../../src/core/secrets/secret.ts');
          return new Secret(`external-${reads}`);
        },
      },
    });
    await source.getToken({ audience });
    await source.getToken({ audience, fresh: true });
    expect(authority.seen.map(({ form }) => form.get('client_assertion'))).toEqual(['external-1', 'external-2']);
    expect(authority.seen[0]?.form.get('client_assertion_type')).toBe(
      'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    );
  });

  test('takes the token file of Kubernetes', async () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'kubernetes-token\n');
    const { source, authority } = setUp({
      auth_type: 'workload_identity',
      variables: { AZURE_FEDERATED_TOKEN_FILE: file },
    });
    await source.getToken({ audience });
    expect(authority.seen[0]?.form.get('client_assertion')).toBe('kubernetes-token');
  });

  test('asks GitHub Actions for a token with the audience of the cloud', async () => {
    const { source, authority } = setUp({
      auth_type: 'workload_identity',
      variables: {
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://vstoken.actions.example/token?v=1',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
      },
    });
    authority.next({ body: { value: 'github-token' } });
    await source.getToken({ audience });
    expect(authority.seen[0]).toMatchObject({
      method: 'GET',
      url: 'https://vstoken.actions.example/token?v=1&audience=api%3A%2F%2FAzureADTokenExchange',
      headers: { authorization: 'Bearer request-token' },
    });
    expect(authority.seen[1]?.form.get('client_assertion')).toBe('github-token');
  });

  test('asks Azure Pipelines for a token of the service connection', async () => {
    const { source, authority } = setUp({
      auth_type: 'workload_identity',
      variables: {
        SYSTEM_OIDCREQUESTURI: 'https://dev.azure.example/oidctoken',
        SYSTEM_ACCESSTOKEN: 'system-token',
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: 'connection-id',
      },
    });
    authority.next({ body: { oidcToken: 'pipelines-token' } });
    await source.getToken({ audience });
    expect(authority.seen[0]).toMatchObject({
      method: 'POST',
      url: 'https://dev.azure.example/oidctoken?api-version=7.1&serviceConnectionId=connection-id',
      headers: { authorization: 'Bearer system-token', 'x-tfs-fedauthredirect': 'Suppress' },
    });
    expect(authority.seen[1]?.form.get('client_assertion')).toBe('pipelines-token');
  });

  test('says why Azure Pipelines gives no token: the stage has to name the service connection', async () => {
    const { source, authority } = setUp({
      auth_type: 'workload_identity',
      variables: { SYSTEM_OIDCREQUESTURI: 'https://dev.azure.example/oidctoken', SYSTEM_ACCESSTOKEN: 'MARKED' },
    });
    const value = 'There is no explicit reference to service connection x from current stage build.';
    authority.next({ body: { count: 1, value } });
    const error = await failureOf(source.getToken({ audience }));
    expect(error.message).toBe(`Azure Pipelines gave no token for federation (HTTP 200): \`${value}\`.`);
  });

  test.each([
    ['nothing is there', {}, 'configuration'],
    ['the file is missing', { AZURE_FEDERATED_TOKEN_FILE: '/nowhere/token' }, 'configuration'],
    ['the job has no permission', { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://h.example/' }, 'configuration'],
    [
      'the address is plain http',
      { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://h.example/', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'MARKED' },
      'configuration',
    ],
    [
      'the platform refuses',
      { SYSTEM_OIDCREQUESTURI: 'https://h.example/', SYSTEM_ACCESSTOKEN: 'MARKED' },
      'unauthenticated',
    ],
  ])('says what to do when %s', async (_name, variables: Record<string, string>, code) => {
    const { source, authority } = setUp({ auth_type: 'workload_identity', variables });
    authority.next({ status: 401, body: '<html>' });
    const error = await failureOf(source.getToken({ audience }));
    expect(error.code).toBe(code);
    expect(error.hint).toBeTruthy();
    expect(error.message + error.hint).not.toContain('MARKED');
  });
});

test('managed_identity: asks the endpoint that the platform names', async () => {
  vi.stubEnv('IDENTITY_ENDPOINT', 'http://127.0.0.1:41741/msi/token');
  vi.stubEnv('IDENTITY_HEADER', 'header-value');
  const { source, authority } = setUp({ auth_type: 'managed_identity', record: { identity: {} } });
  authority.next({
    body: {
      access_token: 'mi-token',
      expires_on: String(Math.floor(Date.now() / 1000) + 3600),
      resource: audience,
      token_type: 'Bearer',
    },
  });
  expect((await source.getToken({ audience })).token).toBe('mi-token');
  expect(authority.seen[0]?.url).toContain('http://127.0.0.1:41741/msi/token?');
  expect(authority.seen[0]?.url).toContain(`resource=${encodeURIComponent(audience)}`);
  expect(authority.seen[0]?.headers['x-identity-header']).toBe('header-value');
});

test('managed_identity: a machine without one is told to get one', async () => {
  vi.stubEnv('IDENTITY_ENDPOINT', 'http://127.0.0.1:41742/msi/token');
  vi.stubEnv('IDENTITY_HEADER', 'header-value');
  const { source, authority } = setUp({ auth_type: 'managed_identity', record: { identity: {} } });
  authority.next({ status: 400, body: { error: 'invalid_request', error_description: 'Identity not found' } });
  // The library keeps tokens of managed identities per process: this asks for a resource of its own.
  const error = await failureOf(source.getToken({ audience: labCloud.resourceManager }));
  expect(error).toMatchObject({ code: 'unauthenticated', hint: expect.stringContaining('Assign a managed identity') });
});

describe('azure_cli', () => {
  /** Puts a command named `az` first on the path. */
  function fakeCli(script: string) {
    const folder = join(temporaryFolder(), 'bin');
    mkdirSync(folder);
    writeFileSync(join(folder, 'az'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'az'), 0o755);
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  }

  test('takes the token of whoever is signed in', async () => {
    const expires = Math.floor(Date.now() / 1000) + 3000;
    fakeCli(`echo '{"accessToken":"cli-token-'"$6-$8"'","expires_on":${expires}}'`);
    const { source, authority } = setUp({ auth_type: 'azure_cli', record: { identity: { tenant_id: tenantId } } });
    expect((await source.getToken({ audience })).token).toBe(`cli-token-${audience}-${tenantId}`);
    expect(authority.seen).toHaveLength(0);
  });

  test('says to sign in', async () => {
    fakeCli(`echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`);
    const { source } = setUp({ auth_type: 'azure_cli', record: { identity: {} } });
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({
      code: 'unauthenticated',
      hint: expect.stringContaining('az login'),
    });
  });

  test('says that it is not installed', async () => {
    vi.stubEnv('PATH', temporaryFolder());
    const { source } = setUp({ auth_type: 'azure_cli', record: { identity: {} } });
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({
      code: 'configuration',
      hint: expect.stringContaining('aka.ms/azure-cli'),
    });
  });
});

describe('device_code', () => {
  test('shows the code, waits for the person, and renews without asking again', async () => {
    const prompts: string[] = [];
    const { source, authority } = setUp({
      auth_type: 'device_code',
      options: { onDeviceCode: ({ message, userCode }) => prompts.push(`${userCode}: ${message}`) },
    });
    const code = {
      device_code: 'd',
      user_code: 'ABCD',
      verification_uri: 'https://login.lab.example/device',
      expires_in: 900,
      interval: 0,
      message: 'Enter ABCD',
    };
    const answer = (token: string) => ({
      body: {
        token_type: 'Bearer',
        expires_in: 3599,
        access_token: token,
        refresh_token: 'refresh',
        id_token: idToken(),
        client_info: clientInfo(),
        scope: `${audience}/.default`,
      },
    });
    authority.next({ body: code }, answer('person-1'), answer('person-2'));
    expect((await source.getToken({ audience })).token).toBe('person-1');
    expect(prompts).toEqual(['ABCD: Enter ABCD']);
    expect((await source.getToken({ audience: labCloud.resourceManager })).token).toBe('person-2');
    expect(prompts).toHaveLength(1);
    expect(authority.seen.at(-1)?.form.get('grant_type')).toBe('refresh_token');
  });

  test('needs somebody who sees the code', async () => {
    const { source, authority } = setUp({ auth_type: 'device_code' });
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({ code: 'configuration' });
    expect(authority.seen).toHaveLength(0);
  });

  function clientInfo() {
    return Buffer.from(JSON.stringify({ uid: 'u', utid: tenantId })).toString('base64url');
  }

  function idToken() {
    return jwt({
      aud: 'app',
      iss: `https://login.lab.example/${tenantId}/v2.0`,
      tid: tenantId,
      oid: 'u',
      sub: 'u',
      preferred_username: 'ada@contoso.example',
    });
  }
});

describe('bearer', () => {
  const hour = () => Math.floor(Date.now() / 1000) + 3600;

  test('gives the token as it is, until it ends', async () => {
    const token = jwt({ aud: audience, exp: hour() });
    const { source, authority, clock } = setUp({ auth_type: 'bearer', secrets: { token }, record: { identity: {} } });
    expect((await source.getToken({ audience })).token).toBe(token);
    clock.advance(3_700_000);
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({
      code: 'unauthenticated',
      hint: expect.stringContaining('new token'),
    });
    expect(authority.seen).toHaveLength(0);
  });

  test('is not sent to a service that it is not for', async () => {
    const { source } = setUp({
      auth_type: 'bearer',
      secrets: { token: jwt({ aud: 'https://vault.example', exp: hour() }) },
      record: { identity: {} },
    });
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({ code: 'configuration' });
  });

  test('may be opaque', async () => {
    const { source } = setUp({ auth_type: 'bearer', secrets: { token: 'opaque' }, record: { identity: {} } });
    expect((await source.getToken({ audience })).token).toBe('opaque');
  });
});

test('default: uses the environment’s credential', async () => {
  vi.stubEnv('AZURE_TENANT_ID', tenantId);
  vi.stubEnv('AZURE_CLIENT_ID', 'app');
  vi.stubEnv('AZURE_CLIENT_SECRET', 'ambient-secret');
  const { source, authority } = setUp({ auth_type: 'default', record: { identity: {} } });
  expect((await source.getToken({ audience })).token).toBe('token-1');
  expect(authority.seen[0]?.form.get('client_secret')).toBe('ambient-secret');
});
