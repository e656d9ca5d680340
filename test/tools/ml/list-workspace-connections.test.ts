import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { create, foundryId, propertiesOf, workspace, workspaceId } from '../../support/workspace-connections.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterEach(() => tools.close());

const list = (input: object = {}) => tools.call('list_workspace_connections', { ...workspace, ...input });
const remove = (name: string, input: object = {}) =>
  tools.call('delete_workspace_connection', { ...workspace, connection_name: name, ...input });
const namesIn = ({ response }: Answer): string[] => response.data.value.map(({ name }: { name: string }) => name);
const writes = () => tools.armRequests().filter((line) => !line.startsWith('GET '));

describe('list_workspace_connections', () => {
  test('shows all of a workspace, each with an address that works', async () => {
    const { response, meta } = await list();
    expect(namesIn({ response } as Answer)).toHaveLength(8);
    expect(meta).toMatchObject({ count: 8, complete: true });
    for (const { id, name } of response.data.value) expect(id).toBe(`${workspaceId(tools)}/connections/${name}`);
  });

  test('filters are sent as they are, and a category that nobody knows is told', async () => {
    expect(namesIn(await list({ category: 'Git' }))).toEqual(['models-git']);
    expect(namesIn(await list({ target: 'https://tools.contoso.example' }))).toEqual(['search-tools']);
    expect(tools.armRequests().at(-1)).toContain('target=https%3A%2F%2Ftools.contoso.example');
    const { response, meta } = await list({ category: 'AzureOpenAi' });
    expect(response.data.value).toEqual([]);
    expect(meta.notes).toEqual(['The category AzureOpenAi is not among the known ones. Did you mean AzureOpenAI?']);
  });

  test('one by its name, or the names that exist', async () => {
    const { response } = await list({ connection_name: 'models-git' });
    expect(response.data.value).toMatchObject([
      { name: 'models-git', properties: { authType: 'PAT', category: 'Git' } },
    ]);
    const missing = await list({ connection_name: 'model-git' });
    expect(missing.response.error).toMatchObject({
      code: 'not_found',
      hint: expect.stringMatching(/^Did you mean `models-git`\? Its connections: /),
    });
  });

  test('what is longer than an answer goes on with the cursor', async () => {
    await tools.close();
    tools = await openSandboxTools({ frozenClock: true, maxResultBytes: 6_000 });
    for (let index = 0; index < 30; index++) await create(tools, `many-${index}`, propertiesOf('PAT'));
    const seen = new Set<string>();
    let answer = await list();
    for (;;) {
      for (const name of namesIn(answer)) seen.add(name);
      if (answer.meta.cursor === undefined) break;
      answer = await list({ cursor: answer.meta.cursor });
    }
    expect(seen.size).toBe(38);
    const first = await list();
    const wrong = await list({ cursor: first.meta.cursor, category: 'Git' });
    expect(wrong.response.error.code).toBe('invalid_argument');
  });

  test('pages that were left at the service are read on from there', async () => {
    await tools.close();
    tools = await openSandboxTools({ frozenClock: true, settings: { max_pages: 1 } });
    tools.sandbox.placeObject('arm', 'paging', { match: 'GET *connections', page_size: 3 });
    const first = await list();
    expect(first.meta).toMatchObject({ count: 3, complete: false });
    const second = await list({ cursor: first.meta.cursor });
    const third = await list({ cursor: second.meta.cursor });
    expect(third.meta).toMatchObject({ count: 2, complete: true });
    expect(new Set([first, second, third].flatMap(namesIn)).size).toBe(8);
    for (const { id, name } of second.response.data.value) expect(id).toBe(`${workspaceId(tools)}/connections/${name}`);
  });

  test('one that does not match the filters is left out', async () => {
    expect(namesIn(await list({ connection_name: 'models-git', category: 'Git' }))).toEqual(['models-git']);
    expect(namesIn(await list({ connection_name: 'models-git', category: 'Serp' }))).toEqual([]);
    expect(namesIn(await list({ connection_name: 'models-git', target: 'https://else.example' }))).toEqual([]);
  });

  test('connections that a hub shares with all show in its project, and cannot be removed there', async () => {
    const projects = await listWorkspaces('Project');
    const [project = ''] = projects;
    const inProject = await list({ workspace_name: project });
    expect(namesIn(inProject)).toEqual(expect.arrayContaining(['openai-shared', 'assist-feed']));
    expect(namesIn(inProject)).not.toContain('serp-operators');
    const [hub = ''] = await listWorkspaces('Hub');
    await create(tools, 'shared-now', propertiesOf('PAT', { isSharedToAll: true }), { workspace_name: hub });
    expect(namesIn(await list({ workspace_name: project }))).toContain('shared-now');
    const { response } = await remove('shared-now', { workspace_name: project });
    expect(response.error.message).toContain('shared');
  });
});

describe('delete_workspace_connection', () => {
  test('answers what it was, and it is gone', async () => {
    const { response } = await remove('models-git');
    expect(response).toMatchObject({
      status: 200,
      data: { deleted: { name: 'models-git', properties: { category: 'Git', authType: 'PAT' } } },
    });
    expect(namesIn(await list())).not.toContain('models-git');
  });

  test('a name that does not exist is not found, with the nearest, and nothing is deleted', async () => {
    const { response } = await remove('models-gti');
    expect(response.error).toMatchObject({ code: 'not_found', hint: expect.stringContaining('`models-git`') });
    expect(writes()).toEqual([]);
  });
});

describe('parents', () => {
  test('a workspace of another subscription', async () => {
    const subscription_id = '9c1b9d0e-0000-4000-8000-000000000001';
    const { response } = await list({ subscription_id });
    expect(response.success).toBe(false);
    expect(tools.armRequests()[0]).toContain(`/subscriptions/${subscription_id}/resourceGroups/rg-contoso-ml/`);
  });

  test('a workspace by its resource id', async () => {
    const parent = workspaceId(tools);
    const { response } = await tools.call('list_workspace_connections', { parent });
    expect(response.data.value).toHaveLength(8);
  });

  test('accounts and projects of Azure AI Foundry, with their own api-version', async () => {
    const [account = '', project = ''] = await foundryNames();
    for (const parent of [foundryId(tools, account), foundryId(tools, account, project)]) {
      tools.forget();
      const made = await tools.call('create_workspace_connection', {
        parent,
        connection_name: 'insights',
        properties: propertiesOf('ApiKey', { category: 'AppInsights', useWorkspaceManagedIdentity: true }),
      });
      expect(made.response).toMatchObject({ status: 201, data: { id: `${parent}/connections/insights` } });
      expect(made.meta.notes.join()).not.toContain('AppInsights');
      const listed = await tools.call('list_workspace_connections', { parent });
      expect(namesIn(listed)).toContain('insights');
      expect(listed.response.data.value[0].id).toContain(`${parent}/connections/`);
      const removed = await tools.call('delete_workspace_connection', { parent, connection_name: 'insights' });
      expect(removed.response.success).toBe(true);
      for (const line of tools.armRequests()) expect(line).toContain('api-version=2025-06-01');
    }
  });

  test('a connection that is limited to a workspace needs no names', async () => {
    await tools.close();
    const sandbox = await openSandboxTools({ frozenClock: true });
    const { subscriptionId } = sandbox.sandbox.credentials;
    await sandbox.close();
    tools = await openSandboxTools({
      frozenClock: true,
      scopeLevel: 'ml_workspace',
      identity: { subscription_id: subscriptionId, ...workspace },
    });
    expect((await tools.call('list_workspace_connections')).response.data.value).toHaveLength(8);
    const hub = await tools.call('list_workspace_connections', { workspace_name: 'mlw-nowhere' });
    expect(hub.response.error.code).toBe('not_found');
  });
});

async function listWorkspaces(kind: string): Promise<string[]> {
  const path = 'resourceGroups/rg-contoso-ml/providers/Microsoft.MachineLearningServices/workspaces';
  const { response } = await tools.call('arm_query', { path });
  const found: { name: string; kind?: string }[] = response.data.value;
  return found.filter((one) => one.kind === kind).map(({ name }) => name);
}

async function foundryNames(): Promise<[string, string]> {
  const accounts = 'resourceGroups/rg-contoso-ml/providers/Microsoft.CognitiveServices/accounts';
  const { response } = await tools.call('arm_query', { path: accounts });
  const account = response.data.value.find((one: { kind: string }) => one.kind === 'AIServices').name;
  const projects = await tools.call('arm_query', { path: `${accounts}/${account}/projects` });
  return [account, projects.response.data.value[0].name.split('/').at(-1)];
}
