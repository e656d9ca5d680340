import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});

afterAll(async () => {
  await tools.close();
});

beforeEach(() => {
  tools.forget();
});

const query = (input: Readonly<Record<string, unknown>>) => tools.call('graph_query', input);
const idsOf = (data: { value: { id: string }[] }) => data.value.map(({ id }) => id);

describe('lists', () => {
  test('a list is read to its end, and says so', async () => {
    const { response, meta, diagnostics } = await query({ endpoint: '/users', params: { $select: 'id' } });
    expect(new Set(idsOf(response.data)).size).toBe(response.data.value.length);
    expect(diagnostics).toMatchObject({ pages: 3, requests: 3 });
    expect(meta).toMatchObject({ count: response.data.value.length, complete: true });
    expect(meta.count).toBeGreaterThanOrEqual(240);
    expect(meta.cursor).toBeUndefined();
  });

  test('limit shows the first items, and cursors lead to each of the others once', async () => {
    const all = await query({ endpoint: '/users', params: { $select: 'id' } });
    const input = { endpoint: '/users', params: { $select: 'id' }, limit: 70 };
    const ids: string[] = [];
    let cursor: string | undefined;
    let calls = 0;
    do {
      const { response, meta } = await query({ ...input, ...(cursor === undefined ? {} : { cursor }) });
      expect(response.success).toBe(true);
      expect(response.data.value.length).toBeLessThanOrEqual(70);
      expect(meta.complete).toBe(meta.cursor === undefined);
      ids.push(...idsOf(response.data));
      cursor = meta.cursor;
      calls += 1;
    } while (cursor !== undefined && calls < 20);
    expect(ids).toEqual(idsOf(all.response.data));
  });

  test('$top by itself is that many items, and the cursor leads to the rest', async () => {
    for (const endpoint of ['/users?$top=5&$select=id', '/users?%24top=5&$select=id']) {
      const { response, meta, diagnostics } = await query({ endpoint });
      expect(response.data.value).toHaveLength(5);
      expect(diagnostics.requests).toBe(1);
      expect(meta).toMatchObject({ complete: false, count: 5, cursor: expect.any(String) });
      const next = await query({ endpoint, cursor: meta.cursor });
      expect(next.response.data.value).toHaveLength(5);
      expect(idsOf(next.response.data)).not.toEqual(idsOf(response.data));
    }
  });

  test.each([
    ['a figure of the whole list', { project: 'length(value)' }, 240],
    ['the last item', { project: 'value[-1].id' }, expect.any(String)],
  ])('with $top, %s is made of all pages, and that is said', async (_what, input, wanted) => {
    const { response, meta } = await query({ endpoint: '/users', params: { $top: 50, $select: 'id' }, ...input });
    expect(response.data).toEqual(wanted);
    expect(meta).toMatchObject({ complete: true, notes: [expect.stringContaining('$top was taken as the page size')] });
  });

  test('auto_paginate: true and a larger limit win over $top', async () => {
    const all = await query({ endpoint: '/users', params: { $top: 100, $select: 'id' }, auto_paginate: true });
    expect(all.meta).toMatchObject({ count: 240, complete: true });
    const some = await query({ endpoint: '/users?$top=100&$select=id', limit: 150 });
    expect(some.meta).toMatchObject({ count: 150, complete: false });
  });

  test('limit counts the items of the answer, after a project that leaves items out', async () => {
    const input = { endpoint: '/users', params: { $select: 'id,userType' }, project: "value[?userType=='Guest'].id" };
    const all = await query(input);
    expect(all.response.data.value).toHaveLength(12);
    const some = await query({ ...input, limit: 5 });
    expect(some.response.data.value).toEqual(all.response.data.value.slice(0, 5));
    expect(some.meta).toMatchObject({ count: 5, complete: false });
    const rest = await query({ ...input, cursor: some.meta.cursor });
    expect([...some.response.data.value, ...rest.response.data.value]).toEqual(all.response.data.value);
  });

  test('auto_paginate: false reads one page and gives the way on', async () => {
    const { response, meta, diagnostics } = await query({ endpoint: 'users?$top=5&$select=id', auto_paginate: false });
    expect(meta.notes ?? []).toEqual([]);
    expect(response.data.value).toHaveLength(5);
    expect(diagnostics.requests).toBe(1);
    expect(meta).toMatchObject({ complete: false, count: 5, cursor: expect.any(String) });
  });

  test('a cursor goes on with the headers that the first page was asked with', async () => {
    const input = {
      endpoint: '/users',
      params: { $filter: "endsWith(mail,'contoso.example')", $select: 'id', $top: 20 },
    };
    const first = await query({ ...input, auto_paginate: false });
    expect(first.meta.notes.join(' ')).toContain('ConsistencyLevel');
    const second = await query({ ...input, auto_paginate: false, cursor: first.meta.cursor });
    expect(second.response.data.value).toHaveLength(20);
    expect(idsOf(second.response.data)).not.toContain(idsOf(first.response.data)[0]);
    const levels = tools
      .seen()
      .filter(({ service }) => service === 'graph')
      .map(({ headers }) => headers['consistencylevel']);
    expect(levels).toEqual(['eventual', 'eventual']);
  });

  test('a cursor does not open for another query', async () => {
    const first = await query({ endpoint: '/users?$top=5', auto_paginate: false });
    const other = await query({ endpoint: '/groups?$top=5', cursor: first.meta.cursor });
    expect(other.response.error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('cursor'),
    });
    const forged = await query({ endpoint: '/users?$top=5', cursor: `${first.meta.cursor}x` });
    expect(forged.response.error.code).toBe('invalid_argument');
  });

  test('project and format make a list smaller', async () => {
    const params = { $select: 'displayName,skuPartNumber,skuId,capabilityStatus' };
    const projected = await query({ endpoint: '/subscribedSkus', project: 'value[].skuPartNumber' });
    expect(projected.response.data).toMatchObject({ value: expect.arrayContaining(['SPE_E5', 'VISIOCLIENT']) });
    const csv = await query({
      endpoint: '/subscribedSkus',
      params: { $select: 'skuPartNumber,capabilityStatus' },
      format: 'csv',
    });
    expect(csv.response.data).toContain('PROJECTPROFESSIONAL,Suspended\n');
    expect(params.$select).toBeTruthy();
  });

  test('a broken projection is told before anything is shown', async () => {
    const { response } = await query({ endpoint: '/users', project: 'value[' });
    expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('project') });
  });
});

describe('answers that are no lists', () => {
  test('one object comes without noise', async () => {
    const { response, meta } = await query({ endpoint: '/organization' });
    const { id } = response.data.value[0];
    const single = await query({ endpoint: `/organization/${id}`, params: { $select: 'id,displayName' } });
    expect(single.response).toMatchInlineSnapshot(`
      {
        "data": {
          "displayName": "Contoso",
          "id": "5a11d0c5-7e4a-4c0d-8b0a-c04705000001",
        },
        "status": 200,
        "success": true,
      }
    `);
    expect(meta.complete).toBe(true);
  });

  test('project works on one object', async () => {
    const [user] = (await query({ endpoint: '/users?$top=1', auto_paginate: false })).response.data.value;
    const { response } = await query({ endpoint: `/users/${user.id}`, project: '{name:displayName}' });
    expect(response.data).toEqual({ name: user.displayName });
  });

  test('a count is a number', async () => {
    const { response } = await query({ endpoint: '/users/$count' });
    expect(response.data).toBeTypeOf('number');
    expect(response.data).toBeGreaterThanOrEqual(240);
  });

  test('text and CSV are strings, bytes are base64, nothing is null', async () => {
    const answers = [
      { headers: { 'content-type': 'text/csv' }, body: 'name,count\nAda,3\n' },
      { headers: { 'content-type': 'image/png' }, body: 'PNG' },
      { headers: {}, body: '', status: 204 },
    ];
    const data: unknown[] = [];
    for (const answer of answers) {
      tools.sandbox.fault({ match: 'GET *', service: 'graph', status: 200, ...answer });
      data.push((await query({ endpoint: "/reports/getEmailActivityCounts(period='D7')" })).response.data);
    }
    expect(data).toEqual([
      'name,count\nAda,3\n',
      { contentType: 'image/png', sizeBytes: 3, base64: Buffer.from('PNG').toString('base64') },
      null,
    ]);
  });

  test('headers of the caller go out, and win over what would be added', async () => {
    await query({
      endpoint: '/users/$count',
      headers: { consistencylevel: 'eventual', Prefer: 'return=minimal' },
    });
    const [request] = tools.seen().filter(({ service }) => service === 'graph');
    expect(request?.headers).toMatchObject({ consistencylevel: 'eventual', prefer: 'return=minimal' });
  });

  test('expected_outcomes turn a refusal into an answer', async () => {
    const endpoint = '/users/00000000-0000-0000-0000-00000000dead';
    const refused = await query({ endpoint });
    expect(refused).toMatchObject({ isError: true, response: { status: 404, error: { code: 'not_found' } } });
    const expected = await query({ endpoint, expected_outcomes: [404] });
    expect(expected).toMatchObject({ isError: false, response: { success: true, status: 404 } });
  });

  test('correlation_id is the client-request-id of every request', async () => {
    const { diagnostics } = await query({
      endpoint: '/users',
      params: { $select: 'id' },
      correlation_id: 'ticket-4711',
    });
    const ids = tools
      .seen()
      .filter(({ service }) => service === 'graph')
      .map(({ headers }) => headers['client-request-id']);
    expect(new Set(ids)).toEqual(new Set(['ticket-4711']));
    expect(diagnostics.client_request_id).toBe('ticket-4711');
  });
});

describe('settings of the connection', () => {
  test('auto_paginate and max_items hold unless the call is stricter', async () => {
    const strict = await openSandboxTools({ settings: { auto_paginate: false, max_items: 30 } });
    const one = await strict.call('graph_query', { endpoint: '/users', params: { $select: 'id' } });
    expect(one.diagnostics.requests).toBe(1);
    expect(one.meta).toMatchObject({ complete: false });
    expect(one.response.data.value).toHaveLength(30);
    const fewer = await strict.call('graph_query', { endpoint: '/users', params: { $select: 'id' }, limit: 10 });
    expect(fewer.response.data.value).toHaveLength(10);
    await strict.close();
  });
});

const long = 'x'.repeat(100_000);

describe('hostile input never becomes a request', () => {
  test.each([
    ['a step upwards', { endpoint: '/users/../groups' }],
    ['an encoded step upwards', { endpoint: '/users/%2e%2e/groups' }],
    ['a doubly encoded step upwards', { endpoint: '/users/%252e%252e/groups' }],
    ['a host behind an at sign', { endpoint: '@evil.example/users' }],
    ['a host behind an encoded at sign', { endpoint: '/%40evil.example/users' }],
    ['a protocol-relative address', { endpoint: '//evil.example/v1.0/users' }],
    ['an absolute address of another host', { endpoint: 'https://evil.example/v1.0/users' }],
    ['user information in an address', { endpoint: 'https://graph.microsoft.com@evil.example/v1.0/users' }],
    ['another scheme', { endpoint: 'file:///etc/passwd' }],
    ['a token link to another host', { endpoint: 'https://evil.example/v1.0/users?$skiptoken=x' }],
    ['an encoded slash', { endpoint: '/users/a%2fmemberOf' }],
    ['an encoded backslash', { endpoint: '/users/a%5cb' }],
    ['a backslash', { endpoint: '\\\\evil.example\\users' }],
    ['a line break', { endpoint: '/users\r\nHost: evil.example' }],
    ['a null character', { endpoint: '/users/\u0000' }],
    ['an encoded line break', { endpoint: '/users/%0d%0aHost:evil' }],
    ['100 kB', { endpoint: `/${long}` }],
    ['an empty endpoint', { endpoint: '' }],
    ['a list', { endpoint: ['/users'] }],
    ['null', { endpoint: null }],
    ['nothing', {}],
    ['an unknown key', { endpoint: '/users', parms: { $top: 1 } }],
    ['a host argument', { endpoint: '/users', host: 'evil.example' }],
    ['an Authorization header', { endpoint: '/users', headers: { Authorization: 'Bearer x' } }],
    ['a Host header', { endpoint: '/users', headers: { hOsT: 'evil.example' } }],
    ['a Cookie header', { endpoint: '/users', headers: { Cookie: 'a=b' } }],
    ['a header with a line break', { endpoint: '/users', headers: { Prefer: 'a\r\nX: y' } }],
    ['a header name with a space', { endpoint: '/users', headers: { 'Pre fer': 'a' } }],
    ['a nested param', { endpoint: '/users', params: { $filter: { a: 1 } } }],
    ['a 100 kB param', { endpoint: '/users', params: { $filter: long } }],
    ['another version', { endpoint: '/users', api_version: 'v2.0' }],
    ['a fractional limit', { endpoint: '/users', limit: 1.5 }],
    ['a negative timeout', { endpoint: '/users', timeout: -1 }],
    ['a cursor out of thin air', { endpoint: '/users', cursor: 'https://evil.example' }],
    ['a correlation id with a line break', { endpoint: '/users', correlation_id: 'a\nb' }],
    ['a connection that is a path', { endpoint: '/users', connection: '../sandbox' }],
  ])('%s', async (_, input) => {
    const { isError, response } = await query(input);
    expect(isError).toBe(true);
    expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringMatching(/.{10,}/) });
    expect(tools.seen()).toEqual([]);
  });

  test('deep JSON', async () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 10_000; level++) deep = { a: deep };
    const { response } = await query({ endpoint: '/users', params: deep });
    expect(response.error.code).toBe('invalid_argument');
    expect(tools.seen()).toEqual([]);
  });
});
