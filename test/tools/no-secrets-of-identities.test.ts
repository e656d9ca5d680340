import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { seededAccessToken } from '../../src/sandbox/devops/seed/devops-credentials.ts';
import { openSandboxTools, type SandboxTools, type SandboxToolsOptions } from '../support/sandbox-tools.ts';
import { settlingWaitsMs, skipWaits } from '../support/skip-waits.ts';
import { authTypes, everyCredential, mark, propertiesOf, workspace } from '../support/workspace-connections.ts';

type Input = Readonly<Record<string, unknown>>;

let tools: SandboxTools;
let shown: string[] = [];
let requests: { readonly host: string; readonly authorization: string; readonly sent: unknown }[] = [];

async function open(options: SandboxToolsOptions = {}): Promise<void> {
  shown = [];
  requests = [];
  tools = await openSandboxTools({
    users: 5,
    frozenClock: true,
    settings: { retry: { max_attempts: 1 } },
    ...options,
    watch: (client) => ({
      sendRequest: (request) => {
        const { host } = new URL(request.url);
        requests.push({ host, authorization: request.headers.get('authorization') ?? '', sent: request.body });
        return client.sendRequest(request);
      },
    }),
  });
  skipWaits(tools.sandbox, [...settlingWaitsMs, 5_000, 10_000]);
}

afterEach(async () => {
  vi.unstubAllGlobals();
  await tools.close();
});

async function call(tool: string, input: Input): Promise<boolean> {
  const progress = (update: unknown) => shown.push(JSON.stringify(update));
  const { text, isError } = await tools.call(tool, input, { progress });
  shown.push(text);
  return !isError;
}

async function written(): Promise<readonly string[]> {
  const entries = await readdir(tools.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.filter((path) => !path.endsWith('.given')).map((path) => readFile(path, 'latin1')));
}

/** Answers, progress and files have none of them, in no spelling. */
async function expectNone(values: readonly string[]): Promise<void> {
  const everything = [...shown, ...(await written())];
  expect(shown.length).toBeGreaterThan(0);
  for (const text of everything) {
    for (const value of values) {
      for (const spelling of [value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64')]) {
        const at = text.indexOf(spelling);
        expect(at < 0 ? '' : text.slice(Math.max(0, at - 200), at + 60)).toBe('');
      }
    }
    expect(/eyJ[\w-]{10,}\.[\w-]{10,}\./.exec(text)?.[0]).toBeUndefined();
    expect(/\b[\w~.-]{3}[78]Q~[\w~.-]{31,34}/.exec(text)?.[0]).toBeUndefined();
  }
}

test('credentials of all auth types: none in answers, progress or files, whatever the service says', async () => {
  await open();
  const answers: boolean[] = [];
  for (const authType of authTypes) {
    const secrets = JSON.stringify(everyCredential[authType] ?? {});
    const input = { ...workspace, connection_name: `swept-${authType}`, properties: propertiesOf(authType) };
    for (const status of [400, 403, 409, 500]) {
      const body = { error: { code: 'X', message: `echo ${secrets}`, details: [{ message: secrets }] } };
      tools.sandbox.fault({ service: 'arm', match: 'PUT *', status, body, times: 1 });
      await call('create_workspace_connection', input);
    }
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', reset: 'after', times: 1 });
    await call('create_workspace_connection', input);
    answers.push(await call('create_workspace_connection', { ...input, replace: true }));
    const { credentials } = propertiesOf(authType) as { credentials?: Input };
    await call('create_workspace_connection', {
      ...input,
      properties: { ...propertiesOf(authType), ...credentials, authTyp: `${mark}-slip` },
    });
    await call('list_workspace_connections', { ...workspace, connection_name: `swept-${authType}` });
    await call('delete_workspace_connection', { ...workspace, connection_name: `swept-${authType}` });
  }
  expect(answers).toEqual(authTypes.map(() => true));
  await expectNone([mark]);
}, 60_000);

test('members of open variants that nobody knows are secrets too, however deep they are', async () => {
  await open();
  const deep = {
    refresh: { token: `${mark}-deep`, list: [`${mark}-listed`, { again: `${mark}-deeper` }] },
    flat: `${mark}-flat`,
  };
  const properties = propertiesOf('ServicePrincipal', {
    credentials: { ...everyCredential['ServicePrincipal'], ...deep },
  });
  const body = { error: { code: 'X', message: JSON.stringify(deep) } };
  tools.sandbox.fault({ service: 'arm', match: 'PUT *', status: 400, body, times: 1 });
  const input = { ...workspace, connection_name: 'swept', properties };
  await call('create_workspace_connection', input);
  expect(await call('create_workspace_connection', input)).toBe(true);
  const { credentials } = JSON.parse(String(requests.findLast(({ sent }) => sent !== undefined)?.sent)).properties;
  expect(credentials).toMatchObject(deep);
  await expectNone([mark]);
});

const inPayments = { organization: 'contoso', project: 'Payments', scheme: 'ServicePrincipal' };
const app = '5a11d0c5-7e4a-4c0d-8b0a-de0500000005';

test('keys, certificates and publish profiles of service connections', async () => {
  await open();
  const key = `${mark}-key+/="quoted"`;
  const profile = `<publishData><publishProfile userPWD="${mark}-profile" /></publishData>`;
  const inputs: readonly Input[] = [
    { ...inPayments, name: 'swept-key', client_id: app, client_secret: key },
    { ...inPayments, name: 'swept-pem', client_id: app, certificate: `-----BEGIN PRIVATE KEY-----\n${mark}\n` },
    {
      ...inPayments,
      scheme: 'PublishProfile',
      name: 'swept-profile',
      publish_profile: profile,
      web_app_id: `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-web/providers/Microsoft.Web/sites/app-contoso-shop`,
    },
  ];
  for (const input of inputs) {
    const given = [input['client_secret'], input['certificate'], input['publish_profile']].join(' ');
    for (const status of [400, 401, 403, 409, 500]) {
      const body = {
        typeKey: 'ArgumentException',
        message: `echo ${given}`,
        innerException: { message: given },
      };
      tools.sandbox.fault({ service: 'devops', match: 'POST *', status, body, times: 1 });
      await call('create_service_connection', input);
    }
    tools.sandbox.fault({
      match: 'POST *endpointproxy*',
      status: 200,
      body: { result: [], statusCode: 'unauthorized', errorMessage: `wrong ${given}` },
      times: 1,
    });
    await call('create_service_connection', input);
    await call('list_service_connections', { organization: 'contoso', project: 'Payments', verify: true });
    await call('delete_service_connection', {
      organization: 'contoso',
      project: 'Payments',
      id: String(input['name']),
    });
  }
  await expectNone([mark]);
}, 60_000);

test('secrets that are made, and federated tokens that are given', async () => {
  await open();
  const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
  for (const match of ['PATCH */applications*', 'POST */addPassword*', 'PUT */roleAssignments/*']) {
    for (const status of [400, 403, 500]) {
      tools.sandbox.fault({ match, status, body: { error: { code: 'X', message: `echo ${clientSecret}` } }, times: 1 });
      await call('provision_connection', { name: 'made', credential: 'secret', roles: [{ role: 'Reader' }] });
    }
  }
  expect(await call('provision_connection', { name: 'made', credential: 'secret', roles: [{ role: 'Reader' }] })).toBe(
    true,
  );
  const claims = { iss: 'https://token.actions.githubusercontent.com', sub: 'repo:a/b:ref:refs/heads/main' };
  const times = { aud: 'api://AzureADTokenExchange', exp: 4_000_000_000 };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'RS256', kid: 'k' })}.${part({ ...claims, ...times, jti: mark })}.${part(mark)}`;
  const file = join(tools.home, 'token.given');
  await writeFile(file, token);
  await call('create_connection', { name: 'prod', cloud: 'sandbox', access: 'read_write' });
  await call('complete_connection', {
    connection: 'prod',
    tenant_id: tenantId,
    client_id: clientId,
    client_secret: clientSecret,
  });
  for (const federated_token of [token, { file }, `${mark}-no-token`]) {
    for (const status of [undefined, 400, 401, 500]) {
      const body = { error: 'invalid_client', error_description: `AADSTS700213: ${token}` };
      if (status !== undefined) tools.sandbox.fault({ service: 'login', status, body, times: 1 });
      await call('convert_connection', { connection: 'prod', federated_token });
      await call('provision_connection', {
        name: 'federated',
        credential: 'federated',
        federated: { issuer: claims.iss, subject: claims.sub, token: federated_token },
        roles: [],
      });
    }
  }
  await call('list_connections', {});
  await expectNone([mark, clientSecret, token, token.split('.')[2] ?? '']);
}, 60_000);

test('a personal access token, which goes to Azure DevOps alone', async () => {
  await open();
  const { organization } = tools.sandbox.credentials;
  await call('create_connection', {
    name: 'pat',
    cloud: 'sandbox',
    auth_type: 'bearer',
    scopes: ['devops'],
    access: 'read_write',
  });
  await call('complete_connection', { connection: 'pat', organization, token: seededAccessToken });
  requests = [];
  const place = { connection: 'pat', project: 'Payments' };
  expect(await call('list_service_connections', { ...place, verify: true })).toBe(true);
  await call('convert_service_connection', { ...place, ids: ['azure-production'] });
  const federation = {
    scheme: 'WorkloadIdentityFederation',
    subscription_id: tools.sandbox.credentials.subscriptionId,
  };
  await call('create_service_connection', { ...place, ...federation, name: 'swept-a', automatic: true });
  await call('create_service_connection', { ...place, ...federation, name: 'swept-b', client_id: app });
  await call('list_workspace_connections', { connection: 'pat', ...workspace });
  await call('provision_connection', { connection: 'pat', name: 'made', credential: 'secret', roles: [] });
  for (const status of [302, 401, 403, 500]) {
    const body = { message: `echo ${seededAccessToken} ${Buffer.from(`:${seededAccessToken}`).toString('base64')}` };
    const headers = { location: 'https://evil.example/_signin' };
    tools.sandbox.fault({ service: 'devops', status, body, headers, times: 1 });
    await call('list_service_connections', place);
  }
  const hosts = requests.filter(({ authorization }) => authorization !== '').map(({ host }) => host);
  expect(new Set(hosts)).toEqual(new Set([new URL(tools.sandbox.cloud.devops).host]));
  await expectNone([seededAccessToken, Buffer.from(`:${seededAccessToken}`).toString('base64')]);
});

test('literal secrets that are forbidden are refused before a request, and kept nowhere', async () => {
  await open({ secrets: { inline: false } });
  const secret = `${mark}-inline`;
  const federated = { issuer: 'https://issuer.example', subject: 'a', token: secret };
  const calls: readonly (readonly [string, Input])[] = [
    ...authTypes
      .filter((authType) => JSON.stringify(everyCredential[authType] ?? '').includes(mark))
      .map(
        (authType) =>
          [
            'create_workspace_connection',
            { ...workspace, connection_name: 'swept', properties: propertiesOf(authType) },
          ] as const,
      ),
    ['create_service_connection', { ...inPayments, name: 'swept', client_id: app, client_secret: secret }],
    ['create_service_connection', { ...inPayments, name: 'swept', client_id: app, certificate: secret }],
    ['provision_connection', { name: 'swept', credential: 'federated', federated, roles: [] }],
  ];
  for (const [tool, input] of calls) {
    tools.forget();
    const { response } = await tools.call(tool, input);
    expect([tool, response.error?.code]).toEqual([tool, 'refused']);
    expect(tools.seen()).toEqual([]);
    shown.push(JSON.stringify(response));
  }
  await expectNone([mark]);
});
