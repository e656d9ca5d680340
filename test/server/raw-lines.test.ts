import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LineReader } from '../../src/server/line-reader.ts';
import { type StdioServer, startStdio } from '../../src/server/stdio.ts';
import { createSurface } from '../../src/server/surface.ts';
import { tools } from '../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let box: SandboxTools;
let server: StdioServer;
let stdin: PassThrough;
/** What has been answered, line by line. */
let answers: Record<string, unknown>[];

beforeAll(async () => {
  box = await openSandboxTools({ users: 5 });
});
afterAll(() => box.close());

beforeEach(() => {
  const stdout = new PassThrough();
  stdin = new PassThrough();
  answers = [];
  let text = '';
  stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    answers.push(...lines.map((line) => JSON.parse(line)));
  });
  server = startStdio(createSurface(box.runtime, { listed: tools, callable: tools }), () => undefined, {
    stdin,
    stdout,
  });
});
afterEach(() => server.close());

const probe = '{"jsonrpc":"2.0","id":"probe","method":"ping"}';

/** Sends lines, then a ping, and says what was answered besides the ping, as soon as there is as much as is wanted. */
async function say(lines: readonly (string | Buffer)[], wanted = 0): Promise<unknown[]> {
  for (const line of lines) stdin.write(typeof line === 'string' ? `${line}\n` : line);
  stdin.write(`${probe}\n`);
  const isThere = () => answers.length > wanted && answers.some((one) => one['id'] === 'probe');
  while (!isThere()) await new Promise((resolve) => setImmediate(resolve));
  return answers.filter((one) => one['id'] !== 'probe');
}

const refusal = (code: number, id: unknown, message: unknown = expect.any(String)) => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
});
const result = (id: unknown, value: unknown = expect.any(Object)) => ({ jsonrpc: '2.0', id, result: value });
const call = (params: string, id = '1') => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`;
const list = (rest: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/list"${rest}}`;
const ask = (method: string, params: string, id = '1') =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`;
const client = '{"name":"test","version":"1"}';
const hello = (capabilities: string, info = client, id = '1') =>
  ask('initialize', `{"protocolVersion":"2025-06-18","capabilities":${capabilities},"clientInfo":${info}}`, id);
const prompt = '{"type":"ref/prompt","name":"audit_licenses"}';
const whoIs = '{"name":"list_connections","arguments":{}}';

test.each([
  ['params: null', list(',"params":null')],
  ['_meta: null', list(',"params":{"_meta":null}')],
  ['cursor: null', list(',"params":{"cursor":null}')],
  ['progressToken: null', list(',"params":{"_meta":{"progressToken":null}}')],
  ['arguments: null', call('{"name":"list_connections","arguments":null}')],
  ['an empty list for params', list(',"params":[]')],
  ['an empty list for _meta', list(',"params":{"_meta":[]}')],
  ['an empty list for arguments', call('{"name":"list_connections","arguments":[]}')],
  ['arguments as JSON text', call('{"name":"list_connections","arguments":"{\\"name\\":\\"sandbox\\"}"}')],
  ['empty lists for capabilities', hello('[]')],
  ['nulls and empty lists in capabilities', hello('{"roots":null,"elicitation":[],"experimental":[]}')],
  [
    'nulls in a completion',
    ask(
      'completion/complete',
      `{"ref":${prompt},"argument":{"name":"connection","value":"s"},"context":{"arguments":null}}`,
    ),
  ],
  ['no params', list('')],
  ['a byte order mark', `\ufeff${list('')}`],
  ['spaces around', `  ${list('')} \r`],
])('%s is served', async (_name, line) => {
  expect(await say([line], 1)).toEqual([result(1)]);
});

test.each([
  ['this is not JSON', -32700, null],
  ['{"jsonrpc":"2.0","id":1,', -32700, null],
  ['7', -32600, null],
  ['null', -32600, null],
  ['"text"', -32600, null],
  ['{}', -32600, null],
  ['{"jsonrpc":"2.0","id":7}', -32600, 7],
  ['{"id":7,"method":"ping"}', -32600, 7],
  ['{"jsonrpc":"1.0","id":7,"method":"ping"}', -32600, 7],
  ['{"jsonrpc":"2.0","id":7,"method":5}', -32600, 7],
  ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, 1.5],
  ['{"jsonrpc":"2.0","id":1e300,"method":"ping"}', -32600, 1e300],
  ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, null],
  ['{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}', -32600, null],
  ['{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600, null],
  ['{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, null],
  ['[]', -32600, null],
  [JSON.stringify(Array.from({ length: 101 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }))), -32600, null],
  ['{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}', -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}', -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"no/such/method"}', -32601, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"toString"}', -32601, 7],
  [call('{}', '7'), -32602, 7],
  [call('{"name":5}', '7'), -32602, 7],
  [call('{"name":"list_connections","arguments":[1]}', '7'), -32602, 7],
  [call('{"name":"list_connections","arguments":"[]"}', '7'), -32602, 7],
  [call('{"name":"list_connections","arguments":"a text"}', '7'), -32602, 7],
  [call('{"name":"list_connections","task":5}', '7'), -32602, 7],
  [call('{"name":"list_connections","_meta":5}', '7'), -32602, 7],
  [call('{"name":"list_connections","_meta":{"progressToken":{}}}', '7'), -32602, 7],
  [call('{"name":"no_such_tool"}', '7'), -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}', -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"initialize"}', -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{}}', -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"prompts/get","params":{"name":1}}', -32602, 7],
  ['{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"cursor":5}}', -32602, 7],
  [hello('{}', '{}', '7'), -32602, 7],
  [hello('{"roots":true}', client, '7'), -32602, 7],
  [ask('prompts/get', '{"name":"audit_licenses","arguments":{"connection":5}}', '7'), -32602, 7],
  [ask('completion/complete', '{"ref":{},"argument":{}}', '7'), -32602, 7],
  [ask('completion/complete', `{"ref":${prompt},"argument":{"name":"connection","value":5}}`, '7'), -32602, 7],
  [ask('completion/complete', `{"ref":${prompt},"argument":{"name":"connection","value":null}}`, '7'), -32602, 7],
])('%s is refused with %i in a sentence, and the next line is served', async (line, code, id) => {
  expect(await say([line], 1)).toEqual([refusal(code, id, expect.not.stringMatching(/invalid_type|\n|\[|expected/))]);
});

test.each([
  ['a notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}'],
  ['an unknown notification', '{"jsonrpc":"2.0","method":"notifications/none","params":null}'],
  ['a notification with params that are none', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}'],
  ['the cancellation of nothing', '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}'],
  ['an answer to nothing', '{"jsonrpc":"2.0","id":5,"result":{}}'],
  ['an answer without an id', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}'],
  ['an empty line', ' '],
])('%s is not answered', async (_name, line) => {
  expect(await say([line])).toEqual([]);
});

test.each(['1', '"a text"', '0', '-3', '9007199254740991'])('the id %s comes back as it was', async (id) => {
  expect(await say([`{"jsonrpc":"2.0","id":${id},"method":"tools/list"}`], 1)).toEqual([result(JSON.parse(id))]);
});

test('two requests with the same id are both answered, also before initialize', async () => {
  expect(await say([call(whoIs), call(whoIs)], 2)).toEqual([result(1), result(1)]);
});

test('a line that is too long is refused with its id, and the next one is served', async () => {
  const long = `{"jsonrpc":"2.0","id":"long","method":"tools/call","params":{"name":"${'x'.repeat(10_500_000)}"}}`;
  const hidden = `{"jsonrpc":"2.0","method":"tools/call","params":{"id":1,"name":"${'x'.repeat(10_500_000)}"},"id":2}`;
  expect(await say([long, hidden, list('')], 3)).toEqual([refusal(-32600, 'long'), refusal(-32600, null), result(1)]);
});

test('a line that is too long is not kept', () => {
  const heads: Buffer[] = [];
  const lines: string[] = [];
  const reader = new LineReader({
    onLine: (line) => lines.push(String(line)),
    onTooLong: (head) => heads.push(head),
    most: 2000,
  });
  for (let part = 0; part < 1000; part++) reader.push(Buffer.alloc(1000, 'x'));
  reader.push(Buffer.from('\nnext'));
  reader.push(Buffer.from(' one\n\n'));
  expect(heads.map(({ length, buffer }) => [length, buffer.byteLength < 100_000])).toEqual([[1024, true]]);
  expect(lines).toEqual(['next one', '']);
});

test('text that is cut between chunks, within a character as well, is put together', async () => {
  const bytes = Buffer.from(`${call('{"name":"no_such_töol"}')}\n`);
  const found = await say(
    Array.from(bytes, (byte) => Buffer.from([byte])),
    1,
  );
  expect(found).toEqual([refusal(-32602, 1, expect.stringContaining('töol'))]);
});

describe('a batch', () => {
  const ping = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;

  test('is answered with one array, notifications and mistakes in it as well', async () => {
    const [found, ...rest] = await say(
      [
        `[${ping(1)},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":1.5,"method":"ping"},${list('').replace('"id":1', '"id":2')},9]`,
      ],
      1,
    );
    expect(rest).toEqual([]);
    expect(found).toHaveLength(4);
    expect(found).toEqual(
      expect.arrayContaining([result(1, {}), result(2), refusal(-32600, 1.5), refusal(-32600, null)]),
    );
  });

  test('of notifications is not answered', async () => {
    expect(await say(['[{"jsonrpc":"2.0","method":"notifications/initialized"}]'])).toEqual([]);
  });

  test('that cancels what it asks for is answered once', async () => {
    const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}';
    const ends = `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`;
    const slow = call('{"name":"graph_query","arguments":{"connection":"sandbox","endpoint":"/users"}}', '8');
    expect(await say([`[${ends},${slow},${cancel}]`, ping(2)], 2)).toEqual([[refusal(-32600, 1.5)], result(2, {})]);
  });

  test('does not wait for what is cancelled', async () => {
    box.sandbox.fault({ match: 'GET /v1.0/users*', delay_ms: 600_000, times: 1 });
    const slow = call('{"name":"graph_query","arguments":{"connection":"sandbox","endpoint":"/users"}}', '8');
    const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8}}';
    expect(await say([`[${ping(1)},${slow}]`, cancel], 1)).toEqual([[result(1, {})]]);
  });
});

describe('the modern family', () => {
  const meta = JSON.stringify({
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  });

  test('is served with its envelope, and a null beside it', async () => {
    const line = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_connections","arguments":null,"_meta":${meta}}}`;
    const bad = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":5,"_meta":${meta}}}`;
    stdin.write(`${line}\n${bad}\n`);
    while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual(expect.arrayContaining([expect.objectContaining(result(1)), refusal(-32602, 2)]));
  });

  test('answers a request without an envelope as well, once it is spoken', async () => {
    stdin.write(
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${meta}}}\n${list('').replace('"id":1', '"id":2')}\n`,
    );
    while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(answers.map(({ id }) => id).sort()).toEqual([1, 2]);
  });
});
