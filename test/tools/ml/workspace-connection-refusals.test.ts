import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { create, guid, mark, propertiesOf, workspace } from '../../support/workspace-connections.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterAll(() => tools.close());

type Fields = Readonly<Record<string, unknown>>;
type Row = readonly [title: string, properties: unknown, field: string, valid: RegExp, nearest?: string];

const secret = `${mark}-literal`;
const common = { category: 'GenericRest', target: 'https://target.example/' };
const made = (authType: string, credentials?: unknown, more: Fields = {}) => ({
  authType,
  ...common,
  ...(credentials === undefined ? {} : { credentials }),
  ...more,
});
const good = (authType: string, more: Fields) => propertiesOf(authType, more);
const oauth = (category: string, more: Fields = {}) =>
  made('OAuth2', { clientId: guid, clientSecret: secret, ...more }, { category });

const at = (name: string) => `properties.${name}`;
const inside = (name: string) => `properties.credentials.${name}`;

const allAuthTypes =
  /^PAT, ManagedIdentity, UsernamePassword, None, SAS, AccountKey, ServicePrincipal, AccessKey, ApiKey, CustomKeys, OAuth2, AAD$/;
const asReference = /\{"secret":"name"\}, \{"env":"TENANTRY_SECRET_…"\}/;

const discriminator: readonly Row[] = [
  ['no authType', common, at('authType'), allAuthTypes],
  ['another case', made('apikey'), at('authType'), allAuthTypes, 'ApiKey'],
  ['a slip', made('Pat1'), at('authType'), allAuthTypes, 'PAT'],
  ['an underscore', made('service_principal'), at('authType'), allAuthTypes, 'ServicePrincipal'],
  ['a word of another product', made('Certificate'), at('authType'), allAuthTypes],
  ['a longer name', made('ManagedServiceIdentity'), at('authType'), allAuthTypes, 'ManagedIdentity'],
  ['a plural', made('AccountKeys'), at('authType'), allAuthTypes, 'AccountKey'],
  ['the name of a prototype', made('constructor'), at('authType'), allAuthTypes],
  ['a number', { ...common, authType: 7 }, at('authType'), allAuthTypes],
  ['an array', { ...common, authType: ['PAT'] }, at('authType'), allAuthTypes],
  ['another spelling of the member', { ...common, AuthType: 'PAT' }, at('authType'), allAuthTypes, 'authType'],
  ['null', { ...common, authType: null }, at('authType'), allAuthTypes],
];

const commonMembers: readonly Row[] = [
  ['no category', { ...good('PAT', {}), category: undefined }, at('category'), /AzureOpenAI/],
  ['a category in another case', good('PAT', { category: 'AzureOpenAi' }), at('category'), /arm_write/, 'AzureOpenAI'],
  ['a misspelt category', good('PAT', { category: 'CogntiveSearch' }), at('category'), /arm_write/, 'CognitiveSearch'],
  ['a misspelt category of later', good('PAT', { category: 'RemoteTools' }), at('category'), /arm_write/, 'RemoteTool'],
  ['an auth type of AI Foundry', made('ProjectManagedIdentity'), at('authType'), allAuthTypes],
  ['a category that is no text', good('PAT', { category: 5 }), at('category'), /AzureOpenAI/],
  ['an empty category', good('PAT', { category: ' ' }), at('category'), /AzureOpenAI/],
  ['a category with a line break', good('PAT', { category: 'Git\nHub' }), at('category'), /AzureOpenAI/],
  [
    'a misspelt member',
    { ...good('PAT', {}), category: undefined, categroy: 'Git' },
    at('category'),
    /AzureOpenAI/,
    'category',
  ],
  ['a target that is no text', good('PAT', { target: { url: 'x' } }), at('target'), /pass a text/],
  ['an empty target', good('PAT', { target: '' }), at('target'), /pass a text/],
  ['metadata with a number', good('PAT', { metadata: { a: 1 } }), at('metadata.a'), /write 1 as "1"/],
  ['metadata with a boolean', good('ApiKey', { metadata: { a: true } }), at('metadata.a'), /pass a text/],
  ['metadata with an object', good('AAD', { metadata: { a: {} } }), at('metadata.a'), /pass a text/],
  ['metadata with a list', good('SAS', { metadata: { a: ['x'] } }), at('metadata.a'), /pass a text/],
  ['metadata with a null', good('PAT', { metadata: { a: null } }), at('metadata.a'), /pass a text/],
  ['metadata as a list', good('PAT', { metadata: ['a'] }), at('metadata'), /an object of texts/],
  ['metadata as a text', good('PAT', { metadata: 'a: 1' }), at('metadata'), /an object of texts/],
  ['a date without time', good('PAT', { expiryTime: '2027-01-31' }), at('expiryTime'), /2027-01-31T00:00:00Z/],
  [
    'a time without offset',
    good('PAT', { expiryTime: '2027-01-31T00:00:00' }),
    at('expiryTime'),
    /2027-01-31T00:00:00Z/,
  ],
  ['a day that does not exist', good('PAT', { expiryTime: '2027-02-30T00:00:00Z' }), at('expiryTime'), /2027-01-31T/],
  ['an hour that does not exist', good('PAT', { expiryTime: '2027-02-03T24:00:00Z' }), at('expiryTime'), /2027-01-31T/],
  ['a number as time', good('PAT', { expiryTime: 1_800_000_000 }), at('expiryTime'), /2027-01-31T/],
  ['words as time', good('PAT', { expiryTime: 'next week' }), at('expiryTime'), /2027-01-31T/],
  ['sharing as text', good('PAT', { isSharedToAll: 'everybody' }), at('isSharedToAll'), /true or false/],
  ['users as text', good('PAT', { sharedUserList: 'ada' }), at('sharedUserList'), /a list of users/],
  ['users that are no texts', good('PAT', { sharedUserList: ['ada', 7] }), at('sharedUserList.1'), /a text/],
];

const otherMembers: readonly Row[] = [
  ['a legacy value', good('PAT', { value: secret }), at('value'), /use credentials/, 'credentials'],
  ['a legacy format', good('ApiKey', { valueFormat: 'JSON' }), at('valueFormat'), /use credentials/, 'credentials'],
  ['a stranger in a closed variant', good('PAT', { tags: {} }), at('tags'), /isSharedToAll/],
  [
    'a slip in a closed variant',
    good('SAS', { isSharedToAl: true }),
    at('isSharedToAl'),
    /isSharedToAll/,
    'isSharedToAll',
  ],
  ['a slip in an open variant', good('ApiKey', { Metadata: {} }), at('Metadata'), /metadata/, 'metadata'],
  ['snake case in a closed variant', good('None', { expiry_time: 'x' }), at('expiry_time'), /expiryTime/, 'expiryTime'],
  [
    'a member of a later version',
    good('UsernamePassword', { peRequirement: 'Required' }),
    at('peRequirement'),
    /target/,
  ],
  [
    'a later switch',
    good('ManagedIdentity', { useWorkspaceManagedIdentity: true }),
    at('useWorkspaceManagedIdentity'),
    /target/,
  ],
  [
    'a secret outside credentials',
    { ...good('ApiKey', {}), key: secret },
    at('key'),
    /properties\.credentials\.key/,
    'credentials.key',
  ],
  [
    'an identifier outside credentials',
    { ...good('AAD', {}), clientId: guid },
    at('clientId'),
    /properties\.credentials\.clientId/,
    'credentials.clientId',
  ],
];

const closedCredentials: readonly Row[] = [
  ['PAT with a token', made('PAT', { token: secret }), inside('pat'), asReference, 'pat'],
  ['PAT with one more', made('PAT', { pat: secret, username: 'ada' }), inside('username'), /^pat$/, 'pat'],
  ['SAS with a key', made('SAS', { sas: secret, key: secret }), inside('key'), /^sas$/, 'sas'],
  [
    'AccountKey with the sas of the first print',
    made('AccountKey', { key: secret, sas: secret }),
    inside('sas'),
    /^key$/,
    'key',
  ],
  ['AccountKey with sas alone', made('AccountKey', { sas: secret }), inside('key'), asReference, 'key'],
  [
    'UsernamePassword with a slip',
    made('UsernamePassword', { username: 'a', password: secret, securitytoken: secret }),
    inside('securitytoken'),
    /securityToken/,
    'securityToken',
  ],
  [
    'UsernamePassword with userName',
    made('UsernamePassword', { userName: 'a', password: secret }),
    inside('username'),
    /as text|its text/,
    'username',
  ],
  [
    'ManagedIdentity with a stranger',
    made('ManagedIdentity', { principalId: guid }),
    inside('principalId'),
    /clientId, resourceId/,
  ],
  [
    'ManagedIdentity with a secret',
    made('ManagedIdentity', { clientId: guid, resourceId: '/x', clientSecret: secret }),
    inside('clientSecret'),
    /clientId, resourceId/,
  ],
  ['None with credentials', made('None', { pat: secret }), at('credentials'), /^$/],
  ['AAD with credentials', made('AAD', { clientId: guid }), at('credentials'), /^$/],
  ['None with empty credentials', made('None', {}), at('credentials'), /^$/],
];

const missing: readonly Row[] = [
  ['PAT', made('PAT'), inside('pat'), asReference],
  ['SAS', made('SAS', {}), inside('sas'), asReference],
  ['AccountKey', made('AccountKey', null), inside('key'), asReference],
  ['ApiKey', made('ApiKey', { key: null }), inside('key'), asReference],
  ['ApiKey by another name', made('ApiKey', { apiKey: secret }), inside('key'), asReference, 'key'],
  ['UsernamePassword without password', made('UsernamePassword', { username: 'a' }), inside('password'), asReference],
  ['UsernamePassword without username', made('UsernamePassword', { password: secret }), inside('username'), /its text/],
  ['ManagedIdentity without resourceId', made('ManagedIdentity', { clientId: guid }), inside('resourceId'), /its text/],
  ['ManagedIdentity without clientId', made('ManagedIdentity', { resourceId: '/x' }), inside('clientId'), /its text/],
  [
    'ServicePrincipal without tenantId',
    made('ServicePrincipal', { clientId: guid, clientSecret: secret }),
    inside('tenantId'),
    /its text/,
  ],
  [
    'ServicePrincipal in snake case',
    made('ServicePrincipal', { clientId: guid, client_secret: secret, tenantId: guid }),
    inside('clientSecret'),
    asReference,
    'clientSecret',
  ],
  ['AccessKey without secret', made('AccessKey', { accessKeyId: 'AKIA' }), inside('secretAccessKey'), asReference],
  ['AccessKey without id', made('AccessKey', { secretAccessKey: secret }), inside('accessKeyId'), /its text/],
  ['CustomKeys without keys', made('CustomKeys', { myKey: secret }), inside('keys'), /below keys/, 'keys'],
  ['OAuth2 without clientId', made('OAuth2', { clientSecret: secret }), inside('clientId'), /GUID/],
  ['OAuth2 without clientSecret', made('OAuth2', { clientId: guid }), inside('clientSecret'), asReference],
  ['OAuth2 of Concur', oauth('Concur', { username: 'a', password: secret }), inside('authUrl'), /https address/],
  ['OAuth2 of ServiceNow', oauth('ServiceNow', { username: 'a' }), inside('password'), asReference],
  ['OAuth2 of GoogleAdWords', oauth('GoogleAdWords', { refreshToken: secret }), inside('developerToken'), asReference],
  ['OAuth2 of QuickBooks', oauth('QuickBooks', { refreshToken: secret }), inside('tenantId'), /its text/],
  ...['GoogleBigQuery', 'Hubspot', 'Square', 'Zoho'].map(
    (category): Row => [`OAuth2 of ${category}`, oauth(category), inside('refreshToken'), asReference],
  ),
  ['OAuth2 of Xero', oauth('Xero', { tenantId: 't' }), inside('refreshToken'), asReference],
];

const values: readonly Row[] = [
  ['credentials as text', made('ApiKey', secret), at('credentials'), /an object with key/],
  ['credentials as list', made('PAT', [secret]), at('credentials'), /an object with pat/],
  ['a secret as number', made('PAT', { pat: 12345678 }), inside('pat'), asReference],
  ['an empty secret', made('PAT', { pat: '   ' }), inside('pat'), asReference],
  ['a reference that does not exist', made('PAT', { pat: { envv: 'NAME' } }), inside('pat'), asReference, 'env'],
  ['a reference of two forms', made('PAT', { pat: { env: 'A', file: '/b' } }), inside('pat'), asReference],
  ['a reference to nothing', made('PAT', { pat: { env: '' } }), inside('pat'), asReference],
  ['a reference to a number', made('PAT', { pat: { file: 3 } }), inside('pat'), asReference],
  ['a prompt that is not true', made('PAT', { pat: { prompt: 'yes' } }), inside('pat'), asReference],
  [
    'a secret where an identifier belongs',
    made('ServicePrincipal', { clientId: { env: 'X' }, clientSecret: secret, tenantId: guid }),
    inside('clientId'),
    /as text/,
  ],
  [
    'an identifier as number',
    made('AccessKey', { accessKeyId: 5, secretAccessKey: secret }),
    inside('accessKeyId'),
    /as text/,
  ],
  [
    'an OAuth2 client that is no GUID',
    made('OAuth2', { clientId: 'app', clientSecret: secret }),
    inside('clientId'),
    /GUID such as/,
  ],
  [
    'an authUrl that is no address',
    made('OAuth2', { clientId: guid, clientSecret: secret, authUrl: 'login' }),
    inside('authUrl'),
    /https:\/\//,
  ],
  [
    'an authUrl of another scheme',
    made('OAuth2', { clientId: guid, clientSecret: secret, authUrl: 'ftp://x/y' }),
    inside('authUrl'),
    /https:\/\//,
  ],
  ['keys as text', made('CustomKeys', { keys: secret }), inside('keys'), /names and secrets/],
  ['keys as list', made('CustomKeys', { keys: [secret] }), inside('keys'), /names and secrets/],
  ['no keys', made('CustomKeys', { keys: {} }), inside('keys'), /names and secrets/],
  ['a key that is a number', made('CustomKeys', { keys: { a: 1 } }), inside('keys.a'), asReference],
  ['a key that is empty', made('CustomKeys', { keys: { a: '' } }), inside('keys.a'), asReference],
  [
    'a key with a wrong reference',
    made('CustomKeys', { keys: { a: { fil: '/x' } } }),
    inside('keys.a'),
    asReference,
    'file',
  ],
];

const tables: readonly (readonly [string, readonly Row[]])[] = [
  ['the discriminator', discriminator],
  ['common members', commonMembers],
  ['other members', otherMembers],
  ['credentials of closed variants', closedCredentials],
  ['what is missing', missing],
  ['values of credentials', values],
];

describe.each(tables)('%s', (_, rows) => {
  test.each(rows.map((row) => ({ title: row[0], row })))('refused before any request: $title', async ({ row }) => {
    const [, properties, field, valid, nearest] = row;
    tools.forget();
    const { response, text } = await create(tools, 'made', properties);
    expect(response.error, text).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(field) });
    const problems: { field: string; valid: string | string[]; nearest?: string }[] = response.error.detail.problems;
    const problem = problems.find((one) => one.field === field);
    expect([problem?.valid].flat().join(', ')).toMatch(valid);
    expect(problem?.nearest).toBe(nearest);
    if (nearest !== undefined) expect(response.error.message).toContain(`Did you mean ${nearest}?`);
    expect(response.error.hint.length).toBeGreaterThan(10);
    expect(text).not.toContain(mark);
    expect(tools.seen()).toEqual([]);
  });
});

test('one answer tells everything that is wrong', async () => {
  const properties = { authType: 'PAT', metadata: { a: 1 }, expiryTime: 'soon', credentials: { token: secret } };
  const { response } = await create(tools, 'made', properties);
  expect(response.error.message).toBe(
    'properties.category is missing. properties.metadata.a is a number, not a text. ' +
      'properties.expiryTime is not a date and time. ' +
      'properties.credentials.pat is missing: authType PAT needs it, and token is not its name. Did you mean pat? ' +
      'properties.credentials.token is no member of the credentials of PAT. Did you mean pat?',
  );
});

test('names that may be secrets are not repeated', async () => {
  const strange = `${mark}/x`;
  const { text, isError } = await create(tools, 'made', made('PAT', { pat: secret, [strange]: 'x' }));
  expect(isError).toBe(true);
  expect(text).not.toContain(mark);
});

const id = (rest: string) => `/subscriptions/${guid}/resourceGroups/rg/providers/${rest}`;
const ml = 'Microsoft.MachineLearningServices/workspaces';
const ai = 'Microsoft.CognitiveServices/accounts';

describe('names and parents', () => {
  test.each([
    ['a short name', { connection_name: 'ab' }, 'connection_name', '3 to 33 letters'],
    ['a long name', { connection_name: 'a'.repeat(34) }, 'connection_name', '3 to 33 letters'],
    ['a name with a dot', { connection_name: 'a.bc' }, 'connection_name', '3 to 33 letters'],
    ['a name that begins with _', { connection_name: '_abc' }, 'connection_name', '3 to 33 letters'],
    ['a name that climbs', { connection_name: '../../x' }, 'connection_name', '3 to 33 letters'],
    ['a name with a query', { connection_name: 'abc?x=1' }, 'connection_name', '3 to 33 letters'],
    ['a name with a line break', { connection_name: 'abc\n' }, 'connection_name', '3 to 33 letters'],
    ['a workspace with a space', { workspace_name: 'my ws' }, 'workspace_name', '3 to 33 letters'],
    ['a workspace with a slash', { workspace_name: 'ws/../x' }, 'workspace_name', '3 to 33 letters'],
    ['a group that ends with a period', { resource_group: 'rg.' }, 'resource_group', 'not ending with a period'],
    ['a group with a slash', { resource_group: 'a/b' }, 'resource_group', '1 to 90 letters'],
    ['a subscription that is no GUID', { subscription_id: 'prod' }, 'subscription_id', 'GUID'],
    ['both forms', { parent: id(`${ml}/abc`) }, 'resource_group', 'the one in the resource id'],
    ['an unknown argument', { replaced: true }, 'replaced', 'replace'],
  ])('%s is refused before any request', async (_, input, field, valid) => {
    tools.forget();
    const { response } = await create(tools, 'made', propertiesOf('PAT'), input);
    expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(field) });
    expect(`${response.error.message} ${response.error.hint}`).toContain(valid);
    expect(tools.seen()).toEqual([]);
  });

  test.each([
    ['nothing', undefined, 'resource_group: missing'],
    ['another resource', id('Microsoft.Storage/storageAccounts/x'), 'is not that of a workspace'],
    ['a connection', id(`${ml}/abc/connections/one`), 'is that of a connection'],
    ['a group', `/subscriptions/${guid}/resourceGroups/rg`, 'is not that of a workspace'],
    ['an address', `https://evil.example${id(`${ml}/abc`)}`, 'is not one of the cloud of the connection'],
    ['a subscription by name', id(`${ml}/abc`).replace(guid, 'prod'), 'the subscription is not valid'],
    [
      'a workspace name with a space',
      id(`${ml}/a%20b`),
      'the workspace name is not valid: the character "%" at position 2 is not allowed',
    ],
    ['an account that climbs', id(`${ai}/..`), 'the account name is not valid'],
    ['a project with a query', id(`${ai}/acc/projects/p?x=1`), 'the project name is not valid'],
    ['a project without account', id(`${ai}/projects/p1`), 'is not that of a workspace'],
  ])('%s as parent is refused before any request', async (_, parent, message) => {
    tools.forget();
    for (const tool of ['list_workspace_connections', 'delete_workspace_connection', 'create_workspace_connection']) {
      const name = tool.startsWith('list') ? {} : { connection_name: 'made' };
      const properties = tool.startsWith('create') ? { properties: propertiesOf('PAT') } : {};
      const { response } = await tools.call(tool, {
        ...name,
        ...properties,
        ...(parent === undefined ? {} : { parent }),
      });
      expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(message) });
    }
    expect(tools.seen()).toEqual([]);
  });

  test.each([
    ['an environment variable', { env: 'TENANTRY_SECRET_A' }, 'refused'],
    ['a file', { file: 'secret.txt' }, 'refused'],
    ['a name that nobody has', { secret: 'nothing' }, 'refused'],
    ['the last rotation', { previous: true }, 'invalid_argument'],
    ['a person', { prompt: true }, 'unsupported'],
    ['a place that is none', { vault: 'https://kv.example/secrets/x' }, 'invalid_argument'],
  ])('a secret from %s fails before any request', async (_, pat, code) => {
    tools.forget();
    const { response } = await create(tools, 'made', made('PAT', { pat }));
    expect(response.error).toMatchObject({ code });
    expect(tools.seen()).toEqual([]);
  });

  test('properties that are no object are refused', async () => {
    for (const properties of [undefined, 'text', ['PAT'], 7]) {
      const { response } = await tools.call('create_workspace_connection', {
        ...workspace,
        connection_name: 'made',
        properties,
      });
      expect(response.error).toMatchObject({
        code: 'invalid_argument',
        message: expect.stringContaining('properties'),
      });
    }
  });
});
