import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import {
  authTypes,
  create,
  everyCredential,
  mark,
  propertiesOf,
  storedProperties,
  workspaceId,
} from '../../support/workspace-connections.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterEach(() => tools.close());

const writes = () => tools.armRequests().filter((line) => !line.startsWith('GET '));

describe('create_workspace_connection', () => {
  test('answers what was made, without its credentials', async () => {
    const properties = {
      ...propertiesOf('ApiKey'),
      category: 'AzureOpenAI',
      target: 'https://oai.example/',
      metadata: { ApiType: 'Azure', ApiVersion: '2024-10-21', resourceid: '/subscriptions/x' },
    };
    const { response, meta, isError } = await create(tools, 'made', properties);
    expect(isError).toBe(false);
    expect(response).toMatchInlineSnapshot(`
      {
        "data": {
          "id": "/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/resourceGroups/rg-contoso-ml/providers/Microsoft.MachineLearningServices/workspaces/mlw-contoso-research/connections/made",
          "name": "made",
          "properties": {
            "authType": "ApiKey",
            "category": "AzureOpenAI",
            "createdByWorkspaceArmId": "/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/resourceGroups/rg-contoso-ml/providers/Microsoft.MachineLearningServices/workspaces/mlw-contoso-research",
            "group": "AzureAI",
            "isSharedToAll": false,
            "metadata": {
              "ApiType": "Azure",
              "ApiVersion": "2024-10-21",
              "resourceid": "/subscriptions/x",
            },
            "target": "https://oai.example/",
          },
          "replaced": false,
          "systemData": {
            "createdAt": "2026-11-20T10:00:00.000Z",
            "createdBy": "5a11d0c5-7e4a-4c0d-8b0a-a99000000001",
            "createdByType": "Application",
            "lastModifiedAt": "2026-11-20T10:00:00.000Z",
            "lastModifiedBy": "5a11d0c5-7e4a-4c0d-8b0a-a99000000001",
            "lastModifiedByType": "Application",
          },
          "type": "Microsoft.MachineLearningServices/workspaces/connections",
        },
        "status": 201,
        "success": true,
      }
    `);
    expect(meta.notes).toEqual([
      'properties.credentials.key passed through the model: rotate it, and let the person who runs Tenantry supply the new one.',
    ]);
    expect(tools.armRequests().map((line) => line.replace(workspaceId(tools), ''))).toEqual([
      'GET /connections/made?api-version=2024-04-01',
      'PUT /connections/made?api-version=2024-04-01',
    ]);
  });

  test.each(authTypes)('%s keeps every member of its credentials', async (authType) => {
    const { response, text } = await create(tools, 'made', propertiesOf(authType));
    expect(response).toMatchObject({ status: 201, data: { name: 'made', replaced: false, properties: { authType } } });
    expect(text).not.toContain(mark);
    const stored = await storedProperties(tools, 'made');
    expect(stored['credentials']).toEqual(everyCredential[authType]);
    expect(stored).toMatchObject({ authType, category: 'GenericRest', target: 'https://target.example/' });
  });

  test('a managed identity of the workspace itself needs no credentials, and may have empty ones', async () => {
    const { credentials: _, ...own } = propertiesOf('ManagedIdentity');
    expect((await create(tools, 'own', own)).response.status).toBe(201);
    expect((await create(tools, 'own-empty', { ...own, credentials: {} })).response.status).toBe(201);
    expect((await create(tools, 'own-null', { ...own, credentials: null })).response.status).toBe(201);
  });

  test('all common members arrive', async () => {
    const common = {
      metadata: { a: '1', 'b c': '' },
      expiryTime: '2027-03-01T00:00:00+01:00',
      isSharedToAll: true,
      sharedUserList: ['ada@contoso.example'],
    };
    await create(tools, 'made', { ...propertiesOf('SAS'), ...common });
    expect(await storedProperties(tools, 'made')).toMatchObject({ ...common, expiryTime: '2027-02-28T23:00:00Z' });
  });

  test('secrets come by name, each member of them', async () => {
    const to = [{ holder: workspaceId(tools), target: 'https://target.example/' }];
    const shared = { name: 'shared', secret: new Secret(`${mark}-by-name`), use: ['export' as const], to };
    await tools.runtime.namedSecrets.set(shared, 'local');
    const from = { secret: 'shared' };
    const cases: [string, object, object][] = [
      ['PAT', { pat: from }, { pat: `${mark}-by-name` }],
      ['AccountKey', { key: from }, { key: `${mark}-by-name` }],
      ['SAS', { sas: from }, { sas: `${mark}-by-name` }],
      ['CustomKeys', { keys: { a: from, b: from } }, { keys: { a: `${mark}-by-name`, b: `${mark}-by-name` } }],
      [
        'AccessKey',
        { accessKeyId: 'AKIA', secretAccessKey: from, sessionToken: from },
        { accessKeyId: 'AKIA', secretAccessKey: `${mark}-by-name`, sessionToken: `${mark}-by-name` },
      ],
    ];
    for (const [index, [authType, credentials, stored]] of cases.entries()) {
      const { text, response } = await create(tools, `named-${index}`, { ...propertiesOf(authType), credentials });
      expect(response.success, text).toBe(true);
      expect(text).not.toContain(mark);
      expect((await storedProperties(tools, `named-${index}`))['credentials']).toEqual(stored);
    }
  });

  test('open variants pass on what the specification does not know', async () => {
    const credentials = {
      key: `${mark}-key`,
      region: `${mark}-westeurope`,
      username: 'ada-lovelace',
      rotation: 7,
      more: { deep: [1, 'two'] },
    };
    const properties = { ...propertiesOf('ApiKey'), credentials, peRequirement: 'NotRequired', tier: { level: 2 } };
    const { response, meta } = await create(tools, 'open-one', properties);
    expect(response.success).toBe(true);
    expect(meta.notes.join()).toContain('properties.credentials.region passed through the model');
    expect(meta.notes.join()).not.toContain('username');
    const stored = await storedProperties(tools, 'open-one');
    expect(stored).toMatchObject({ credentials, peRequirement: 'NotRequired', tier: { level: 2 } });
  });

  test('what only the service writes is left out and told, so that what was read can be sent back', async () => {
    const more = { group: 'Azure', createdByWorkspaceArmId: '/subscriptions/x' };
    const { response, meta } = await create(tools, 'made', propertiesOf('PAT', more));
    expect(response.success).toBe(true);
    expect(meta.notes).toContain(
      'Left out, since only the service writes it: properties.group, properties.createdByWorkspaceArmId.',
    );
    const body = tools.seen().find(({ method }) => method === 'PUT')?.body as { properties: object };
    expect(Object.keys(body.properties)).not.toContain('group');
  });

  test.each([
    [
      'a category that is unknown, and only begins like a known one',
      { category: 'AzureOpenAIGateway' },
      /AzureOpenAIGateway is not among .* Did you mean AzureOpenAI\?/,
    ],
    ['a category that came later', { category: 'AppInsights' }, /AppInsights came after api-version 2024-04-01/],
    ['an unusual pair', { category: 'S3' }, /S3 is usually used with AccessKey, not with PAT/],
    ['a time that is over', { expiryTime: '2026-11-20T09:59:59Z' }, /in the past/],
    ['a time that is near', { expiryTime: '2026-11-25T00:00:00Z' }, /less than seven days away/],
    [
      'metadata that are missing',
      { category: 'AzureOpenAI', metadata: { apitype: 'Azure' } },
      /metadata that is missing here: ApiVersion, ResourceId/,
    ],
    [
      'a target with a password in it',
      { target: 'Server=tcp:x;Password=hunter2secret;' },
      /target seems to carry a secret/,
    ],
  ])('%s is allowed, with a note', async (_, more, note) => {
    const { response, meta } = await create(tools, 'made', propertiesOf('PAT', more));
    expect(response.success).toBe(true);
    expect(meta.notes.join('\n')).toMatch(note);
  });

  test('usual connections get no note but that on literal secrets', async () => {
    const metadata = { accountName: 'st', containerNAME: 'c' };
    const { meta } = await create(tools, 'made', propertiesOf('AccountKey', { category: 'AzureBlob', metadata }));
    expect(meta.notes).toHaveLength(1);
  });
});

describe('replacing', () => {
  test('a name that is taken is a conflict, and nothing is written', async () => {
    const { response } = await create(tools, 'openai-research', propertiesOf('ApiKey'));
    expect(response).toMatchObject({
      status: 409,
      error: { code: 'conflict', hint: expect.stringContaining('replace: true') },
    });
    expect(writes()).toEqual([]);
  });

  test('replace puts the whole of the new one in its place', async () => {
    await create(tools, 'made', propertiesOf('UsernamePassword', { metadata: { old: '1' } }));
    tools.sandbox.advance(60);
    const { response } = await create(tools, 'made', propertiesOf('ApiKey'), { replace: true });
    expect(response).toMatchObject({ status: 200, data: { replaced: true } });
    expect(await storedProperties(tools, 'made')).toMatchObject({
      authType: 'ApiKey',
      credentials: everyCredential['ApiKey'],
      metadata: {},
    });
  });

  test.each(['None', 'AAD', 'ManagedIdentity'])('a stored secret is not dropped for %s', async (authType) => {
    const { response } = await create(tools, 'openai-research', propertiesOf(authType), { replace: true });
    expect(response.error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('would destroy its stored secret (`ApiKey`)'),
      hint: expect.stringContaining('delete_workspace_connection'),
    });
    expect(writes()).toEqual([]);
    expect((await storedProperties(tools, 'openai-research'))['credentials']).toBeDefined();
  });

  test('an edit without the credentials is refused before any request, and says why', async () => {
    const { credentials: _, ...edited } = propertiesOf('ApiKey');
    const { response } = await create(tools, 'openai-research', edited, { replace: true });
    expect(response.error.hint).toContain('the service never gives a stored one back');
    expect(tools.armRequests()).toEqual([]);
  });

  test('what holds no secret may become anything', async () => {
    const { response } = await create(tools, 'papers-search', propertiesOf('None'), { replace: true });
    expect(response).toMatchObject({ status: 200, data: { replaced: true, properties: { authType: 'None' } } });
  });

  test('replace on a free name creates', async () => {
    const { response } = await create(tools, 'fresh', propertiesOf('PAT'), { replace: true });
    expect(response).toMatchObject({ status: 201, data: { replaced: false } });
  });
});
