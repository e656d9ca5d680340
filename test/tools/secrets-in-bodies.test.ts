import type { HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { operatorAt } from '../../src/core/base/authority.ts';
import { type FakeNamedSecrets, fakeNamedSecrets } from '../support/fake-named-secrets.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

const given = 'Given-Secret-4711-xyz';
let secrets: FakeNamedSecrets;
let tools: SandboxTools;
let sent: { method: string; url: string; body: string }[];

/** Remembers what really leaves, secrets included. */
const watch = (client: HttpClient): HttpClient => ({
  sendRequest(request) {
    sent.push({ method: request.method, url: request.url, body: typeof request.body === 'string' ? request.body : '' });
    return client.sendRequest(request);
  },
});

beforeEach(async () => {
  sent = [];
  secrets = fakeNamedSecrets({ mine: given, object: '{"user":"a","password":"Object-Secret-1"}' });
  tools = await openSandboxTools({ watch, namedSecrets: secrets });
});

afterEach(async () => {
  await tools.close();
});

const newUser = (password: unknown, name = 'grace') => ({
  method: 'POST',
  endpoint: '/users',
  body: {
    accountEnabled: true,
    displayName: 'Grace',
    mailNickname: name,
    userPrincipalName: `${name}@contoso.example`,
    passwordProfile: { forceChangePasswordNextSignIn: true, password },
  },
});

/** Every text that left for a member of this name. */
const sentAt = (member: string): readonly string[] =>
  sent.flatMap(({ body }) => [...body.matchAll(new RegExp(`"${member}":"([^"]*)"`, 'g'))].map(([, text = '']) => text));

test('a body that came as JSON text has its secrets filled in like any other', async () => {
  const user = newUser({ generate: true });
  const { response, text, isError } = await tools.call('graph_write', {
    requests: [{ ...user, body: JSON.stringify(user.body) }],
  });
  expect(isError, text).toBe(false);
  const [name] = secrets.kept.keys();
  expect(response.data).toMatchObject({ passwordProfile: { password: { secret: name } } });
});

test('a user gets a generated password that nobody sees', async () => {
  const { response, text, isError, meta } = await tools.call('graph_write', {
    requests: [newUser({ generate: true })],
  });
  expect(isError, text).toBe(false);
  const [name] = secrets.kept.keys();
  expect(response.data).toMatchObject({ displayName: 'Grace', passwordProfile: { password: { secret: name } } });
  expect(meta.notes.join()).toContain(name);
  const found = secrets.kept.get(name ?? '');
  expect(found).toMatchObject({
    source: 'generated',
    resource: `/users/${response.data.id}`,
    member: 'passwordProfile.password',
  });
  const password = found?.secret.reveal() ?? '';
  expect(sentAt('password')).toContain(password);
  expect(text).not.toContain(password);
  for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]) expect(password).toMatch(kind);
  expect(password.length).toBeGreaterThanOrEqual(24);
});

test('a named secret is asked for with what holds it, and filled in', async () => {
  const requests = [newUser({ secret: 'mine' }), newUser('{"secret":"mine"}', 'ada2')];
  for (const request of requests) {
    const { isError, text } = await tools.call('graph_write', { requests: [request] });
    expect(isError, text).toBe(false);
    expect(text).not.toContain(given);
  }
  expect(sentAt('password')).toEqual([given, given]);
  expect(secrets.uses).toMatchObject(
    [1, 2].map(() => ({ name: 'mine', use: { kind: 'export', holder: '/users', connection: { name: 'sandbox' } } })),
  );
  expect(secrets.kept.size).toBe(0);
  const unknown = await tools.call('graph_write', { requests: [newUser({ secret: 'nobody-knows' })] });
  expect(unknown.response.error.code).toBe('refused');
});

test('items of a batch name their own passwords, and a failed one keeps none', async () => {
  const taken = newUser({ generate: true }, 'taken');
  await tools.call('graph_write', { requests: [newUser('Some-Pass-123', 'taken')] });
  const { response, text } = await tools.call('graph_write', {
    requests: [newUser({ generate: true }, 'one'), taken, newUser({ secret: 'mine' }, 'two')],
    continue_on_error: true,
  });
  const [one, failed, two] = response.data.responses;
  expect([one.success, failed.success, two.success], text).toEqual([true, false, true]);
  expect(one.body.passwordProfile.password).toEqual({ secret: [...secrets.kept.keys()][0] });
  expect(secrets.kept.size).toBe(1);
  expect(text).not.toContain(given);
  for (const { secret } of secrets.kept.values()) expect(text).not.toContain(secret.reveal());
});

test('a write that fails keeps nothing, and one whose end is unknown names what it may need', async () => {
  tools.sandbox.fault({
    service: 'graph',
    match: 'POST /v1.0/users',
    status: 400,
    body: { error: { code: 'Bad', message: 'no' } },
  });
  const failed = await tools.call('graph_write', { requests: [newUser({ generate: true })] });
  expect(failed.isError).toBe(true);
  expect(secrets.kept.size).toBe(0);
  tools.sandbox.fault({ service: 'graph', match: 'POST /v1.0/users', status: 504, times: 10 });
  const unknown = await tools.call('graph_write', { requests: [newUser({ generate: true }, 'other')] });
  expect(unknown.response.error).toMatchObject({ code: 'outcome_unknown' });
  expect(unknown.response.error.hint).toContain([...secrets.kept.keys()][0]);
});

test('a password that cannot be kept is said to be lost, and never shown', async () => {
  secrets.isFull = true;
  const { response, text, meta } = await tools.call('graph_write', { requests: [newUser({ generate: true })] });
  expect(response.success).toBe(true);
  expect(meta.notes.join()).toContain('could not be kept');
  for (const password of sentAt('password')) expect(text).not.toContain(password);
});

test('a dry run shows the reference, asks for nothing and checks the places', async () => {
  const requests = [newUser({ secret: 'mine' }), newUser({ generate: true }, 'b')];
  const { response, text } = await tools.call('graph_write', { requests, dry_run: true });
  expect(response.data.requests[0].body.passwordProfile.password).toEqual({ secret: 'mine' });
  expect(response.data.requests[1].body.passwordProfile.password).toEqual({ generate: true });
  expect(text).not.toContain(given);
  expect([secrets.uses.length, secrets.kept.size, sentAt('password').length]).toEqual([0, 0, 0]);
  const wrong = await tools.call('graph_write', { requests: [newUser({ generate: false })], dry_run: true });
  expect(wrong.response.error.code).toBe('invalid_argument');
});

describe('a preview', () => {
  const literal = 'Literal-Secret-9-in-a-body';
  const below = (rest: string) =>
    `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-ml/providers/${rest}`;
  const foundry = () => below('Microsoft.CognitiveServices/accounts/aif-contoso/projects/assist/connections/shop');
  const bodies: Readonly<Record<string, readonly [() => string, object]>> = {
    'of a connection': [
      foundry,
      {
        properties: {
          authType: 'CustomKeys',
          category: 'RemoteTool',
          target: 'https://tools.example',
          headers: { 'x-api-key': literal },
          credentials: { clientId: 'shop', keys: { a: literal, b: `${literal}"2` } },
        },
      },
    ],
    'of a machine': [
      () => below('Microsoft.Compute/virtualMachines/vm-one'),
      {
        properties: { osProfile: { adminUsername: 'ada', adminPassword: literal } },
        tags: { copy: literal, from: `https://st.example/?sig=${literal}2` },
      },
    ],
  };

  test.each(Object.keys(bodies))('shows no literal secret of the body, neither dry nor asked: %s', async (name) => {
    const [path, body] = bodies[name] ?? [foundry, {}];
    const write = { method: 'PUT', path: path(), api_version: '2025-06-01', body };
    const dry = await tools.call('arm_write', { ...write, dry_run: true });
    expect(dry.response.success).toBe(true);
    const strict = await openSandboxTools({ policy: { confirm: 'always' } });
    const asked = await strict.call('arm_write', write);
    await strict.close();
    expect(asked.response.error.confirm).toEqual(expect.any(String));
    for (const { text } of [dry, asked]) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain(literal);
      expect(text).toMatch(/"clientId":"shop"|"adminUsername":"ada"/);
    }
  });

  test('of a deployment shows its parameters, but for what the template declares as secure', async () => {
    const parameters = { region: { value: 'westeurope' }, admin: { value: literal } };
    const template = { parameters: { region: { type: 'string' }, admin: { type: 'secureString' } }, resources: [] };
    const write = {
      method: 'PUT',
      path: below('Microsoft.Resources/deployments/shop'),
      api_version: '2022-09-01',
      body: { properties: { mode: 'Incremental', template, parameters } },
      dry_run: true,
    };
    const { response, text } = await tools.call('arm_write', write);
    expect(response.data.request.body.properties.parameters).toEqual({
      region: { value: 'westeurope' },
      admin: { value: '[secret]' },
    });
    expect(text).not.toContain(literal);
  });

  test('shows no password of a user, and sends the one that was given', async () => {
    const requests = [newUser(literal)];
    const { response, text } = await tools.call('graph_write', { requests, dry_run: true });
    expect(response.data.requests[0].body).toMatchObject({
      displayName: 'Grace',
      passwordProfile: { password: '[secret]', forceChangePasswordNextSignIn: true },
    });
    expect(text).not.toContain(literal);
    await tools.call('graph_write', { requests });
    expect(sentAt('password')).toEqual([literal]);
  });
});

describe('places', () => {
  const group = '/subscriptions/s/resourceGroups/rg-contoso-data/providers';
  const path = (rest: string) => `${group.replace('/s/', `/${tools.sandbox.credentials.subscriptionId}/`)}/${rest}`;
  const reference = { secret: 'mine' };
  const deployment = (type: string, value: unknown) => ({
    properties: {
      mode: 'Incremental',
      template: { parameters: { Pw: { type } }, resources: [] },
      parameters: { pw: { value } },
    },
  });
  const allowed: readonly (readonly [string, string, string, unknown, string])[] = [
    ['graph', 'PATCH', '/users/1', { passwordProfile: { password: reference } }, 'password'],
    ['graph', 'PATCH', "/users('1')", { PasswordProfile: { Password: reference } }, 'Password'],
    ['graph', 'PATCH', '/me', { passwordProfile: { password: reference } }, 'password'],
    [
      'graph',
      'POST',
      '/users/1/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword',
      { newPassword: reference },
      'newPassword',
    ],
    [
      'arm',
      'PUT',
      'Microsoft.Compute/virtualMachines/v',
      { properties: { osProfile: { adminPassword: reference } } },
      'adminPassword',
    ],
    [
      'arm',
      'PUT',
      'Microsoft.Compute/virtualMachineScaleSets/v',
      { properties: { virtualMachineProfile: { osProfile: { adminPassword: reference } } } },
      'adminPassword',
    ],
    [
      'arm',
      'PUT',
      'Microsoft.DBforPostgreSQL/flexibleServers/d',
      { properties: { administratorLoginPassword: reference } },
      'administratorLoginPassword',
    ],
    [
      'arm',
      'PATCH',
      'Microsoft.Sql/servers/d',
      { properties: { AdministratorLoginPassword: reference } },
      'AdministratorLoginPassword',
    ],
    [
      'arm',
      'PUT',
      'Microsoft.DBforMySQL/servers/d',
      { properties: { administratorPassword: reference } },
      'administratorPassword',
    ],
    ['arm', 'PUT', 'Microsoft.Resources/deployments/d', deployment('SecureString', reference), 'value'],
  ];
  test.each(allowed)('%s %s %s takes a secret', async (api, method, address, body, member) => {
    const input =
      api === 'graph'
        ? { requests: [{ method, endpoint: address, body }] }
        : { method, path: path(address), api_version: '2024-01-01', body };
    // The person's yes for templates comes from the configuration here.
    const options = { authority: operatorAt('terminal') };
    const { text } = await tools.call(`${api}_write`, input, options);
    expect(sentAt(member), text).toContain(given);
    expect(text).not.toContain(given);
  });

  const refused: readonly (readonly [string, string, string, unknown])[] = [
    ['graph', 'PATCH', '/applications/1', { web: { clientSecret: reference } }],
    ['graph', 'POST', '/users/1/microsoft.graph.changePassword', { newPassword: reference }],
    ['graph', 'PATCH', '/groups/1', { password: { generate: true } }],
    ['graph', 'POST', '/users', { passwordProfile: { password: { env: 'HOME' } } }],
    ['graph', 'POST', '/users', { passwordProfile: { password: { secret: '../x' } } }],
    ['graph', 'POST', '/users', { passwordProfile: { password: { secret: 'mine', generate: true } } }],
    ['arm', 'PUT', 'Microsoft.Web/sites/s', { properties: { siteConfig: { connectionString: reference } } }],
    ['arm', 'PUT', 'Microsoft.Compute/virtualMachines/v', { properties: { adminPassword: reference } }],
    ['arm', 'PUT', 'Microsoft.Resources/deployments/d', deployment('secureObject', { generate: true })],
  ];
  test.each(refused)('%s %s %s refuses one', async (api, method, address, body) => {
    const input =
      api === 'graph'
        ? { requests: [{ method, endpoint: address, body }] }
        : { method, path: path(address), api_version: '2024-01-01', body };
    const { response } = await tools.call(`${api}_write`, input);
    expect(response.error).toMatchObject({ code: 'invalid_argument' });
    expect(sent.filter((one) => one.body.includes('mine') || one.body.includes(given))).toEqual([]);
  });

  test('elsewhere such an object is data', async () => {
    const body = {
      tags: { x: { secret: 'mine' } },
      properties: {
        value: { generate: true },
        template: { parameters: { pw: { type: 'string' } } },
        parameters: { pw: { value: { secret: 'mine' } } },
      },
    };
    await tools.call('arm_write', {
      method: 'PUT',
      path: path('Microsoft.Resources/deployments/d'),
      api_version: '2024-01-01',
      body,
    });
    expect(sent.some((one) => one.body === JSON.stringify(body))).toBe(true);
    expect(secrets.uses).toEqual([]);
  });

  test('a template of the caller gets a secret only with a person’s yes', async () => {
    const input = {
      method: 'PUT',
      path: path('Microsoft.Resources/deployments/d'),
      api_version: '2024-01-01',
      body: deployment('securestring', reference),
    };
    const { response } = await tools.call('arm_write', input);
    expect(response.error.code).toBe('refused');
    expect(secrets.uses).toEqual([]);
    const object = { ...input, body: deployment('secureObject', { secret: 'object' }) };
    await tools.call('arm_write', object, { authority: operatorAt('terminal') });
    expect(sent.some((one) => one.body.includes('{"value":{"user":"a","password":"Object-Secret-1"}}'))).toBe(true);
  });
});
