import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type AnswerQuestion,
  type ClientKind,
  connectClient,
  type Question,
  type TestClient,
} from './support/clients.ts';
import { cliPath, type HttpAccess, httpAccess, Product } from './support/product.ts';

// Both protocol families over both transports, against tools that ask. What was done stands in a file.

const serverPath = fileURLToPath(new URL('./support/asking-server.ts', import.meta.url));
let home: string;
let env: Record<string, string>;
let http: Product;
let access: HttpAccess;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tenantry-asking-'));
  env = { PATH: process.env['PATH'] ?? '', HOME: home, TENANTRY_HOME: home, TENANTRY_VAULT: 'file' };
  http = new Product({ env, args: (...args) => [serverPath, ...args] }, 'http', home);
  access = await httpAccess(http);
});
afterAll(async () => {
  await http.stop();
  await rm(home, { recursive: true, force: true });
});
afterEach(() => rm(join(home, 'done.txt'), { force: true }));

const stdio = { args: () => [serverPath, 'stdio', home] };
const target = (transport: 'stdio' | 'http') => (transport === 'http' ? access : { lab: { ...stdio, env } });

/** What was done, in order. */
async function done(): Promise<string[]> {
  const text = await readFile(join(home, 'done.txt'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** `tenantry …` on the same home. */
async function cli(args: readonly string[], more: Record<string, string> = {}) {
  const product = new Product({ env: { ...env, ...more }, args: (...all) => [cliPath, ...all] }, ...args);
  product.process.stdin.end();
  const code = await product.exit;
  return { code, stdout: product.stdout, stderr: product.stderr };
}

const yes: AnswerQuestion = async () => ({ action: 'accept', content: { yes: true } });

/** Every action is another request, so that no test answers for another. */
let count = 0;
function fresh(): string {
  count += 1;
  return `action-${count}`;
}

const kinds = ['v1 client', 'v2 legacy', 'v2 pinned'] as const satisfies readonly ClientKind[];
const cases = kinds.flatMap((kind) => (['stdio', 'http'] as const).map((transport) => [kind, transport] as const));

describe.each(cases)('%s over %s, with a person', (kind, transport) => {
  let client: TestClient;
  let person: AnswerQuestion;
  let asked: Question[];

  beforeAll(async () => {
    client = await connectClient(kind, target(transport), (question) => {
      asked.push(question);
      return person(question);
    });
  });
  beforeEach(() => {
    asked = [];
    person = yes;
  });
  afterAll(() => client.close());

  test.each(['careful', 'authority'])('%s runs after a yes to exactly this, each question once', async (grade) => {
    const actions = [fresh(), fresh()];
    const answer = await client.call('destroys', { grade, actions });
    expect(answer.structured.response).toMatchObject({ success: true, data: { done: actions } });
    expect(await done()).toEqual([actions.join('+')]);
    expect(asked.map(({ message }) => message)).toEqual(
      actions.map((action) => `Do \`${action}\`?\nConnection: lab\n- POST /${action}`),
    );
    expect(asked[0]?.['requestedSchema']).toMatchObject({ properties: { yes: { type: 'boolean', default: false } } });
  });

  const noes: readonly [string, Awaited<ReturnType<AnswerQuestion>>][] = [
    ['declines', { action: 'decline' }],
    ['cancels', { action: 'cancel' }],
    ['accepts without a yes', { action: 'accept', content: { yes: false } }],
    ['accepts without an answer', { action: 'accept' }],
    ['answers something else', { action: 'accept', content: { confirm: true } }],
  ];
  test.each(noes)('nothing runs when the person %s', async (_, answered) => {
    for (const grade of ['careful', 'authority']) {
      person = async () => answered;
      const call = client.call('destroys', { grade, actions: [fresh()] });
      const answer = await call.catch((error: unknown) => ({ failed: String(error), structured: undefined }));
      // A client that checks the form itself may end the call before the server does.
      if (answer.structured) {
        expect(answer.structured.response.error).toMatchObject({ code: 'refused' });
        expect(answer.structured.response.error).not.toHaveProperty('confirm');
      }
      expect(await done()).toEqual([]);
    }
  });

  test('nothing runs when the second question gets a no', async () => {
    person = async () => (asked.length === 1 ? yes({}) : { action: 'decline' });
    const answer = await client.call('destroys', { grade: 'careful', actions: [fresh(), fresh()] });
    expect(answer.structured.response.error.code).toBe('refused');
    expect(await done()).toEqual([]);
  });

  test('nothing runs when the caller gives up before the person answers', async () => {
    const stop = new AbortController();
    // The yes is sent after the cancellation.
    person = async (question) => {
      stop.abort();
      return yes(question);
    };
    await expect(
      client.call('destroys', { grade: 'authority', actions: [fresh()] }, { signal: stop.signal }),
    ).rejects.toThrow();
    // Answered after the late yes has arrived.
    person = yes;
    const last = fresh();
    await client.call('destroys', { grade: 'careful', actions: [last] });
    expect(await done()).toEqual([last]);
  });

  test('nothing runs when the client fails to ask', async () => {
    person = () => Promise.reject(new Error('broken'));
    const call = client.call('destroys', { grade: 'authority', actions: [fresh()] });
    await call.then(
      ({ structured }) => expect(structured.response.error.code).toBe('refused'),
      () => undefined,
    );
    expect(await done()).toEqual([]);
  });

  test('a page is opened by the client, and its refusal is known', async () => {
    person = async () => ({ action: 'accept' });
    expect((await client.call('opens_page', {})).structured.response.data).toEqual({ shown: true });
    expect(asked).toMatchObject([{ mode: 'url', url: 'http://127.0.0.1:9/secret', message: 'Type the secret.' }]);
    person = async () => ({ action: 'decline' });
    expect((await client.call('opens_page', {})).structured.response.data).toEqual({ shown: false });
  });
});

describe.each(cases)('%s over %s, without anybody to ask', (kind, transport) => {
  let client: TestClient;

  beforeAll(async () => {
    client = await connectClient(kind, target(transport));
  });
  afterAll(() => client.close());

  const refusal = async (tool: string, args: Record<string, unknown>) => {
    const answer = await client.call(tool, args);
    expect(answer.isError).toBe(true);
    expect(JSON.parse(String(answer.content[0]?.['text']))).toEqual(answer.structured);
    expect(answer.structured.response.error.code).toBe('refused');
    return answer.structured.response.error;
  };

  test('careful runs with the handle of the same request, once', async () => {
    const [action, other] = [fresh(), fresh()];
    const args = { grade: 'careful', actions: [action] };
    const { preview, confirm } = await refusal('destroys', args);
    expect(preview).toEqual([`POST /${action}`]);
    await refusal('destroys', { ...args, actions: [other], confirm });
    await refusal('destroys', { ...args, grade: 'authority', confirm });
    expect(await done()).toEqual([]);
    expect((await client.call('destroys', { ...args, confirm })).structured.response.success).toBe(true);
    await refusal('destroys', { ...args, confirm });
    expect(await done()).toEqual([action]);
  });

  test('authority runs after tenantry approve alone, once', async () => {
    const action = fresh();
    const args = { grade: 'authority', actions: [action] };
    const { pending, confirm, hint } = await refusal('destroys', args);
    expect(confirm).toBeUndefined();
    expect(hint).toContain(`tenantry approve ${pending}`);
    await refusal('destroys', { ...args, confirm: pending });
    await refusal('destroys', args);
    expect(await cli(['approve', pending, '--yes'])).toMatchObject({ code: 0 });
    await refusal('destroys', { ...args, actions: [action, fresh()] });
    expect(await done()).toEqual([]);
    const both = await Promise.all([client.call('destroys', args), client.call('destroys', args)]);
    // The same call twice at once is one: the other may be answered with what it did.
    expect(both.some(({ isError }) => isError !== true)).toBe(true);
    expect(await done()).toEqual([action]);
    await refusal('destroys', args);
    expect(await done()).toEqual([action]);
  });

  test('what the person declined is not run', async () => {
    const args = { grade: 'authority', actions: [fresh()] };
    const { pending } = await refusal('adds', args);
    expect(await cli(['approve', pending, '--decline'])).toMatchObject({ code: 0 });
    expect((await refusal('adds', args)).message).toContain('A person has said no');
    expect(await done()).toEqual([]);
  });

  test('a tool that takes no handle gives none', async () => {
    const { pending, confirm } = await refusal('adds', { grade: 'careful', actions: [fresh()] });
    expect({ pending, confirm }).toEqual({ pending: expect.any(String), confirm: undefined });
    await cli(['approve', pending, '--decline']);
  });

  test('no page is shown', async () => {
    expect((await client.call('opens_page', {})).structured.response.data).toEqual({ shown: false });
  });
});

describe.each(['stdio', 'http'] as const)(
  'answers that a client of the newer family makes up, over %s',
  (transport) => {
    let client: Client;

    beforeAll(async () => {
      client = new Client(
        { name: 'forger', version: '1' },
        { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode: { pin: '2026-07-28' } } },
      );
      await client.connect(
        transport === 'http'
          ? new StreamableHTTPClientTransport(new URL(access.url), { requestInit: { headers: access.headers } })
          : new StdioClientTransport({ command: process.execPath, args: stdio.args(), env, stderr: 'ignore' }),
      );
    });
    afterAll(() => client.close());

    interface Round {
      readonly inputRequests?: Readonly<Record<string, unknown>>;
      readonly requestState?: string;
      readonly resultType?: string;
    }
    const send = async (args: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Round> => {
      const params = { name: 'destroys', arguments: args, ...more };
      return (await client.request({ method: 'tools/call', params }, { allowInputRequired: true })) as Round;
    };
    const accept = { action: 'accept', content: { yes: true } };
    const ask = async (args: Record<string, unknown>) => {
      const { inputRequests = {}, requestState = '' } = await send(args);
      const [id = ''] = Object.keys(inputRequests);
      return { id, requestState };
    };

    test('the answer runs it once', async () => {
      const action = fresh();
      const args = { grade: 'authority', actions: [action] };
      const { id, requestState } = await ask(args);
      const answered = { inputResponses: { [id]: accept }, requestState };
      await send(args, answered);
      expect(await done()).toEqual([action]);
      expect((await send(args, answered)).resultType).toBe('input_required');
      expect(await done()).toEqual([action]);
    });

    test('an answer to another question, or to none, runs nothing', async () => {
      const args = { grade: 'careful', actions: [fresh()] };
      const { requestState } = await ask(args);
      const other = await ask(args);
      for (const inputResponses of [{ [other.id]: accept }, { yes: accept }, {}]) {
        expect((await send(args, { inputResponses, requestState })).resultType).toBe('input_required');
      }
      expect((await send(args, { inputResponses: { [other.id]: accept } })).resultType).toBe('input_required');
      expect(await done()).toEqual([]);
    });

    test('the state of another request, a changed or a made-up one is a protocol error', async () => {
      const args = { grade: 'careful', actions: [fresh()] };
      const { id, requestState } = await ask(args);
      const inputResponses = { [id]: accept };
      const changed = `${requestState.slice(0, -2)}AA`;
      for (const [other, state] of [
        [{ ...args, actions: [fresh()] }, requestState],
        [{ ...args, grade: 'authority' }, requestState],
        [args, changed],
        [args, 'v1.made-up'],
        [args, ''],
      ] as const) {
        await expect(send(other, { inputResponses, requestState: state })).rejects.toMatchObject({ code: -32602 });
      }
      expect(await done()).toEqual([]);
    });

    test('a yes to the first of two questions is not one to the second', async () => {
      const args = { grade: 'authority', actions: [fresh(), fresh()] };
      const first = await ask(args);
      const second = await send(args, { inputResponses: { [first.id]: accept }, requestState: first.requestState });
      expect(second.resultType).toBe('input_required');
      const replay = { inputResponses: { [first.id]: accept }, requestState: second.requestState };
      const third = await send(args, replay);
      expect(third.resultType).toBe('input_required');
      expect(await done()).toEqual([]);
      const [id = ''] = Object.keys(third.inputRequests ?? {});
      await send(args, { inputResponses: { [id]: accept }, requestState: third.requestState });
      expect(await done()).toEqual([args.actions.join('+')]);
    });
  },
);

test('an older client without a session is asked nothing, and gets the code', async () => {
  const accept = 'application/json, text/event-stream';
  const headers = { ...access.headers, 'content-type': 'application/json', accept };
  const params = { name: 'destroys', arguments: { grade: 'authority', actions: [fresh()] } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const text = await (await fetch(access.url, { method: 'POST', headers, body })).text();
  expect(text).toMatch(/\\"pending\\":\\"[2-9A-Z]{4}\\"/);
  expect(await done()).toEqual([]);
});

test('two processes spend one approval once', async () => {
  const [one, two] = await Promise.all([
    connectClient('v2 legacy', target('stdio')),
    connectClient('v2 pinned', target('stdio')),
  ]);
  const args = { grade: 'authority', actions: [fresh()] };
  const codes = await Promise.all([one, two].map((client) => client.call('destroys', args)));
  const [pending, same] = codes.map(({ structured }) => structured.response.error.pending);
  expect(same).toBe(pending);
  await cli(['approve', pending, '--yes']);
  await Promise.all([one, two, one, two].map((client) => client.call('destroys', args)));
  expect(await done()).toEqual([args.actions[0]]);
  await Promise.all([one.close(), two.close()]);
});
