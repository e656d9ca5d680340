import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/core/base/clock.ts';
import { buildServer } from '../../src/server/build-server.ts';
import { tokenGate } from '../../src/server/http/gate.ts';
import { type HttpServer, startHttp } from '../../src/server/http/start-http.ts';
import { createSurface } from '../../src/server/surface.ts';
import { tools } from '../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let box: SandboxTools;
let server: HttpServer;

beforeAll(async () => {
  box = await openSandboxTools({ users: 5 });
  const surface = createSurface(box.runtime, { listed: tools, callable: tools });
  server = await startHttp({
    build: () => buildServer(surface),
    changes: surface.changes,
    clock: systemClock,
    place: { port: 0 },
    gate: tokenGate('a-token-for-tests', '/nowhere'),
    onError: () => undefined,
  });
});
afterAll(async () => {
  await server.close();
  await box.close();
});

const both = 'application/json, text/event-stream';

interface Reply {
  readonly status: number;
  readonly session: string | undefined;
  /** The messages of the answer, of an event stream as well. */
  readonly messages: readonly Record<string, unknown>[];
}

async function post(body: string, headers: Readonly<Record<string, string>> = { accept: both }): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(server.url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', authorization: 'Bearer a-token-for-tests', ...headers },
    });
    sent.on('error', reject);
    sent.on('response', async (received) => {
      const text = (await received.toArray()).join('');
      const isStream = received.headers['content-type']?.includes('event-stream') === true;
      const parts = isStream ? [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => data ?? '') : [text];
      const session = received.headers['mcp-session-id'];
      resolve({
        status: received.statusCode ?? 0,
        session: typeof session === 'string' ? session : undefined,
        messages: parts.filter((part) => part !== '').flatMap((part) => JSON.parse(part)),
      });
    });
    sent.end(body);
  });
}

const initialize = (rest = '') =>
  `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}${rest}}}`;
const list = (rest = '') => `{"jsonrpc":"2.0","id":1,"method":"tools/list"${rest}}`;

test.each([
  ['params: null', list(',"params":null')],
  ['_meta: null', list(',"params":{"_meta":null}')],
  ['cursor: null', list(',"params":{"cursor":null}')],
  [
    'arguments: null',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_connections","arguments":null}}',
  ],
  ['a byte order mark', `\ufeff${list()}`],
  ['initialize with nulls', initialize(',"_meta":null')],
])('%s is served', async (_name, body) => {
  expect(await post(body)).toMatchObject({ status: 200, messages: [{ id: 1, result: expect.any(Object) }] });
});

test.each([{}, { accept: '*/*' }, { accept: 'text/html, */*;q=0.1' }, { accept: both }])(
  'Accept as in %j is enough, for a session as well',
  async (headers) => {
    const accept = headers as Record<string, string>;
    const opened = await post(initialize(), accept);
    expect(opened).toMatchObject({ status: 200, messages: [{ result: { protocolVersion: '2025-03-26' } }] });
    expect(await post(list(), { ...accept, 'mcp-session-id': opened.session ?? '' })).toMatchObject({ status: 200 });
    expect(await post(list(), accept)).toMatchObject({ status: 200 });
  },
);

test.each([
  ['not JSON', 400, -32700, null],
  ['7', 400, -32600, null],
  ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 400, -32600, 1.5],
  ['{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600, null],
  ['{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}}', 400, -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":[1]}}', 400, -32602, 7],
])('%s is refused with %i and %i', async (body, status, code, id) => {
  const message = expect.not.stringMatching(/invalid_type|\n|\[|expected/);
  expect(await post(body)).toMatchObject({ status, messages: [{ id, error: { code, message } }] });
});

test('in a session malformed parameters are an answer of the request, not a fault of the session', async () => {
  const { session = '' } = await post(initialize());
  const call = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}}';
  const reply = await post(call, { accept: both, 'mcp-session-id': session });
  expect(reply).toMatchObject({ status: 200, messages: [{ id: 7, error: { code: -32602 } }] });
});

test('a batch of a client whose revision knows them is answered, its nulls read as absent', async () => {
  const { session = '' } = await post(initialize());
  const headers = { accept: both, 'mcp-session-id': session };
  const { status, messages } = await post(
    `[${list(',"params":null')},{"jsonrpc":"2.0","id":2,"method":"ping"}]`,
    headers,
  );
  expect(status).toBe(200);
  expect(messages.map(({ id }) => id).sort()).toEqual([1, 2]);
});
