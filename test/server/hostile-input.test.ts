import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let box: SandboxTools;

beforeAll(async () => {
  box = await openSandboxTools();
  // A token is at hand, so that every request that follows would be one to Graph.
  await box.call('graph_query', { endpoint: '/organization' });
});
afterAll(() => box.close());

const deep = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
const long = 'x'.repeat(100_000);
const write = (request: unknown) => ({ requests: [request] });

const addresses = [
  '/users/../me',
  '/users/%2e%2e/me',
  '..',
  '@evil.example/users',
  '//evil.example/users',
  'https://evil.example/v1.0/users',
  'https://graph.sandbox.invalid@evil.example/v1.0/users',
  'https://graph.sandbox.invalid.evil.example/v1.0/users',
  'http://graph.sandbox.invalid/v1.0/users',
  'https://graph.sandbox.invalid:8443/v1.0/users',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '\\\\evil.example\\users',
  '/users\\..\\me',
  '/users/a%2fb',
  '/users/a%5cb',
  '/users\u0000',
  '/users\r\nHost: evil.example',
  '/users?$top=1?$top=2',
  '/users#fragment',
  '',
  ' ',
  long,
];

const armAddresses = [
  ...addresses.map((address) =>
    address.replace('/v1.0', '').replaceAll('graph.sandbox', 'management.sandbox').replaceAll('users', 'subscriptions'),
  ),
  '/subscriptions/{subscriptionId}/../..',
  'resourceGroups/../../tenants',
  'resourceGroups/%2e%2e/x',
  '/subscriptions?api-version=2022-12-01?api-version=2020-01-01',
];
const kql = 'resources | take 1';
const subscription = '00000000-0000-0000-0000-000000000001';

const hostile: ReadonlyArray<readonly [string, string, Record<string, unknown>]> = [
  ...armAddresses.flatMap(
    (address): Array<readonly [string, string, Record<string, unknown>]> => [
      ['path', 'arm_query', { path: address }],
      ['write path', 'arm_write', { method: 'PUT', path: address, body: {} }],
      ['dry-run path', 'arm_write', { method: 'DELETE', path: address, dry_run: true }],
      ['action path', 'arm_write', { method: 'POST', path: address, api_version: '2022-12-01' }],
    ],
  ),
  ['version that is no date', 'arm_query', { path: '/subscriptions', api_version: 'v1.0' }],
  ['version with an option', 'arm_query', { path: '/subscriptions', api_version: '2022-12-01&x=1' }],
  ['two different versions', 'arm_query', { path: '/subscriptions?api-version=2022-12-01', api_version: '2021-01-01' }],
  ['GET', 'arm_write', { method: 'GET', path: '/subscriptions' }],
  ['body that is a list', 'arm_write', { method: 'PUT', path: '/subscriptions', body: [1] }],
  ['body that is text', 'arm_write', { method: 'PUT', path: '/subscriptions', body: 'text' }],
  ['deep body', 'arm_write', { method: 'PUT', path: '/subscriptions', body: deep(2_000) }],
  ['etag with a line break', 'arm_write', { method: 'DELETE', path: '/subscriptions', if_match: 'a\r\nX: b' }],
  ['headers', 'arm_write', { method: 'DELETE', path: '/subscriptions', headers: { Host: 'evil.example' } }],
  ['100 kB query', 'resource_graph_query', { query: long }],
  ['empty query', 'resource_graph_query', { query: '' }],
  ['subscription that is no GUID', 'resource_graph_query', { query: kql, subscriptions: ['every'] }],
  ['subscriptions without names', 'resource_graph_query', { query: kql, subscriptions: [''] }],
  [
    'too many subscriptions',
    'resource_graph_query',
    { query: kql, subscriptions: Array.from({ length: 1_001 }, () => subscription) },
  ],
  ['management group with a slash', 'resource_graph_query', { query: kql, management_groups: ['a/b'] }],
  ['made-up cursor', 'resource_graph_query', { query: kql, cursor: 'eyJhbGciOi' }],
  ['made-up cursor', 'arm_query', { path: '/subscriptions', cursor: 'https://management.sandbox.invalid/x' }],
  ['made-up operation', 'get_operation', { operation: 'https://management.sandbox.invalid/operations/1' }],
  ['long operation', 'get_operation', { operation: long }],
  ['empty operation', 'get_operation', { operation: '' }],
  ['unknown service', 'list_linked_services', { services: ['s3'] }],
  ['services without names', 'list_linked_services', { services: [''] }],
  ...addresses.flatMap(
    (address): Array<readonly [string, string, Record<string, unknown>]> => [
      ['endpoint', 'graph_query', { endpoint: address }],
      ['batch url', 'graph_batch', { requests: [{ url: address }] }],
      ['write endpoint', 'graph_write', write({ method: 'POST', endpoint: address, body: {} })],
      ['delta endpoint', 'graph_delta', { endpoint: address }],
    ],
  ),
  ['unknown key', 'graph_query', { endpoint: '/users', endpiont: '/users' }],
  ['prototype key', 'graph_query', JSON.parse('{"endpoint":"/users","__proto__":{"x":1}}')],
  [
    'headers without end',
    'graph_query',
    { endpoint: '/users', headers: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`x-${n}`, ''])) },
  ],
  ...['X-Method-Override', 'X-HTTP-Method-Override', 'X-Original-URL', 'x-rewrite-url'].map(
    (name) => [name, 'graph_query', { endpoint: '/users', headers: { [name]: 'DELETE' } }] as const,
  ),
  ['unknown nested key', 'graph_batch', { requests: [{ url: '/users', methd: 'GET' }] }],
  ['method of a batch', 'graph_batch', { requests: [{ url: '/users', method: 'DELETE' }] }],
  ['wrong method', 'graph_write', write({ method: 'GET', endpoint: '/users' })],
  ['number for a string', 'graph_query', { endpoint: 5.5 }],
  ['null for a required field', 'graph_query', { endpoint: null }],
  ['object for a string', 'graph_query', { endpoint: { toString: 'x' } }],
  ['array for an object', 'graph_query', { endpoint: '/users', params: ['$top'] }],
  ['nested params', 'graph_query', { endpoint: '/users', params: { $top: { a: 1 } } }],
  ['limit of zero', 'graph_query', { endpoint: '/users', limit: 0 }],
  ['fractional limit', 'graph_query', { endpoint: '/users', limit: 1.5 }],
  ['negative timeout', 'graph_query', { endpoint: '/users', timeout: -1 }],
  ['format', 'graph_query', { endpoint: '/users', format: 'xml' }],
  ['broken projection', 'graph_query', { endpoint: '/users', project: 'value[' }],
  [
    'made-up cursor',
    'graph_query',
    { endpoint: '/users', cursor: 'https://graph.sandbox.invalid/v1.0/users?$skiptoken=1' },
  ],
  ['header with a line break', 'graph_query', { endpoint: '/users', headers: { Prefer: 'a\r\nX: b' } }],
  ['authorization header', 'graph_query', { endpoint: '/users', headers: { Authorization: 'Bearer x' } }],
  ['host header', 'graph_query', { endpoint: '/users', headers: { Host: 'evil.example' } }],
  ['correlation id with a line break', 'graph_query', { endpoint: '/users', correlation_id: 'a\r\nb' }],
  ['100 kB string', 'graph_query', { endpoint: '/users', params: { $filter: long } }],
  ['100 kB key', 'graph_query', { endpoint: '/users', [long]: 1 }],
  ['deep JSON', 'graph_write', write({ method: 'POST', endpoint: '/users', body: deep(2_000) })],
  ['connection name', 'graph_query', { connection: '../sandbox', endpoint: '/users' }],
  ['long connection name', 'graph_query', { connection: long, endpoint: '/users' }],
  ['too many requests', 'graph_batch', { requests: Array.from({ length: 50_000 }, () => ({ url: '/users' })) }],
  ['no requests', 'graph_batch', { requests: [] }],
  ['user and group', 'assign_license', { user: 'a@contoso.example', group: 'b', add: [] }],
  ['name with a slash', 'create_connection', { name: 'a/b' }],
  ['unknown cloud kind', 'create_connection', { name: 'abc', provider: 'aws' }],
  ['unknown setting', 'create_connection', { name: 'abc', settings: { max_concurent_requests: 4 } }],
  ['host as setting', 'create_connection', { name: 'abc', settings: { base_url: 'https://evil.example/v1.0' } }],
  ['line break in a setting', 'create_connection', { name: 'abc', settings: { default_content_type: 'a/b\r\nX: y' } }],
  ['setting that is no media type', 'create_connection', { name: 'abc', settings: { default_content_type: 'json' } }],
  ['control character in a setting', 'create_connection', { name: 'abc', settings: { rate_limit_key: 'a\u0000b' } }],
  ['tenant id', 'complete_connection', { connection: 'sandbox', tenant_id: 'a b/c' }],
];

describe('hostile arguments', () => {
  test.each(hostile.map(([what, tool, input]) => [what, tool, summary(input), input] as const))(
    '%s of %s is refused before any request: %s',
    async (_, tool, __, input) => {
      box.forget();
      const { isError, response } = await box.call(tool, input);
      expect(isError).toBe(true);
      expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringMatching(/\w{3}/) });
      expect(response.error.message.length).toBeLessThan(2_000);
      expect(box.seen()).toEqual([]);
    },
  );

  test('arguments that are no object are refused', async () => {
    for (const input of [[], 'text', 5, true]) {
      const { response } = await box.call('list_connections', input as never).catch(() => ({ response: undefined }));
      if (response !== undefined && !response.success) expect(response.error.code).toBe('invalid_argument');
    }
  });

  test('null means absent, also in nested optional fields', async () => {
    const { response } = await box.call('graph_query', {
      endpoint: '/users',
      params: { $select: 'id', $filter: null, $top: 1 },
      headers: null,
      limit: 1,
      project: null,
      cursor: null,
    });
    expect(response.success).toBe(true);
  });

  test('null in a body clears a property and is sent', async () => {
    const found = await box.call('graph_query', { endpoint: '/users', params: { $select: 'id', $top: 1 }, limit: 1 });
    box.forget();
    const { id } = found.response.data.value[0];
    await box.call('graph_write', write({ method: 'PATCH', endpoint: `/users/${id}`, body: { department: null } }));
    expect(box.seen().find(({ method }) => method === 'PATCH')?.body).toEqual({ department: null });
  });

  test('a header that Tenantry sets is to be left out', async () => {
    const { response } = await box.call('graph_query', { endpoint: '/users', headers: { Authorization: 'Bearer x' } });
    expect(response.error).toMatchObject({
      message: 'headers.Authorization: Tenantry sets it.',
      hint: 'Leave headers.Authorization out.',
    });
  });

  test('a wrong key names the nearest valid one, also in nested objects', async () => {
    const { response } = await box.call('graph_batch', { requests: [{ url: '/users', heders: {} }] });
    expect(response.error.message).toContain('requests[0].heders');
    expect(response.error.message).toContain('"headers"');
  });
});

function summary(input: unknown): string {
  const text = JSON.stringify(input);
  return text.length > 90 ? `${text.slice(0, 90)}…` : text;
}
