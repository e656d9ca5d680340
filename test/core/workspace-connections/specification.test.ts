import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RecordedExchange, recordExchanges } from '../../support/recorded-exchanges.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { failureBody, operations, requestBody } from '../../support/workspace-connection-schema.ts';
import {
  authTypes,
  create,
  everyCredential,
  mark,
  propertiesOf,
  storedProperties,
  workspace,
} from '../../support/workspace-connections.ts';

let tools: SandboxTools;
let exchanges: readonly RecordedExchange[];

beforeEach(async () => {
  const recorder = recordExchanges((url) => url.includes('/connections'));
  exchanges = recorder.exchanges;
  tools = await openSandboxTools({ frozenClock: true, watch: recorder.watch });
});
afterEach(() => tools.close());

const list = (input: object = {}) => tools.call('list_workspace_connections', { ...workspace, ...input });
const remove = (name: string) => tools.call('delete_workspace_connection', { ...workspace, connection_name: name });

/** What is wrong with an exchange, in words; empty when it is valid. */
function violations({ method, url, requestBody: sent, status, responseBody }: RecordedExchange): string[] {
  const { pathname, searchParams } = new URL(url);
  const operation = operations.find((one) => one.method === method && one.path.test(pathname));
  if (operation === undefined) return [`${method} ${pathname}: there is no such operation`];
  const found: string[] = [];
  if (searchParams.get('api-version') !== '2024-04-01') found.push('api-version');
  for (const key of searchParams.keys()) if (!operation.query.includes(key)) found.push(`query ${key}`);
  const request = operation.request.safeParse(sent);
  if (!request.success) found.push(`request: ${request.error.message}`);
  const answer = (operation.answers[status] ?? failureBody).safeParse(responseBody);
  if (!answer.success) found.push(`answer ${status}: ${answer.error.message}`);
  if (!operation.name.includes('listsecrets') && JSON.stringify(responseBody ?? '').includes(mark)) {
    found.push('a secret in an answer');
  }
  return found.map((one) => `${operation.name}: ${one}`);
}

const everyMember = {
  category: 'AzureBlob',
  metadata: { AccountName: 'st', ContainerName: 'c' },
  expiryTime: '2027-01-31T00:00:00.5+02:00',
  isSharedToAll: true,
  sharedUserList: ['ada@contoso.example'],
};

test.each(authTypes)('requests and answers of %s are what the specification says', async (authType) => {
  await create(tools, 'bare', propertiesOf(authType));
  await create(tools, 'full', propertiesOf(authType, everyMember));
  await create(tools, 'full', propertiesOf(authType, everyMember));
  await create(tools, 'full', propertiesOf(authType, everyMember), { replace: true });
  await storedProperties(tools, 'full');
  await list({ connection_name: 'full' });
  await list({ category: 'AzureBlob', target: 'https://target.example/' });
  await remove('full');
  await remove('full');
  expect(exchanges.length).toBeGreaterThanOrEqual(13);
  expect(exchanges.flatMap(violations)).toEqual([]);
});

test('lists, and failures of the service, are what the specification says', async () => {
  await list();
  await list({ connection_name: 'nothing-here' });
  await create(tools, 'one', propertiesOf('PAT'), { workspace_name: 'mlw-nowhere' });
  expect(exchanges.map(({ status }) => status)).toContain(404);
  expect(exchanges.flatMap(violations)).toEqual([]);
});

/** Shapes of the examples that come with the specification, with values of our own. */
const examples: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  [
    'an access key in the category CustomKeys',
    {
      authType: 'AccessKey',
      category: 'CustomKeys',
      expiryTime: '2030-01-01T00:00:00Z',
      target: 'any text',
      metadata: {},
      credentials: { accessKeyId: 'some id', secretAccessKey: `${mark}-some-secret` },
    },
  ],
  ['a registry without sign-in', { authType: 'None', category: 'ContainerRegistry', target: 'www.contoso.example' }],
  [
    'a registry with a token',
    {
      authType: 'PAT',
      category: 'ContainerRegistry',
      target: 'www.contoso.example',
      credentials: { pat: `${mark}-pat` },
    },
  ],
  [
    'a feed with user and password',
    {
      authType: 'UsernamePassword',
      category: 'PythonFeed',
      target: 'https://feed.example/simple',
      credentials: { username: 'ada', password: `${mark}-password` },
    },
  ],
  [
    'a lake with an access key',
    {
      authType: 'AccessKey',
      category: 'ADLSGen2',
      target: 'https://st.dfs.core.windows.net/fs',
      credentials: { accessKeyId: 'id', secretAccessKey: `${mark}-some-secret` },
    },
  ],
  [
    'a speech service that names its region as target',
    {
      authType: 'ApiKey',
      category: 'CognitiveService',
      target: 'ServiceRegion=westeurope',
      metadata: { Kind: 'Speech', ApiType: 'Azure', ApiVersion: '2023-10-01', ResourceId: '/subscriptions/x' },
      credentials: { key: `${mark}-key` },
    },
  ],
];

test.each(examples)('%s is accepted and kept', async (_, properties) => {
  const { response, text } = await create(tools, 'example', properties);
  expect(response.status, text).toBe(201);
  expect(await storedProperties(tools, 'example')).toMatchObject(properties);
  expect(exchanges.flatMap(violations)).toEqual([]);
});

describe('this reading of the specification', () => {
  test.each(authTypes)('takes every credential of %s', (authType) => {
    expect(requestBody.safeParse({ properties: propertiesOf(authType) }).success).toBe(true);
  });

  test.each([
    ['another auth type', { authType: 'Basic' }],
    ['no auth type', {}],
    ['a stranger in a closed variant', { authType: 'PAT', tags: {} }],
    ['a stranger in closed credentials', { authType: 'SAS', credentials: { sas: 'x', key: 'y' } }],
    ['the sas of an account key', { authType: 'AccountKey', credentials: { sas: 'x' } }],
    ['credentials of None', { authType: 'None', credentials: {} }],
    ['a number as secret', { authType: 'ApiKey', credentials: { key: 7 } }],
    ['metadata of numbers', { authType: 'AAD', metadata: { a: 1 } }],
    ['a client id that is no GUID', { authType: 'OAuth2', credentials: { clientId: 'x' } }],
    ['a date without time', { authType: 'AAD', expiryTime: '2027-01-31' }],
    ['what only the service writes', { authType: 'PAT', group: 'Azure' }],
  ])('refuses %s', (_, properties) => {
    expect(requestBody.safeParse({ properties }).success).toBe(false);
  });

  test('notices a secret in an answer', () => {
    const url = `https://x/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/abc/connections/one?api-version=2024-04-01`;
    const properties = { authType: 'ApiKey', credentials: everyCredential['ApiKey'] };
    const type = 'Microsoft.MachineLearningServices/workspaces/connections';
    const responseBody = { id: '/subscriptions/s', name: 'one', type, properties };
    const exchange = { method: 'GET', url, requestBody: undefined, status: 200, responseHeaders: {}, responseBody };
    expect(violations(exchange)).toEqual(['GET connections/{name}: a secret in an answer']);
  });
});
