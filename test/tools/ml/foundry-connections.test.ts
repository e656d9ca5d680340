import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { foundryId, mark } from '../../support/workspace-connections.ts';

let tools: SandboxTools;
let parent: string;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true });
  parent = foundryId(tools, 'aif-contoso', 'assist');
});
afterEach(() => tools.close());

type Fields = Readonly<Record<string, unknown>>;

const create = (properties: Fields, more: Fields = {}) =>
  tools.call('create_workspace_connection', { parent, connection_name: 'made', properties, ...more });
const sent = () => tools.seen().findLast(({ method }) => method === 'PUT')?.body;

const tool = { category: 'RemoteTool', target: 'https://tools.example/mcp' };

describe('what is newer than the published shapes', () => {
  test.each([
    'DelegatedSAS',
    'ProjectManagedIdentity',
    'AccountManagedIdentity',
    'UserEntraToken',
    'AgentUserImpersonation',
    'AgenticIdentityToken',
    'AgenticUser',
    'UserTokenAndProjectManagedIdentity',
    'DeveloperConnection',
  ])('%s goes out as it is, with its audience, and with a note', async (authType) => {
    const properties = { ...tool, authType, audience: 'https://ai.azure.com', metadata: { type: 'custom_MCP' } };
    const { response, meta } = await create(properties);
    expect(response).toMatchObject({ success: true, data: { properties } });
    expect(sent()).toEqual({ properties });
    expect(meta.notes).toEqual([
      `Not in the published shapes, so sent as it is; the service decides: authType ${authType}, properties.audience.`,
    ]);
  });

  test('members that no shape has go out with a shaped auth type too, and the service decides', async () => {
    const closed = { ...tool, authType: 'None', connectorName: 'shop', scopes: ['read', 'write'] };
    const { response, meta } = await create(closed);
    expect(sent()).toEqual({ properties: closed });
    expect(meta.notes.join()).toContain('properties.connectorName, properties.scopes');
    expect(response.error).toMatchObject({ code: 'invalid_argument', upstream: { code: 'ValidationError' } });
    expect((await create({ ...closed, authType: 'AAD' })).response.success).toBe(true);
  });

  test('the client of a tool need not have a GUID', async () => {
    const credentials = { clientId: 'shop-agent', clientSecret: `${mark}-secret` };
    const { response } = await create({
      ...tool,
      authType: 'OAuth2',
      credentials,
      tokenUrl: 'https://login.example/t',
    });
    expect(response.success).toBe(true);
    expect(sent()).toMatchObject({ properties: { credentials: { clientId: 'shop-agent' } } });
  });

  test('an auth type and a category that nobody knows are left to the service, and its refusal is told', async () => {
    const { response, meta } = await create({
      category: 'Quantum',
      authType: 'Telepathy',
      target: 'https://q.example',
    });
    expect(response.error).toMatchObject({ code: 'invalid_argument', upstream: { code: 'ValidationError' } });
    expect(meta.notes.join('\n')).toMatch(/authType Telepathy[\s\S]*Quantum is not among the known ones/);
  });

  test('credentials without a shape are secrets, but for what identifies somebody', async () => {
    const credentials = { clientId: 'shop-agent', sessionId: `${mark}-session`, ring: { callbackUrl: `${mark}-deep` } };
    const { response, text } = await create({ ...tool, authType: 'DeveloperConnection', credentials });
    expect(response.success).toBe(true);
    const masked = { clientId: 'shop-agent', sessionId: '***', ring: { callbackUrl: '***' } };
    expect(sent()).toMatchObject({ properties: { credentials: masked } });
    expect(text).not.toContain(mark);
  });

  test('an identity takes the place of another one, and not of a secret', async () => {
    const identity = { ...tool, authType: 'ProjectManagedIdentity' };
    await create(identity);
    expect((await create({ ...tool, authType: 'UserEntraToken' }, { replace: true })).response.success).toBe(true);
    await create({ ...tool, authType: 'CustomKeys', credentials: { keys: { a: `${mark}-key` } } }, { replace: true });
    const { response } = await create(identity, { replace: true });
    expect(response.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('`CustomKeys`') });
  });
});

test('a tool may have a short name, or one with dots; a connection of a workspace may not', async () => {
  const named = { ...tool, authType: 'None' };
  for (const connection_name of ['ab', 'shop.tool.v2']) {
    expect((await create(named, { connection_name })).response.success).toBe(true);
    const { response } = await tools.call('delete_workspace_connection', { parent, connection_name });
    expect(response.success).toBe(true);
  }
  const { response } = await create(named, { connection_name: 'a/b' });
  expect(response.error).toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('connection_name'),
  });
});

test('an auth type of Foundry alone is named as that on a workspace', async () => {
  const { response } = await tools.call('create_workspace_connection', {
    resource_group: 'rg-contoso-ml',
    workspace_name: 'mlw-contoso-research',
    connection_name: 'made',
    properties: { ...tool, authType: 'ProjectManagedIdentity' },
  });
  expect(response.error.message).toBe('properties.authType is an auth type of Azure AI Foundry, not of ML workspaces.');
});

describe('slips are refused before any request', () => {
  test.each([
    [{ ...tool, authType: 'ProjectManagedIdentiy' }, 'ProjectManagedIdentity'],
    [{ ...tool, authType: 'apikey' }, 'ApiKey'],
    [{ ...tool, authType: 'None', category: 'RemoteTol' }, 'RemoteTool'],
    [{ ...tool, authType: 'None', category: 'GroundingWithBingSerach' }, 'GroundingWithBingSearch'],
    [{ ...tool, authType: 'None', isSharedToAl: true }, 'isSharedToAll'],
  ])('%j', async (properties, meant) => {
    const { response } = await create(properties);
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(`Did you mean ${meant}?`),
    });
    expect(tools.seen().filter(({ method }) => method === 'PUT')).toEqual([]);
  });
});

describe('secrets in members that nobody has published', () => {
  test.each([
    ['apiToken', { apiToken: `${mark}-token` }],
    ['headers.Authorization', { headers: { Authorization: `Bearer ${mark}`, 'x-functions-key': `${mark}-key` } }],
    ['sign_in.secret', { sign_in: [{ secret: `${mark}-secret`, passPhrase: `${mark}-phrase` }] }],
  ])('stay out of every answer: %s', async (_where, more) => {
    const made = await create({ ...tool, authType: 'DeveloperConnection', ...more });
    expect(made.response.success).toBe(true);
    const listed = await tools.call('list_workspace_connections', { parent });
    const read = await tools.call('arm_query', { path: `${parent}/connections/made`, api_version: '2025-06-01' });
    const found = await tools.call('arm_query', { path: `${parent}/connections`, api_version: '2025-06-01' });
    for (const { text, response } of [made, listed, read, found]) {
      expect(response.success).toBe(true);
      expect(text).toContain('[secret]');
      expect(text).not.toContain(mark);
    }
  });

  test('what only sounds like one stays readable', async () => {
    const open = { tokenUrl: 'https://login.example/t', keyName: 'first', tokenType: 'JWT', secretId: 'id-1' };
    const { response } = await create({ ...tool, authType: 'DeveloperConnection', ...open });
    expect(response.data.properties).toMatchObject(open);
  });

  test.each([
    ['auth.clientSecret', { auth: { clientSecret: `${mark}-one` } }],
    ['auth.steps.Password', { auth: { steps: [{ Password: `${mark}-two` }] } }],
    ['accessToken', { accessToken: `${mark}-three` }],
  ])('are refused where their name leaves no doubt: %s', async (where, more) => {
    const { response, text } = await create({ ...tool, authType: 'DeveloperConnection', ...more });
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: `properties.${where} stands outside credentials.`,
    });
    expect(text).not.toContain(mark);
    expect(tools.seen()).toEqual([]);
  });

  test.each([
    ['oauth', { oauth: { secret: 'shop' } }],
    ['steps', { steps: [{ token: { prompt: true } }] }],
    ['token', { token: '{"env":"TENANTRY_SECRET_SHOP"}' }],
    ['target', { target: '{"secret":"shop"}' }],
    ['metadata', { metadata: { apiKey: { secret: 'shop' } } }],
    ['metadata', { metadata: { apiKey: '{"secret":"shop"}' } }],
  ])('are read from nowhere: a reference in %s is refused, not sent as it is', async (where, more) => {
    const { response } = await create({ ...tool, authType: 'DeveloperConnection', ...more });
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: `properties.${where} holds a reference to a secret outside credentials.`,
      hint: expect.stringContaining('properties.credentials'),
    });
    expect(tools.seen()).toEqual([]);
  });
});
