import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FakeNamedSecrets, fakeNamedSecrets } from '../support/fake-named-secrets.ts';
import { createRewritingClient } from '../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { marker } from '../support/secret-answers.ts';

const service = createRewritingClient();
const secrets: FakeNamedSecrets = fakeNamedSecrets();
let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ watch: service.watch, namedSecrets: secrets });
});

afterEach(() => {
  service.rewrite = undefined;
});

afterAll(async () => {
  await tools.close();
});

function serve(body: unknown, contentType = 'application/json'): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  service.rewrite = ({ url }) =>
    /login|oauth2/.test(url) ? undefined : { status: 200, headers: { 'content-type': contentType }, body: text };
}

const json = JSON.stringify;
const secret = { clientSecret: marker };

test.each<[string, unknown, string?]>([
  ['JSON in a text', { id: '1', info: json(secret) }],
  ['JSON in JSON in a text', { id: '1', info: json({ inner: json(secret) }) }],
  ['JSON in a text, written with spaces', { id: '1', info: json(secret, null, 2) }],
  ['JSON in an item', { value: [{ id: '1', info: json([secret]) }] }],
  ['JSON that is cut off', { id: '1', info: json(secret).slice(0, -4) }],
  ['JSON with a quote and a backslash in the secret', { id: '1', info: json({ password: `a"b\\${marker}\\` }) }],
  ['JSON in odd casing', { id: '1', info: `{"CLIENTsecret" : "${marker}"}` }],
  ['text that is nearly JSON', `{"a":1,"clientSecret":"${marker}",}`, 'text/plain'],
  ['JSON behind a guard', `)]}',\n${json(secret)}`, 'text/plain'],
  ['JSON behind a byte order mark', `\ufeff${json(secret)}`, 'text/plain'],
  ['a line with a meeting', { id: '1', note: `https://zoom.us/j/1?pwd=abcdef then Password=${marker}` }],
  ['lines of JSON', `${json(secret)}\n${json(secret)}`, 'text/plain'],
  ['XML with a prefix', `<?xml version="1.0"?><a><d:clientSecret>${marker}</d:clientSecret></a>`, 'application/xml'],
  ['XML with an attribute', `<?xml version="1.0"?><a d:password="${marker}"/>`, 'application/xml'],
  ['XML with CDATA', `<a><password><![CDATA[${marker}]]></password></a>`, 'application/xml'],
  ['a bypass code in a list', { value: [{ id: '1', activationLockBypassCode: marker }] }],
  ['settings of a site', { properties: { siteConfig: { appSettings: [{ name: 'A', value: marker }] } } }],
])('%s shows no secret', async (_, body, contentType) => {
  serve(body, contentType);
  // Text is an answer below a provider; a resource is JSON.
  const below = contentType === 'text/plain' ? '/output' : '';
  for (const [tool, input] of [
    ['graph_query', { endpoint: '/reports/x' }],
    [
      'arm_query',
      { path: `/subscriptions/1/resourceGroups/r/providers/Microsoft.Web/sites/s${below}`, api_version: '2024-01-01' },
    ],
  ] as const) {
    // Environment and settings have their names in Resource Manager alone.
    if (tool === 'graph_query' && json(body).includes('appSettings')) continue;
    const { text, isError } = await tools.call(tool, input);
    expect(isError, text).toBe(false);
    expect(text).not.toContain(marker);
    expect(text).toContain('[secret]');
  }
});

test.each(['recoveryKeys?$select=id,key', '?$expand=recoveryKeys'])('recovery keys are masked in %s', async (path) => {
  serve({ value: [{ id: '1', key: marker }], recoveryKeys: [{ id: '1', key: marker }] });
  const { text } = await tools.call('graph_query', { endpoint: `/informationProtection/bitlocker/${path}` });
  expect(text).not.toContain(marker);
});

const spellings = [
  'listKeys;a=b',
  'listKeys.',
  'listKeys%2e',
  'listKeys%E2%80%8B',
  'listKeys\u200b',
  'LISTKEY%53',
  '\uff4cistKeys',
];
const unknown = [
  'getKeys',
  'fetchKey',
  'showSecrets',
  'newKey',
  'rotateKeys',
  'renewCredential',
  'createKey',
  'getCredentials',
  'getSecret',
].concat([
  'retrieveSecrets',
  'exportKeys',
  'listPasswords',
  'resetPassword',
  'listSecretsV2',
  'listKeysAsync',
  'listKubeconfig',
]);

test.each([...spellings, ...unknown])('an action %s hands out nothing', async (action) => {
  serve({ whatever: marker, keys: [{ keyName: 'key1', value: marker }] });
  const path = `/subscriptions/1/resourceGroups/r/providers/Contoso.X/things/t/${action}`;
  const { text } = await tools.call('arm_write', {
    method: 'POST',
    path,
    api_version: '2024-01-01',
    body: {},
    wait: false,
  });
  expect(text).toContain('[secret]');
  expect(text).not.toContain(marker);
});

test.each([
  'resources | project x = properties.clientSecret',
  "resources | project x = properties['clientSecret']",
  'resources | project x = properties["clientSecret"]',
  'resources | extend a = properties.ClientSecret | project x = reverse(a)',
  'resources | mv-expand x = properties.environmentVariables',
  'resources | project x = properties.template.containers[0].env',
])('a query that renames a secret gets no secret: %s', async (query) => {
  serve({
    totalRecords: 1,
    count: 1,
    resultTruncated: 'false',
    data: [{ id: '/subscriptions/1', name: 'vm1', x: marker }],
  });
  const { response } = await tools.call('resource_graph_query', { query });
  expect(response.data.value).toEqual([{ id: '/subscriptions/1', name: 'vm1', x: '[secret]' }]);
  serve({ count: 1, data: { columns: [{ name: 'x', type: 'string' }], rows: [[marker]] } });
  const path = '/providers/Microsoft.ResourceGraph/resources';
  const body = { query, options: { resultFormat: 'table' } };
  const { text } = await tools.call('arm_write', { method: 'POST', path, api_version: '2022-10-01', body });
  expect(text).not.toContain(marker);
});

test.each([
  "resources | where name contains 'password' | project id, x = tags.env",
  'resources | project id, x = properties.primaryKey, key1 = tags.key1',
])('an ordinary query is answered whole: %s', async (query) => {
  const row = { id: '/subscriptions/1', x: 'production', key1: 'a tag', primaryKey: 'tag' };
  serve({ totalRecords: 1, count: 1, resultTruncated: 'false', data: [row] });
  const { response } = await tools.call('resource_graph_query', { query });
  expect(response.data.value).toEqual([row]);
});

test('a batch does not tell where a file or a monitor opens without a token', async () => {
  const own = 'https://graph.sandbox.invalid/v1.0/teams/1/operations/2';
  const item = (id: string, status: number, location: string) => ({
    id,
    status,
    headers: { Location: location, ETag: 'x' },
  });
  serve({
    responses: [
      item('1', 302, `https://public.files.1drv.example/y4m/${marker}`),
      item('2', 202, `https://contoso.sharepoint.example/_api/v2.0/monitor/${marker}`),
      item('3', 202, own),
    ],
  });
  const requests = ['/me/drive/items/1/content', '/a', '/b'].map((url) => ({ url }));
  const { text, response } = await tools.call('graph_batch', { requests, continue_on_error: true });
  expect(text).not.toContain(marker);
  expect(response.data.responses[0].headers.location).toBe('https://public.files.1drv.example/[secret]');
  expect(response.data.responses[2].headers).toEqual({ location: own, etag: 'x' });
});

test('a schema, a template and a mail stay whole', async () => {
  const body = {
    id: '1',
    schema: json({ properties: { password: { type: 'string' }, clientSecret: null, connectionString: '' } }),
    body: { content: 'Set "password" to something: "long". <a href=\\"x\\">key: 1</a> C:\\dir "a":"b"' },
    template: json({
      adminPassword: "[parameters('adminPassword')]",
      password: '<your password>',
      clientSecret: '{{SECRET}}',
    }),
    invitation:
      'Join https://us02web.zoom.us/j/123?pwd=abcdefg123 or <a href="https://zoom.us/j/1?a=b&amp;pwd=QWERTY">here</a>',
    tags: { key1: 'x', primaryKey: 'y', env: 'prod' },
  };
  serve(body);
  const { response } = await tools.call('graph_query', { endpoint: '/reports/x' });
  expect(response.data).toEqual(body);
});

test('what is known to be a secret cannot be turned, cut or taken apart', async () => {
  const known = 'correct horse battery staple 42';
  tools.runtime.secrets.add(known);
  const projections = [
    'reverse(note)',
    'note[0:20]',
    "replace(note, ' ', '_')",
    'upper(note)',
    "split(note, ' ')",
    'note',
  ];
  for (const project of projections) {
    serve({ id: '1', note: known });
    const { text, isError } = await tools.call('graph_query', { endpoint: '/reports/x', project });
    expect(isError, text).toBe(false);
    for (const piece of ['elpats', 'horse', 'HORSE']) expect(text, project).not.toContain(piece);
  }
  const requests = [{ url: '/reports/x' }];
  serve({ responses: [{ id: '1', status: 200, body: { note: `a ${known}` } }] });
  const batch = await tools.call('graph_batch', { requests, project: 'reverse(note)' });
  expect(batch.text).not.toContain('elpats');
  serve({ value: [{ id: '1', note: known }] });
  const list = await tools.call('graph_query', { endpoint: '/reports/x', project: 'value[].{x: reverse(note)}' });
  expect(list.text).not.toContain('elpats');
});
