import { describe, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createArmClient, production } from './support/arm-client.ts';
import { at, namesOf, put, secrets, version, workspace, workspaces } from './support/workspace-connections.ts';

const hub = `${workspaces}/hub-contoso-ai`;
const project = `${workspaces}/proj-contoso-assist`;
const marked = { PAT: { pat: 'MARKED-pat' }, ApiKey: { key: 'MARKED-key' } } as const;

const body = (authType: keyof typeof marked, more: object = {}) => ({
  properties: { authType, category: 'CustomKeys', credentials: marked[authType], ...more },
});

describe('a hub and its project', () => {
  test('the project shows what the hub shares with all, and where it comes from', async () => {
    const arm = await createArmClient();
    expect(namesOf(await arm.get(`${hub}/connections`, version))).toEqual(['openai-shared', 'serp-operators']);
    const list = await arm.get(`${project}/connections`, version);
    expect(namesOf(list)).toEqual(['assist-feed', 'openai-shared']);
    expect(list.body.value[1]).toMatchObject({
      id: `${project}/linkedWorkspaces/openai-shared`,
      properties: { createdByWorkspaceArmId: hub, isSharedToAll: true },
    });
    expect((await arm.get(at('openai-shared', project), version)).body.properties.createdByWorkspaceArmId).toBe(hub);
    expect((await secrets(arm, 'openai-shared', project)).body.properties.credentials.key).toBe('sandbox-shared-key');
    expect((await arm.get(at('serp-operators', project), version)).status).toBe(404);
    expect(namesOf(await arm.get(`${project}/connections?category=Serp`, version))).toEqual([]);
  });

  test('what is shared is changed in the hub alone', async () => {
    const arm = await createArmClient();
    const refused = { status: 400, body: { error: { code: 'UserError' } } };
    expect(await put(arm, 'openai-shared', body('ApiKey'), project)).toMatchObject(refused);
    expect(await arm.send('DELETE', at('openai-shared', project), { version })).toMatchObject(refused);
    expect((await put(arm, 'serp-operators', body('ApiKey', { isSharedToAll: true }), hub)).status).toBe(200);
    expect(namesOf(await arm.get(`${project}/connections`, version))).toContain('serp-operators');
  });

  test('a connection of the project is seen before one of the hub with its name', async () => {
    const arm = await createArmClient();
    await put(arm, 'assist-feed', body('PAT', { isSharedToAll: true }), hub);
    const list = await arm.get(`${project}/connections`, version);
    expect(namesOf(list)).toEqual(['assist-feed', 'openai-shared']);
    expect(list.body.value[0].properties).toMatchObject({ authType: 'None', createdByWorkspaceArmId: project });
  });
});

describe('the workspace', () => {
  test('has to be there, and has to be ready for writes', async () => {
    const arm = await createArmClient();
    const missing = { status: 404, body: { error: { code: 'ParentResourceNotFound' } } };
    const nowhere = `${workspaces}/mlw-nowhere`;
    expect(await put(arm, 'made', body('PAT'), nowhere)).toMatchObject(missing);
    expect(await arm.get(`${nowhere}/connections`, version)).toMatchObject(missing);
    expect(await arm.send('DELETE', at('made', nowhere), { version })).toMatchObject(missing);
    for (const state of ['Creating', 'Updating', 'Deleting', 'Failed']) {
      arm.sandbox.placeObject('arm', 'resource', {
        id: `${workspaces}/mlw-busy`,
        name: 'mlw-busy',
        type: 'Microsoft.MachineLearningServices/workspaces',
        location: 'swedencentral',
        properties: { provisioningState: state },
      });
      const refused = { status: 409, body: { error: { code: 'Conflict' } } };
      expect(await put(arm, 'made', body('PAT'), `${workspaces}/mlw-busy`)).toMatchObject(refused);
      expect(await arm.send('DELETE', at('made', `${workspaces}/mlw-busy`), { version })).toMatchObject(refused);
    }
    expect((await arm.get(`${workspaces}/mlw-busy/connections`, version)).status).toBe(200);
  });

  test('takes its connections along', async () => {
    const arm = await createArmClient();
    expect((await arm.send('DELETE', workspace, { version })).status).toBe(200);
    expect((await arm.get(at('models-git'), version)).status).toBe(404);
  });

  test('takes the auth types of the version', async () => {
    const arm = await createArmClient();
    expect((await arm.get(`${workspace}/connections`, '2025-12-01')).status).toBe(200);
    const put = (authType: string) =>
      arm.send('PUT', at('in-2022'), {
        version: '2022-10-01',
        body: { properties: { authType, category: 'PythonFeed', target: 'https://pypi.example' } },
      });
    expect((await put('ApiKey')).body.error.details).toMatchObject([
      { target: 'properties.authType', message: expect.stringContaining('PAT, ManagedIdentity, UsernamePassword') },
    ]);
    expect((await put('None')).status).toBe(200);
    expect((await arm.get(at('in-2022'), '2022-10-01')).body.properties).toMatchObject({ authType: 'None' });
    for (const later of ['2024-01-01-preview', '2026-09-01']) {
      expect((await arm.get(`${workspace}/connections`, later)).status).toBe(200);
    }
    const preview = { properties: { authType: 'ApiKey', category: 'AzureOpenAI', target: 'https://a.example' } };
    expect((await arm.send('PUT', at('preview'), { version: '2023-08-01-preview', body: preview })).status).toBe(200);
    const aad = { properties: { ...preview.properties, authType: 'AAD' } };
    expect((await arm.send('PUT', at('preview'), { version: '2023-08-01-preview', body: aad })).status).toBe(400);
    expect((await arm.send('PUT', at('preview'), { version: '2024-01-01-preview', body: aad })).status).toBe(200);
    expect((await arm.get(`${workspace}/connections`, '2020-01-01')).body.error.code).toBe('NoRegisteredProviderFound');
    expect((await arm.get(`${at('models-git')}/deployments`, version)).status).toBe(501);
  });
});

describe('rights', () => {
  test('reading is for readers, writing and secrets are actions of their own', async () => {
    const arm = await createArmClient();
    const limited = await arm.as(seededCredentials('limited'));
    expect((await limited.get(at('models-git'), version)).status).toBe(200);
    const refused = [
      [await put(limited, 'made', body('PAT')), 'write'],
      [await limited.send('DELETE', at('models-git'), { version }), 'delete'],
      [await secrets(limited, 'models-git'), 'listsecrets/action'],
    ] as const;
    for (const [answer, action] of refused) {
      expect(answer).toMatchObject({ status: 403, body: { error: { code: 'AuthorizationFailed' } } });
      expect(answer.body.error.message).toContain(
        `'Microsoft.MachineLearningServices/workspaces/connections/${action}'`,
      );
    }
  });

  test('a data scientist writes and does not see secrets; another role shows them', async () => {
    const arm = await createArmClient();
    const limited = await arm.as(seededCredentials('limited'));
    const grant = (name: string, roleId: string) =>
      arm.sandbox.placeObject('arm', 'roleAssignment', {
        name,
        roleId,
        scope: workspace,
        principalId: limited.objectId,
      });
    grant('9c1b9d0e-0000-4000-8000-00000000000a', 'f6c7c914-8db3-469d-8ca1-694a8f32e121');
    expect((await put(limited, 'made', body('PAT'))).status).toBe(200);
    expect((await secrets(limited, 'made')).status).toBe(403);
    grant('9c1b9d0e-0000-4000-8000-00000000000b', 'ea01e6af-a1c1-4350-9563-ad00f8c72ec5');
    expect((await secrets(limited, 'made')).body.properties.credentials).toEqual(marked.PAT);
  });

  test('locks count', async () => {
    const arm = await createArmClient();
    arm.sandbox.placeObject('arm', 'lock', { scope: workspace, name: 'frozen', level: 'ReadOnly' });
    const locked = { status: 409, body: { error: { code: 'ScopeLocked' } } };
    expect(await put(arm, 'made', body('PAT'))).toMatchObject(locked);
    expect(await arm.send('DELETE', at('models-git'), { version })).toMatchObject(locked);
    expect(await secrets(arm, 'models-git')).toMatchObject(locked);
    expect((await arm.get(at('models-git'), version)).status).toBe(200);
  });
});

test('connections that are placed or deployed keep their secrets to themselves as well', async () => {
  const arm = await createArmClient();
  const type = 'Microsoft.MachineLearningServices/workspaces/connections';
  arm.sandbox.placeObject('arm', 'resource', { id: at('placed'), name: 'placed', type, ...body('ApiKey') });
  const resource = { type, name: 'mlw-contoso-research/deployed', apiVersion: version, ...body('PAT') };
  const deployment = `${production}/resourceGroups/rg-contoso-ml/providers/Microsoft.Resources/deployments/d`;
  arm.sandbox.placeObject('arm', 'operationStyle', { match: 'PUT *', style: 'sync' });
  const deployed = await arm.put(deployment, '2025-04-01', {
    properties: { mode: 'Incremental', template: { resources: [resource] } },
  });
  expect(deployed.status).toBe(200);
  for (const name of ['placed', 'deployed']) {
    const answer = await arm.get(at(name), version);
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('MARKED');
    expect((await secrets(arm, name)).text).toContain('MARKED');
  }
  const query = { query: 'resources | where name in ("placed", "deployed")' };
  const rows = await arm.send('POST', '/providers/Microsoft.ResourceGraph/resources', {
    version: '2024-04-01',
    body: query,
  });
  expect(rows.body.data).toEqual([]);
});
