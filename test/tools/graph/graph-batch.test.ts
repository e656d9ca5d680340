import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let ids: string[];

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
  const { response } = await tools.call('graph_query', { endpoint: '/users', params: { $select: 'id' } });
  ids = response.data.value.map(({ id }: { id: string }) => id);
});

afterAll(async () => {
  await tools.close();
});

beforeEach(() => {
  tools.forget();
});

const batch = (input: Readonly<Record<string, unknown>>) => tools.call('graph_batch', input);
const missing = '/users/00000000-0000-0000-0000-00000000dead';

test('any number of reads is answered in request order, 20 to an envelope', async () => {
  const requests = ids.slice(0, 90).map((id) => ({ url: `/users/${id}?$select=id` }));
  const { response } = await batch({ requests, project: 'id' });
  expect(response.success).toBe(true);
  expect(response.data.responses.map(({ id, body }: { id: string; body: string }) => [id, body])).toEqual(
    ids.slice(0, 90).map((id, index) => [String(index + 1), id]),
  );
  expect(tools.graphRequests()).toEqual(Array.from({ length: 5 }, () => 'POST /v1.0/$batch'));
});

test('without continue_on_error a failure stops later envelopes and the call is an error', async () => {
  const requests = [{ id: 'bad', url: missing }, ...ids.slice(0, 24).map((id) => ({ url: `/users/${id}?$select=id` }))];
  const { isError, response } = await batch({ requests });
  expect(isError).toBe(true);
  expect(response.success).toBe(false);
  expect(response.data.responses[0]).toMatchObject({
    id: 'bad',
    status: 404,
    success: false,
    error: { code: 'not_found' },
  });
  expect(response.data.responses.at(-1)).toEqual({ id: '25', status: 0, success: false, not_sent: true });
  expect(tools.graphRequests()).toHaveLength(1);
});

test('with continue_on_error everything is sent and the call is no error', async () => {
  const requests = [{ url: missing }, ...ids.slice(0, 24).map((id) => ({ url: `/users/${id}?$select=id` }))];
  const { isError, response } = await batch({ requests, continue_on_error: true });
  expect(isError).toBe(false);
  expect(response.success).toBe(false);
  expect(response.data.responses.filter(({ success }: { success: boolean }) => success)).toHaveLength(24);
  expect(tools.graphRequests()).toHaveLength(2);
});

test('a list inside an item that goes on is told, and read to its end on demand', async () => {
  const requests = [{ id: 'few', url: '/users?$top=2&$select=id' }];
  const cut = await batch({ requests, project: 'length(value)' });
  expect(cut.response.data.responses).toMatchObject([{ body: 2 }]);
  expect(cut.meta.notes.join(' ')).toContain('1 request has more pages (few)');
  const whole = await batch({
    requests: [{ id: 'all', url: '/users?$top=100&$select=id' }],
    follow_pages: true,
    project: 'length(value)',
  });
  expect(whole.response.data.responses).toMatchObject([{ body: ids.length }]);
  expect(whole.meta.notes).toBeUndefined();
});

test('the link of a cut list goes on as endpoint of graph_query, byte for byte', async () => {
  const { response } = await batch({ requests: [{ url: '/users?$top=2&$select=id' }] });
  const link = response.data.responses[0].body['@odata.nextLink'];
  tools.forget();
  const next = await tools.call('graph_query', { endpoint: link, auto_paginate: false });
  expect(next.response.data.value.map(({ id }: { id: string }) => id)).toEqual(ids.slice(2, 4));
  expect(tools.graphRequests()).toEqual([`GET ${link.slice(new URL(link).origin.length)}`]);
});

test('a long answer goes on with the cursor alone', async () => {
  const requests = ids.slice(0, 60).map((id) => ({ url: `/users/${id}` }));
  const small = await openSandboxTools({ maxResultBytes: 8_000 });
  const answers: string[] = [];
  let answer = await small.call('graph_batch', { requests });
  expect(answer.meta).toMatchObject({
    complete: false,
    total: 60,
    result: expect.stringMatching(/^tenantry:\/\/results\//),
  });
  for (let part = 0; part < 60; part++) {
    expect(answer.text.length).toBeLessThan(9_500);
    answers.push(...answer.response.data.responses.map(({ id }: { id: string }) => id));
    if (answer.meta.cursor === undefined) break;
    answer = await small.call('graph_batch', { cursor: answer.meta.cursor });
  }
  expect(answers).toEqual(requests.map((_, index) => String(index + 1)));
  await small.close();
});

test.each([
  ['no requests', {}],
  ['an empty list', { requests: [] }],
  ['2,001 requests', { requests: Array.from({ length: 2_001 }, () => ({ url: '/users' })) }],
  ['a write', { requests: [{ url: '/users', method: 'POST' }] }],
  [
    'the same id twice, but for case',
    {
      requests: [
        { id: 'a', url: '/users' },
        { id: 'A', url: '/groups' },
      ],
    },
  ],
  ['a default id that is taken', { requests: [{ id: '2', url: '/users' }, { url: '/groups' }] }],
  ['a dependency on a later request', { requests: [{ url: '/users', depends_on: ['2'] }, { url: '/groups' }] }],
  ['a dependency on nothing', { requests: [{ url: '/users', depends_on: ['x'] }] }],
  ['another host', { requests: [{ url: '/users' }, { url: 'https://evil.example/users' }] }],
  ['a step upwards', { requests: [{ url: '/users/../groups' }] }],
  ['a nested batch', { requests: [{ url: '/$batch' }] }],
  ['a reserved header', { requests: [{ url: '/users', headers: { authorization: 'x' } }] }],
  ['a Prefer value with a line break', { requests: [{ url: '/users' }], prefer: 'a\nb' }],
])('%s never becomes a request', async (_, input) => {
  const { response } = await batch(input);
  expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.any(String) });
  expect(tools.seen()).toEqual([]);
});

test('a failed item says once what the service said, and many say once what to do', async () => {
  const requests = [{ url: missing }, { url: `${missing}0` }, { url: '/organization?$select=id' }];
  const { response, text } = await batch({ requests, continue_on_error: true });
  const [first, second] = response.data.responses;
  expect(Object.keys(first)).toEqual(['id', 'status', 'success', 'error']);
  expect(first.error).toEqual({
    code: 'not_found',
    message: expect.stringContaining('does not exist'),
    hint: expect.any(String),
    retryable: false,
    upstream: { code: 'Request_ResourceNotFound', request_id: expect.any(String) },
  });
  expect(Object.keys(second.error)).toEqual(['code', 'message', 'retryable', 'upstream']);
  expect(text.split('does not exist').length - 1).toBe(2);
});

test('a batch that failed is as short as an error, however much its bodies were asked for', async () => {
  const requests = [{ url: '/users?$select=id,displayName,mail,userPrincipalName' }, { url: '/nothing?$select=id' }];
  const { isError, text, response } = await tools.call('graph_batch', { requests });
  expect(isError).toBe(true);
  expect(text.length).toBeLessThan(11_000);
  expect(response.data.responses).toMatchObject([
    { success: true, reduced: { of: expect.any(Number) } },
    { success: false, error: { code: 'invalid_argument' } },
  ]);
});
