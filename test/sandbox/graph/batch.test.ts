import { expect, test } from 'vitest';
import type { SandboxRequest, SandboxResponse } from '../../../src/sandbox/base/service.ts';
import { handleBatch } from '../../../src/sandbox/graph/batch.ts';
import { createTestContext, sandboxRequest } from '../support/test-context.ts';

interface Item {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Sends a batch whose items are answered by `answer`. Returns the items and how many ran at once. */
async function send(requests: unknown, answer: (item: SandboxRequest) => Partial<SandboxResponse> = () => ({})) {
  const seen: SandboxRequest[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const request = sandboxRequest('POST', '/v1.0/$batch', {
    headers: { authorization: 'Bearer t', consistencylevel: 'eventual' },
    body: { requests },
  });
  const response = await handleBatch(request, createTestContext(), async (item) => {
    seen.push(item);
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    await Promise.resolve();
    running -= 1;
    return { status: 200, ...answer(item) };
  });
  const { responses } = response.body as { readonly responses: readonly Item[] };
  return { status: response.status, responses, seen, mostAtOnce };
}

const gets = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: String(index + 1), method: 'GET', url: `/users/${index + 1}` }));
const json = { 'Content-Type': 'application/json' };

test('answers each item under its id, in another order than asked', async () => {
  const { status, responses } = await send(gets(20), ({ rawPath }) => ({ body: { path: rawPath } }));
  expect(status).toBe(200);
  const ids = responses.map(({ id }) => id);
  expect(ids).not.toEqual(gets(20).map(({ id }) => id));
  expect(responses.find(({ id }) => id === '7')).toMatchObject({ status: 200, body: { path: '/v1.0/users/7' } });
  expect(new Set(ids).size).toBe(20);
});

test('items take the token of the envelope and none of its other headers', async () => {
  const { seen } = await send([{ id: 'a', method: 'GET', url: 'users?$top=1', headers: { Prefer: 'x' } }]);
  expect(seen[0]).toMatchObject({
    rawPath: '/v1.0/users',
    rawQuery: '$top=1',
    headers: { authorization: 'Bearer t', prefer: 'x' },
  });
  expect(seen[0]?.headers).not.toHaveProperty('consistencylevel');
});

test('a JSON body is passed on as it is, any other is decoded from base64url', async () => {
  const { seen } = await send([
    { id: '1', method: 'POST', url: '/groups', headers: json, body: { a: 1 } },
    {
      id: '2',
      method: 'PUT',
      url: '/me/photo',
      headers: { 'content-type': 'image/png' },
      body: Buffer.from([250, 251]).toString('base64url'),
    },
  ]);
  expect(Buffer.from(seen[0]?.body ?? []).toString()).toBe('{"a":1}');
  expect([...(seen[1]?.body ?? [])]).toEqual([250, 251]);
});

test('answers keep the server casing of their headers; bytes are base64, and 204 has no body', async () => {
  const { responses } = await send(gets(2), ({ rawPath }) =>
    rawPath.endsWith('1')
      ? { status: 429, headers: { 'retry-after': '7', 'x-ms-resource-unit': '1', date: 'now' } }
      : { status: 200, body: Buffer.from('hi') },
  );
  expect(responses.find(({ id }) => id === '1')).toEqual({
    id: '1',
    status: 429,
    headers: { 'Retry-After': '7', 'x-ms-resource-unit': '1' },
  });
  expect(responses.find(({ id }) => id === '2')?.body).toBe('aGk=');
});

test.each([
  ['no list', undefined, 'BadRequest', 'Invalid batch payload format.'],
  ['no items', [], 'BadRequest', 'Invalid batch payload format.'],
  ['an item without id', [{ method: 'GET', url: '/users' }], 'BadRequest', 'Invalid batch payload format.'],
  ['21 items', gets(21), 'MaximumValueExceeded', 'Number of batch request steps exceeds the maximum value of 20.'],
  [
    'two ids that differ in case',
    [
      { id: 'a', method: 'GET', url: '/users' },
      { id: 'A', method: 'GET', url: '/users' },
    ],
    'BadRequest',
    'Request Id A has to be unique in a batch.',
  ],
  [
    'a body without content type',
    [{ id: '1', method: 'POST', url: '/users', body: {} }],
    'BadRequest',
    'Write request id : 1 does not contain Content-Type header or body.',
  ],
  [
    'a POST without body',
    [{ id: '1', method: 'POST', url: '/users', headers: json }],
    'BadRequest',
    'Write request id : 1 does not contain Content-Type header or body.',
  ],
  [
    'a dependency on nobody',
    [{ id: '1', method: 'GET', url: '/users', dependsOn: ['9'] }],
    'BadRequest',
    'Invalid dependency for request Id 1.',
  ],
  [
    'a dependency on a later item',
    [
      { id: '1', method: 'GET', url: '/users', dependsOn: ['2'] },
      { id: '2', method: 'GET', url: '/users' },
    ],
    'BadRequest',
    'Invalid dependency for request Id 1.',
  ],
])('a batch with %s is refused as a whole', async (_, requests, code, message) => {
  await expect(send(requests)).rejects.toMatchObject({ status: 400, code, message });
});

const chain = (...dependencies: readonly (readonly string[])[]) =>
  dependencies.map((dependsOn, index) => ({
    id: String(index + 1),
    method: 'GET',
    url: `/users/${index + 1}`,
    ...(dependsOn.length > 0 ? { dependsOn } : {}),
  }));

test('items that depend on each other run one after the other', async () => {
  const { seen, mostAtOnce } = await send(chain([], ['1'], ['2']));
  expect(seen.map(({ rawPath }) => rawPath)).toEqual(['/v1.0/users/1', '/v1.0/users/2', '/v1.0/users/3']);
  expect(mostAtOnce).toBe(1);
});

test('all items that depend may depend on the same one', async () => {
  expect((await send(chain([], ['1'], [], ['1']))).status).toBe(200);
});

test.each([
  ['a mixture of free items and a chain', chain([], ['1'], [], ['2'])],
  ['two dependencies of one item', chain([], ['1'], ['1', '2'])],
])('%s is refused', async (_, requests) => {
  await expect(send(requests)).rejects.toMatchObject({
    code: 'BadRequest',
    message: 'Batch should be either fully sequential or fully parallel.',
  });
});

test('a failed item takes everything that depends on it along', async () => {
  const { responses, seen } = await send(chain([], ['1'], ['2']), ({ rawPath }) => ({
    status: rawPath.endsWith('1') ? 404 : 200,
  }));
  expect(seen).toHaveLength(1);
  const status = Object.fromEntries(responses.map(({ id, status: code }) => [id, code]));
  expect(status).toEqual({ 1: 404, 2: 424, 3: 424 });
  expect(responses.find(({ id }) => id === '3')?.body).toMatchObject({ error: { code: 'FailedDependency' } });
});

test('at most four items of one mailbox run at a time', async () => {
  const mail = Array.from({ length: 12 }, (_, index) => ({
    id: String(index),
    method: 'GET',
    url: '/users/a/messages',
  }));
  expect((await send(mail)).mostAtOnce).toBe(4);
  expect((await send(gets(12))).mostAtOnce).toBe(12);
});
