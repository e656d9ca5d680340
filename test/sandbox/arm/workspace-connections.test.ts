import { describe, expect, test } from 'vitest';
import { authVariants } from '../../../src/sandbox/arm/connections/parse-connection.ts';
import { groupedCategories } from '../../../src/sandbox/arm/connections/render-connection.ts';
import { type ArmClient, createArmClient } from './support/arm-client.ts';
import { at, namesOf, put, secrets, version, workspace } from './support/workspace-connections.ts';

const later = '2024-10-01';
const guid = '9c1b9d0e-0000-4000-8000-000000000001';

/** Credentials of each auth type, with every member. */
const credentials: Readonly<Record<string, object | undefined>> = {
  PAT: { pat: 'MARKED-pat' },
  ManagedIdentity: { clientId: guid, resourceId: '/subscriptions/x/identity' },
  UsernamePassword: { username: 'ada', password: 'MARKED-password', securityToken: 'MARKED-token' },
  None: undefined,
  SAS: { sas: '?sig=MARKED-sas' },
  AccountKey: { key: 'MARKED-key' },
  ServicePrincipal: { clientId: guid, clientSecret: 'MARKED-secret', tenantId: guid },
  AccessKey: { accessKeyId: 'AKIA', secretAccessKey: 'MARKED-access' },
  ApiKey: { key: 'MARKED-api' },
  CustomKeys: { keys: { first: 'MARKED-first', second: 'MARKED-second' } },
  OAuth2: {
    clientId: guid,
    clientSecret: 'MARKED-secret',
    authUrl: 'https://login.example/token',
    username: 'ada',
    password: 'MARKED-password',
    refreshToken: 'MARKED-refresh',
    developerToken: 'MARKED-developer',
    tenantId: guid,
  },
  AAD: undefined,
};
const authTypes = Object.keys(credentials);

const body = (authType: string, more: object = {}) => ({
  properties: {
    authType,
    category: 'CustomKeys',
    target: 'https://target.example',
    metadata: {},
    ...(credentials[authType] ? { credentials: credentials[authType] } : {}),
    ...more,
  },
});

test('there are twelve auth types and 102 categories, each in one group', () => {
  expect(Object.keys(authVariants)).toEqual(authTypes);
  expect(groupedCategories).toHaveLength(102);
  expect(new Set(groupedCategories).size).toBe(102);
});

describe('a connection', () => {
  test.each(authTypes)('of %s keeps its credentials, and shows them to ListSecrets alone', async (authType) => {
    const arm = await createArmClient();
    const made = await put(arm, 'made', body(authType));
    expect(made.status).toBe(200);
    expect(made.body).toEqual({
      id: at('made'),
      name: 'made',
      type: 'Microsoft.MachineLearningServices/workspaces/connections',
      properties: {
        authType,
        category: 'CustomKeys',
        group: 'GenericProtocol',
        target: 'https://target.example',
        metadata: {},
        isSharedToAll: false,
        createdByWorkspaceArmId: workspace,
      },
      systemData: {
        createdAt: '2026-01-15T10:00:00.000Z',
        createdBy: arm.sandbox.credentials.clientId,
        createdByType: 'Application',
        lastModifiedAt: '2026-01-15T10:00:00.000Z',
        lastModifiedBy: arm.sandbox.credentials.clientId,
        lastModifiedByType: 'Application',
      },
    });
    expect((await arm.get(at('MADE'), version)).body).toEqual(made.body);
    const read = [made.text, (await arm.get(at('made'), version)).text];
    read.push((await arm.get(`${workspace}/connections`, version)).text);
    expect(read.join()).not.toMatch(/MARKED|credentials/);
    for (const segment of ['listsecrets', 'listSecrets', 'LISTSECRETS']) {
      const answer = await secrets(arm, 'made', workspace, segment);
      expect(answer.status).toBe(200);
      expect(answer.body.properties.credentials).toEqual(credentials[authType]);
    }
    expect(JSON.stringify(arm.sandbox.requests())).not.toContain('MARKED');
  });

  test('is replaced as a whole: when it was made stays, its old secret does not', async () => {
    const arm = await createArmClient();
    const made = await put(arm, 'made', body('ApiKey', { isSharedToAll: true, metadata: { a: 'b' } }));
    arm.sandbox.advance(60);
    const replaced = await put(arm, 'MADE', { properties: { authType: 'ApiKey', category: 'OpenAI' } });
    expect(replaced.status).toBe(200);
    expect(replaced.body.name).toBe('made');
    expect(replaced.body.properties).toMatchObject({ metadata: {}, isSharedToAll: false, group: 'ServicesAndApps' });
    expect(replaced.body.systemData.createdAt).toBe(made.body.systemData.createdAt);
    expect(replaced.body.systemData.lastModifiedAt).toBe('2026-01-15T10:01:00.000Z');
    expect((await secrets(arm, 'made')).body.properties.credentials).toBeUndefined();
  });

  test('remembers who made it, whoever replaces it', async () => {
    const arm = await createArmClient();
    const replaced = await put(arm, 'models-git', body('PAT'));
    expect(replaced.body.systemData).toMatchObject({
      createdAt: '2025-09-01T08:00:00.0000000Z',
      createdBy: 'Platform Team',
      createdByType: 'User',
      lastModifiedBy: arm.sandbox.credentials.clientId,
    });
  });

  test.each([
    ['2026-12-31T23:30:00Z', '2026-12-31T23:30:00Z'],
    ['2026-12-31T23:30:00+00:00', '2026-12-31T23:30:00Z'],
    ['2026-12-31T23:30:00.250-01:00', '2027-01-01T00:30:00.250Z'],
  ])('shows the expiry %s in UTC', async (expiryTime, shown) => {
    const arm = await createArmClient();
    const made = await put(arm, 'made', body('PAT', { expiryTime }));
    expect(made.body.properties.expiryTime).toBe(shown);
  });

  test('is removed with 200, and again with 204', async () => {
    const arm = await createArmClient();
    await put(arm, 'made', body('PAT'));
    expect(await arm.send('DELETE', at('made'), { version })).toMatchObject({ status: 200, text: '' });
    expect(await arm.send('DELETE', at('made'), { version })).toMatchObject({ status: 204, text: '' });
    expect(await arm.get(at('made'), version)).toMatchObject({ status: 404, body: { error: { code: 'UserError' } } });
    expect((await secrets(arm, 'made')).status).toBe(404);
  });

  test('takes any text as the value format, which is an open enumeration', async () => {
    const arm = await createArmClient();
    const made = await put(arm, 'made', body('PAT', { valueFormat: 'YAML' }));
    expect([made.status, made.body.properties.valueFormat]).toEqual([200, 'YAML']);
    const later = await arm.send('PUT', at('later'), {
      version: '2024-10-01',
      body: body('PAT', { valueFormat: 'JSON' }),
    });
    expect(later.body.error.details).toMatchObject([{ target: 'properties.valueFormat' }]);
  });

  test('keeps what callers may set, in the form of the service', async () => {
    const arm = await createArmClient();
    const made = await put(arm, 'made', {
      id: 'mine',
      properties: {
        authType: 'CustomKeys',
        category: 'SomethingNew',
        expiryTime: '2026-12-31T23:30:00+02:00',
        sharedUserList: ['ada'],
        value: 'MARKED-value',
        valueFormat: 'JSON',
        target: null,
        group: 'Azure',
        createdByWorkspaceArmId: 'mine',
        ownMember: 'kept',
      },
    });
    expect(made.body.properties).toMatchObject({
      category: 'SomethingNew',
      group: 'ServicesAndApps',
      expiryTime: '2026-12-31T21:30:00Z',
      sharedUserList: ['ada'],
      valueFormat: 'JSON',
      createdByWorkspaceArmId: workspace,
      ownMember: 'kept',
    });
    expect(made.body.properties).not.toHaveProperty('target');
    expect(made.text).not.toContain('MARKED');
    expect((await secrets(arm, 'made')).body.properties.value).toBe('MARKED-value');
    expect(JSON.stringify(arm.sandbox.requests())).not.toContain('MARKED');
  });
});

describe('refused with ValidationError and the field', () => {
  test.each([
    ['no properties', {}, 'properties'],
    ['a member beside properties', { ...body('PAT'), tags: {} }, 'tags'],
    ['no authType', { properties: { category: 'Git' } }, 'properties.authType'],
    ['an unknown authType', { properties: { authType: 'Password' } }, 'properties.authType'],
    ['an authType in another case', { properties: { authType: 'pat' } }, 'properties.authType'],
    ['an authType that is a name of objects', { properties: { authType: 'constructor' } }, 'properties.authType'],
    ['a number in metadata', body('PAT', { metadata: { a: 1 } }), 'properties.metadata'],
    ['null in metadata', body('PAT', { metadata: { a: null } }), 'properties.metadata'],
    ['an expiry that is no date', body('PAT', { expiryTime: 'next year' }), 'properties.expiryTime'],
    ['an expiry on the 32nd', body('PAT', { expiryTime: '2026-12-32T00:00:00Z' }), 'properties.expiryTime'],
    ['sharing that is a text', body('PAT', { isSharedToAll: 'yes' }), 'properties.isSharedToAll'],
    ['users that are a text', body('PAT', { sharedUserList: 'ada' }), 'properties.sharedUserList'],
    ['credentials that are a text', body('PAT', { credentials: 'MARKED' }), 'properties.credentials'],
    ['a credential that is a number', body('PAT', { credentials: { pat: 1 } }), 'properties.credentials.pat'],
    ['a credential of another type', body('PAT', { credentials: { key: 'x' } }), 'properties.credentials.key'],
    ['sas for an account key', body('AccountKey', { credentials: { sas: 'x' } }), 'properties.credentials.sas'],
    ['keys that are a text', body('CustomKeys', { credentials: { keys: 'x' } }), 'properties.credentials.keys'],
    ['a client id that is none', body('OAuth2', { credentials: { clientId: 'x' } }), 'properties.credentials.clientId'],
    ['credentials for None', body('None', { credentials: {} }), 'properties.credentials'],
    ['an expiry without a time', body('PAT', { expiryTime: '2026-12-31' }), 'properties.expiryTime'],
    ['an expiry without an offset', body('PAT', { expiryTime: '2026-12-31T23:30:00' }), 'properties.expiryTime'],
    ['an expiry without seconds', body('PAT', { expiryTime: '2026-12-31T23:30Z' }), 'properties.expiryTime'],
    ['an expiry on the 31st of June', body('PAT', { expiryTime: '2026-06-31T00:00:00Z' }), 'properties.expiryTime'],
    ['a value format that is no text', body('PAT', { valueFormat: 1 }), 'properties.valueFormat'],
  ])('%s', async (_, content, target) => {
    const arm = await createArmClient();
    const answer = await put(arm, 'made', content);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'ValidationError', details: [{ code: 'ValidationError', target }] } },
    });
    expect((await arm.get(at('made'), version)).status).toBe(404);
    expect(JSON.stringify(arm.sandbox.requests())).not.toContain('MARKED');
  });

  test.each(['PAT', 'ManagedIdentity', 'UsernamePassword', 'None', 'SAS'])(
    '%s with a member of its own',
    async (type) => {
      const arm = await createArmClient();
      const answer = await put(arm, 'made', body(type, { ownMember: 'x' }));
      expect(answer.body.error.details).toEqual([
        { code: 'ValidationError', target: 'properties.ownMember', message: expect.any(String) },
      ]);
    },
  );

  test.each(['ServicePrincipal', 'AccessKey', 'ApiKey', 'CustomKeys', 'OAuth2'])(
    'not %s: it takes other members, among its credentials too',
    async (type) => {
      const arm = await createArmClient();
      const given = { ...credentials[type], ownSecret: 'x' };
      expect((await put(arm, 'made', body(type, { ownMember: 'x', credentials: given }))).status).toBe(200);
      expect((await secrets(arm, 'made')).body.properties.credentials).toEqual(given);
    },
  );

  test.each(['ab', '-abc', 'a.b.c', 'a'.repeat(34), 'a b c'])('the name %s', async (name) => {
    const arm = await createArmClient();
    for (const answer of [await put(arm, name, body('PAT')), await arm.get(at(name), version)]) {
      expect(answer).toMatchObject({ status: 400, body: { error: { details: [{ target: 'connectionName' }] } } });
    }
    expect((await put(arm, 'a'.repeat(33), body('PAT'))).status).toBe(200);
  });
});

test('the old print of account keys can be had by asking for it', async () => {
  const arm = await createArmClient();
  arm.sandbox.placeObject('arm', 'workspaceConnections', { legacy_account_key: true });
  expect((await put(arm, 'made', body('AccountKey'))).status).toBe(400);
  expect((await put(arm, 'made', body('AccountKey', { credentials: { sas: 'x' } }))).status).toBe(200);
});

describe('the list', () => {
  test('spells ids in its own way, and filters exactly', async () => {
    const arm = await createArmClient();
    const list = await arm.get(`${workspace}/connections`, version);
    expect(namesOf(list)).toHaveLength(8);
    expect(list.body.value[0]).toMatchObject({
      id: `${workspace}/linkedWorkspaces/openai-research`,
      type: 'Microsoft.MachineLearningServices/workspaces/connections',
    });
    expect(list.text).not.toContain('sandbox-');
    const filtered = async (query: string) => namesOf(await arm.get(`${workspace}/connections?${query}`, version));
    expect(await filtered('category=Git')).toEqual(['models-git']);
    expect(await filtered('category=git')).toEqual([]);
    expect(await filtered('target=crcontosoml.azurecr.io')).toEqual(['training-images']);
    expect(await filtered('target=crcontosoml.azurecr.io&category=Git')).toEqual([]);
  });

  test('goes over pages with links that cannot be made up', async () => {
    const arm = await createArmClient();
    arm.sandbox.placeObject('arm', 'paging', { match: 'GET */connections', page_size: 3 });
    const pages = await arm.pages(`${workspace}/connections`, version);
    expect(pages.map((page) => page.body.value.length)).toEqual([3, 3, 2]);
    expect((await arm.get(`${workspace}/connections?$skiptoken=abc`, version)).status).toBe(400);
  });
});

describe('PATCH', () => {
  const patch = (arm: ArmClient, properties: object, apiVersion = later) =>
    arm.send('PATCH', at('made'), { version: apiVersion, body: { properties } });

  test('is not there in 2024-04-01, and neither is a test of connections', async () => {
    const arm = await createArmClient();
    await put(arm, 'made', body('ApiKey'));
    expect(await patch(arm, { authType: 'ApiKey' }, version)).toMatchObject({
      status: 405,
      body: { error: { code: 'MethodNotAllowed' } },
    });
    const tried = await arm.send('POST', `${at('made')}/testconnection`, { version, body: {} });
    expect(tried).toMatchObject({ status: 404, body: { error: { code: 'ResourceNotFound' } } });
    expect((await arm.send('POST', at('made'), { version, body: {} })).status).toBe(405);
  });

  test('keeps the secret of the same auth type, and shows none', async () => {
    const arm = await createArmClient();
    await put(arm, 'made', body('ApiKey'));
    const changed = await patch(arm, { authType: 'ApiKey', target: 'https://other.example' });
    expect(changed).toMatchObject({ status: 200, body: { properties: { target: 'https://other.example' } } });
    expect(changed.text).not.toContain('MARKED');
    expect((await secrets(arm, 'made')).body.properties.credentials).toEqual({ key: 'MARKED-api' });
    expect((await patch(arm, { authType: 'PAT' })).status).toBe(200);
    expect((await secrets(arm, 'made')).body.properties.credentials).toBeUndefined();
  });

  test('needs the auth type and a connection', async () => {
    const arm = await createArmClient();
    expect((await patch(arm, { authType: 'ApiKey' })).status).toBe(404);
    await put(arm, 'made', body('ApiKey'));
    expect((await patch(arm, { target: 'x' })).body.error.details[0].target).toBe('properties.authType');
    expect((await patch(arm, { authType: 'PAT', value: 'x' })).body.error.details[0].target).toBe('properties.value');
  });
});
