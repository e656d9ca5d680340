import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { limitedTo, operatorAt } from '../../../src/core/base/authority.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { openSandboxTools, type SandboxToolsOptions } from '../../support/sandbox-tools.ts';
import { create, propertiesOf, workspaceId } from '../../support/workspace-connections.ts';

const { tenantId, clientId, clientSecret } = seededCredentials('readOnly');
const http = { authority: limitedTo([], 'http') };
const operator = { authority: operatorAt('terminal') };

/** A sandbox with a pending connection `own`, and a file of the secrets folder and one elsewhere that hold its secret. */
async function open(options: SandboxToolsOptions = {}) {
  const tools = await openSandboxTools({ users: 5, frozenClock: true, ...options });
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-elsewhere-'));
  onTestFinished(async () => {
    await tools.close();
    rmSync(folder, { recursive: true, force: true });
  });
  mkdirSync(join(tools.home, 'secrets'));
  writeFileSync(join(tools.home, 'secrets', 'own'), clientSecret, { mode: 0o600 });
  const elsewhere = join(folder, 'own');
  writeFileSync(elsewhere, clientSecret, { mode: 0o600 });
  await tools.call('create_connection', { name: 'own', cloud: 'sandbox', scopes: ['directory'] });
  const complete = (client_secret: unknown, how: Parameters<typeof tools.call>[2] = {}) =>
    tools.call(
      'complete_connection',
      { connection: 'own', tenant_id: tenantId, client_id: clientId, client_secret },
      how,
    );
  const works = async () =>
    !(await tools.call('graph_query', { connection: 'own', endpoint: '/users?$top=1' })).isError;
  return { tools, folder, elsewhere, complete, works };
}

const environment = { TENANTRY_SECRET_OWN: clientSecret, ANYTHING: clientSecret };
const named = { own: { source: { env: 'ANYTHING' }, use: ['sign_in' as const], to: [], cloud: 'sandbox' } };

describe('an agent completes a connection', () => {
  test.each([
    ['by a file of the secrets folder', { file: 'own' }],
    ['by the same in JSON text', '{"file":"own"}'],
    ['by a variable', { env: 'TENANTRY_SECRET_OWN' }],
    ['by the same in JSON text', ' {"env": "TENANTRY_SECRET_OWN"} '],
    ['by a secret of the configuration', { secret: 'own' }],
    ['by the text itself', clientSecret],
  ])('%s', async (_how, argument) => {
    const { complete, works } = await open({ environment, secrets: { named } });
    const { response, text } = await complete(argument);
    expect(response.data).toMatchObject({ status: 'ready' });
    expect(text).not.toContain(clientSecret);
    expect(await works()).toBe(true);
  });

  test('by nothing else, in the same words for all of it', async () => {
    const { complete, elsewhere } = await open({ environment, secrets: { named } });
    const others = [
      { env: 'ANYTHING' },
      { env: 'TENANTRY_SECRET_UNSET' },
      { file: elsewhere },
      { file: 'x' },
      { secret: 'x' },
    ];
    const errors = [];
    for (const argument of others) errors.push(JSON.stringify((await complete(argument)).response.error));
    expect([...new Set(errors)]).toEqual([expect.stringContaining('"refused"')]);
  });

  test('over HTTP by name alone', async () => {
    const { complete, works } = await open({ environment, secrets: { named } });
    for (const argument of [{ file: 'own' }, { env: 'TENANTRY_SECRET_OWN' }, clientSecret]) {
      expect((await complete(argument, http)).response.error).toMatchObject({ code: 'refused' });
    }
    expect((await complete({ secret: 'own' }, http)).response.data).toMatchObject({ status: 'ready' });
    expect(await works()).toBe(true);
  });

  test('and a placeholder does not break a connection that works', async () => {
    const { complete, works } = await open({ environment });
    await complete({ file: 'own' });
    for (const text of [
      'env:TENANTRY_SECRET_OWN',
      '$TENANTRY_SECRET_OWN',
      '{"environment":"X"}',
      'your-client-secret',
      '••••••',
    ]) {
      const { response } = await complete(text);
      expect(response.error).toMatchObject({
        code: 'invalid_argument',
        message: expect.stringContaining('client_secret'),
      });
      expect(response.error.message).not.toContain(text);
    }
    expect(await works()).toBe(true);
  });

  test('by what earlier versions allowed, where the configuration gives it back', async () => {
    const { complete, elsewhere } = await open({ environment, secrets: { environment: ['*'], files: ['/'] } });
    expect((await complete({ env: 'ANYTHING' })).response.data).toMatchObject({ status: 'ready' });
    expect((await complete({ file: elsewhere })).response.data).toMatchObject({ status: 'ready' });
    for (const file of ['/proc/self/environ', '/dev/zero', '../master.key']) {
      expect((await complete({ file })).response.error).toMatchObject({ code: 'refused' });
    }
  });
});

test('the operator completes a connection by any variable and any file', async () => {
  const { complete, elsewhere, works } = await open({ environment });
  expect((await complete({ env: 'ANYTHING' }, operator)).response.data).toMatchObject({ status: 'ready' });
  expect((await complete({ file: elsewhere }, operator)).response.data).toMatchObject({ status: 'ready' });
  expect(await works()).toBe(true);
  expect((await complete({ env: 'NOT_SET' }, operator)).response.error).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('NOT_SET is not set'),
  });
});

describe('a workspace connection', () => {
  const attack = { PATH: 'x', AWS_SECRET_ACCESS_KEY: 'MARKED-aws' };

  test.each([
    ['the users of the machine', { file: '/etc/passwd' }],
    ['a variable of the process', { env: 'AWS_SECRET_ACCESS_KEY' }],
    ['the same in JSON text', '{"env":"AWS_SECRET_ACCESS_KEY"}'],
    ['a secret that may sign in', { env: 'TENANTRY_SECRET_OWN' }],
  ])('carries nothing away: %s', async (_what, key) => {
    const { tools } = await open({ environment: { ...attack, ...environment } });
    const { response } = await create(tools, 'stolen', propertiesOf('ApiKey', { credentials: { key } }));
    expect(response.error).toMatchObject({ code: 'refused' });
    expect(tools.armRequests()).toEqual([]);
    const path = `${workspaceId(tools)}/connections/stolen/listsecrets`;
    const listed = await tools.call('arm_write', { method: 'POST', path });
    expect(listed.isError).toBe(true);
    expect(listed.text).not.toMatch(/MARKED|root:/);
  });

  test('gets a named secret at its own place, and nowhere else', async () => {
    const { tools } = await open();
    const to = [{ holder: workspaceId(tools), target: 'https://target.example' }];
    await tools.runtime.namedSecrets.set(
      { name: 'key', secret: new Secret('MARKED-key'), use: ['export'], to },
      'local',
    );
    const properties = (more: object) => propertiesOf('ApiKey', { credentials: { key: { secret: 'key' } }, ...more });
    const elsewhere = [
      { target: 'https://evil.example' },
      { target: 'https://target.example@evil.example' },
      { target: undefined },
      ...['https://evil.example/collect', '//evil.example', 'https:evil.example', '{"url":"wss://evil.example"}'].map(
        (endpoint) => ({ metadata: { endpoint } }),
      ),
      ...['Endpoint', 'host', 'ApiBase', 'endpointSuffix', 'server_url'].flatMap((name) =>
        ['evil.example', 'evil.example:443/x', '10.0.0.1', 'evil'].map((place) => ({ metadata: { [name]: place } })),
      ),
    ];
    for (const more of elsewhere) {
      expect((await create(tools, 'stolen', properties(more))).response.error).toMatchObject({ code: 'refused' });
    }
    const other = { workspace_name: 'mlw-contoso-other' };
    expect((await create(tools, 'stolen', properties({}), other)).response.error).toMatchObject({ code: 'refused' });
    expect(tools.armRequests()).toEqual([]);
    const metadata = {
      ApiType: 'Azure',
      ApiVersion: '2024-10-21',
      endpoint: 'target.example',
      database: 'x.y',
      name: 'a.b',
    };
    expect((await create(tools, 'good', properties({ metadata }))).response).toMatchObject({ success: true });
  });

  test('of OAuth2 sends its secret to no other address', async () => {
    const { tools } = await open();
    const to = [{ holder: workspaceId(tools), target: 'https://target.example' }];
    await tools.runtime.namedSecrets.set(
      { name: 'key', secret: new Secret('MARKED-key'), use: ['export'], to },
      'local',
    );
    const credentials = { clientId: clientId, clientSecret: { secret: 'key' }, authUrl: 'https://evil.example/token' };
    const { response } = await create(tools, 'stolen', propertiesOf('OAuth2', { credentials }));
    expect(response.error).toMatchObject({ code: 'refused' });
  });
});

describe('a token that is read at every sign-in', () => {
  const refsOf = async (home: string, change?: (ref: string) => string) => {
    const storage = openLocalStorage({ home, vault: 'file', clock: { now: () => Date.now() } });
    const record = await storage.records.get('workload', 'local');
    if (record === undefined) throw new Error('There is no such connection.');
    if (change !== undefined) {
      const secrets = record.secrets.map((secret) => ({ ...secret, ref: change(secret.ref) }));
      await storage.records.replace({ ...record, revision: record.revision + 1, secrets });
    }
    await storage.close();
    return record.secrets.map(({ ref }) => ref);
  };
  const token = `${btoa('{"alg":"none"}')}.${btoa('{"iss":"https://issuer.example","sub":"MARKED"}')}.x`;
  const openWorkload = async () => {
    const setup = await open();
    const { tools } = setup;
    writeFileSync(join(tools.home, 'secrets', 'token'), token, { mode: 0o600 });
    await tools.call('create_connection', { name: 'workload', cloud: 'sandbox', auth_type: 'workload_identity' });
    const completed = (federated_token: unknown, how = {}) =>
      tools.call(
        'complete_connection',
        { connection: 'workload', tenant_id: tenantId, client_id: clientId, federated_token },
        how,
      );
    const signIn = async () =>
      (await tools.call('graph_query', { connection: 'workload', endpoint: '/users' })).response.error;
    return { ...setup, completed, signIn };
  };

  test('stays within the rules of agents when an agent named it, whatever becomes of its file', async () => {
    const { tools, elsewhere, completed, signIn } = await openWorkload();
    expect((await completed({ file: 'token' })).isError).toBe(false);
    expect(await refsOf(tools.home)).toEqual([`agent-file:${join(tools.home, 'secrets', 'token')}`]);
    expect((await signIn()).code).toBe('unauthenticated');
    rmSync(join(tools.home, 'secrets', 'token'));
    symlinkSync(elsewhere, join(tools.home, 'secrets', 'token'));
    tools.forget();
    await tools.restart();
    expect((await signIn()).code).toBe('refused');
    expect(tools.seen().filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('may be anywhere when the operator named it', async () => {
    const { tools, folder, completed, signIn } = await openWorkload();
    writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
    expect((await completed({ file: join(folder, 'token') }, operator)).isError).toBe(false);
    expect(await refsOf(tools.home)).toEqual([`operator-file:${join(folder, 'token')}`]);
    expect((await signIn()).code).toBe('unauthenticated');
  });

  test('of an earlier version keeps working', async () => {
    const { tools, folder, completed, signIn } = await openWorkload();
    writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
    await completed({ file: 'token' });
    await refsOf(tools.home, () => `file:${join(folder, 'token')}`);
    expect((await signIn()).code).toBe('unauthenticated');
  });
});
