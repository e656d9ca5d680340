import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let drive: string;

beforeEach(async () => {
  tools = await openSandboxTools({ users: 5 });
  const { response } = await tools.call('graph_query', { endpoint: '/users', params: { $select: 'id' }, limit: 1 });
  drive = `/users/${response.data.value[0].id}/drive`;
  tools.forget();
});

afterEach(() => tools.close());

test.each([
  ['text', 'Welcome.txt', expect.stringMatching(/^Welcome to OneDrive, /)],
  ['CSV', 'Documents/Budget 2026.csv', expect.stringMatching(/^Position,Euro\r\n/)],
  ['bytes', 'Pictures/Pixel.png', { contentType: 'image/png', sizeBytes: 70, base64: expect.stringMatching(/^iVBOR/) }],
])('a file of %s comes from the other host, which sees no token', async (_what, path, data) => {
  const answer = await tools.call('graph_query', { endpoint: `${drive}/root:/${path}:/content` });
  expect(answer.response).toMatchObject({ success: true, status: 200, data });
  expect(tools.seen().map(({ service, status }) => [service, status])).toEqual([
    ['graph', 302],
    ['upload', 200],
  ]);
  expect(tools.seen()[1]?.headers).not.toHaveProperty('authorization');
  expect(answer.text).not.toContain('tempauth');
});

test('an address that has run out is asked for again', async () => {
  tools.sandbox.fault({ service: 'upload', status: 401 });
  const answer = await tools.call('graph_query', { endpoint: `${drive}/root:/Welcome.txt:/content` });
  expect(answer.response.success).toBe(true);
  const statuses = tools.seen().flatMap(({ service, status }) => (service === 'login' ? [] : [`${service} ${status}`]));
  expect(statuses).toEqual(['graph 302', 'upload 401', 'graph 302', 'upload 200']);
});

test('a folder of three pages comes whole', async () => {
  const { meta, diagnostics } = await tools.call('graph_query', {
    endpoint: `${drive}/root:/Archive:/children`,
    params: { $select: 'name' },
  });
  expect(diagnostics.pages).toBe(3);
  expect(meta).toMatchObject({ count: 450, complete: true });
});

test('files are written like everything else', async () => {
  const write = async (request: Readonly<Record<string, unknown>>) =>
    (await tools.call('graph_write', { requests: [{ id: '1', ...request }] })).response;
  const endpoint = `${drive}/root:/Plan.txt:/content`;
  const headers = { 'Content-Type': 'text/plain' };
  expect(await write({ method: 'PUT', endpoint, body: 'one', headers })).toMatchObject({ status: 201, success: true });
  expect(await write({ method: 'DELETE', endpoint: `${drive}/root:/Plan.txt` })).toMatchObject({ status: 204 });
  const copy = await write({ method: 'POST', endpoint: `${drive}/root:/Welcome.txt:/copy`, body: { name: 'Hi.txt' } });
  expect(copy).toMatchObject({ status: 202, success: true });
  expect(await write({ method: 'DELETE', endpoint: `${drive}/root` })).toMatchObject({
    status: 403,
    error: { code: 'permission_denied', upstream: { code: 'accessDenied' } },
  });
});

test('a copy is an operation: get_operation follows its monitor on the other host, which sees no token', async () => {
  const copy = await tools.call('graph_write', {
    requests: [{ method: 'POST', endpoint: `${drive}/root:/Welcome.txt:/copy`, body: { name: 'Hi.txt' } }],
  });
  const { operation } = copy.response.data;
  expect(operation).toEqual(expect.any(String));
  tools.forget();
  const early = await tools.call('get_operation', { operation });
  expect(early.response).toMatchObject({ success: true, data: { status: 'running' } });
  tools.sandbox.advance(60);
  const late = await tools.call('get_operation', { operation });
  expect(late.response).toMatchObject({ success: true, data: { status: 'succeeded' } });
  const looks = tools.seen().filter(({ service }) => service === 'monitor');
  expect(looks.length).toBeGreaterThanOrEqual(2);
  for (const { headers } of looks) expect(headers).not.toHaveProperty('authorization');
});

test('an address of the other hosts is not called with a token', async () => {
  for (const endpoint of ['https://monitor.sandbox.invalid/copy/1', 'https://upload.sandbox.invalid/download/1']) {
    const answer = await tools.call('graph_query', { endpoint });
    expect(answer.response.error).toMatchObject({ code: 'invalid_argument' });
  }
  expect(tools.seen()).toEqual([]);
});
