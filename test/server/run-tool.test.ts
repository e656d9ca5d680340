import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { localCaller } from '../../src/core/base/caller.ts';
import { delay } from '../../src/core/base/delay.ts';
import { AppError } from '../../src/core/base/errors.ts';
import type { ToolOutcome } from '../../src/core/results/tool-outcome.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { runTool, type ToolCallOptions } from '../../src/server/run-tool.ts';
import { defineTool, destructive, readOnly, type ToolContext } from '../../src/tools/define-tool.ts';
import { tools } from '../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let box: SandboxTools;

beforeAll(async () => {
  box = await openSandboxTools({ maxResultBytes: 5_000 });
});
afterAll(() => box.close());

/** A tool that does what the test says. */
const tool = (run: (context: ToolContext) => Promise<ToolOutcome>) =>
  defineTool({
    name: 'test_tool',
    title: 'Test',
    description: 'Does what the test says.',
    toolset: 'graph',
    permissions: [],
    annotations: readOnly,
    bindsConnection: false,
    input: z.strictObject({
      timeout: z.number().optional(),
      correlation_id: z.string().optional(),
      secret: z
        .string()
        .transform((text) => new Secret(text))
        .optional(),
    }),
    output: z.unknown(),
    run: (_, context) => run(context),
  });

const call = async (
  run: (context: ToolContext) => Promise<ToolOutcome>,
  input: Record<string, unknown> = {},
  options: Partial<ToolCallOptions> = {},
) => {
  const { signal } = new AbortController();
  const result = await runTool(tool(run), input, { caller: localCaller, signal, ...options }, box.runtime);
  expect(JSON.parse(result.text)).toEqual(result.structured);
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  return { ...result, structured: result.structured as any };
};

describe('an answer', () => {
  test('has response and meta, and leaves out what says nothing', async () => {
    const { structured, isError, diagnostics } = await call(async () => ({ status: 200, data: { a: 1 } }), {
      correlation_id: 'c-1',
    });
    expect(isError).toBe(false);
    expect(diagnostics).toEqual({ client_request_id: 'c-1', duration_ms: expect.any(Number) });
    expect(structured).toEqual({
      response: { success: true, status: 200, data: { a: 1 } },
      meta: {},
    });
  });

  test('tells what happened on the wire', async () => {
    const { structured, diagnostics } = await call(async ({ call: { record, note } }) => {
      Object.assign(record, { requests: 3, attempts: 2, pages: 1, requestId: 'r-1' });
      note('twice');
      note('twice');
      return { status: 200, data: null, list: { count: 7, total: 9, complete: false, cursor: 'c' } };
    });
    expect(diagnostics).toMatchObject({ request_id: 'r-1', requests: 3, attempts: 2, pages: 1 });
    expect(structured.meta).toEqual({ complete: false, count: 7, total: 9, cursor: 'c', notes: ['twice'] });
  });

  test('that failed in part is an error unless the handler says otherwise', async () => {
    const outcome = { status: 207, data: {}, success: false };
    expect((await call(async () => outcome)).isError).toBe(true);
    expect((await call(async () => ({ ...outcome, isError: false }))).isError).toBe(false);
  });

  test('that is too large is stored as a whole, and shows what fits', async () => {
    const data = { responses: Array.from({ length: 500 }, (_, id) => ({ id: String(id), status: 200 })) };
    const { structured, text, link } = await call(async () => ({ status: 200, data }));
    expect(Buffer.byteLength(text)).toBeLessThan(6_000);
    expect(structured.response.data.responses[0]).toEqual({ id: '0', status: 200 });
    expect(structured.meta).toMatchObject({ complete: false, result: link?.uri });
    expect(structured.meta.notes[0]).toMatch(/the first \d+ of 500 entries/);
    const id = link?.uri.split('/').at(-1) ?? '';
    const stored = await box.runtime.results.read(id, 'local', 0, 1_000_000);
    expect(stored?.items).toEqual([data]);
    expect(await box.runtime.results.read(id, 'eve', 0, 1_000_000)).toBeUndefined();
  });

  test('with one long text shows its beginning', async () => {
    const { structured } = await call(async () => ({ status: 200, data: { id: '1', body: 'x'.repeat(20_000) } }));
    expect(structured.response.data).toMatchObject({ id: '1', body: expect.stringMatching(/^x{200,}…$/) });
  });

  test('drops what a person could not see', async () => {
    const displayName = 'Ada\u200b \u{e0041}\u202eLovelace 👨\u200d👩\u200d👧';
    const { structured } = await call(async () => ({ status: 200, data: { displayName } }));
    expect(structured.response.data.displayName).toBe('Ada Lovelace 👨\u200d👩\u200d👧');
  });

  test('masks a secret that came as an argument, in every spelling', async () => {
    const secret = 'pa"ss\\word+/=1';
    const data = { a: secret, b: `https://x/?s=${encodeURIComponent(secret)}` };
    const { text } = await call(async () => ({ status: 200, data }), { secret });
    expect(JSON.parse(text).response.data).toEqual({ a: '[redacted]', b: 'https://x/?s=[redacted]' });
  });
});

test('a secret that looks like a piece of an answer spoils no answer', async () => {
  for (const secret of ['"response":', 'response', '{"response":{"success']) {
    const first = await call(async () => ({ status: 200, data: { a: secret } }), { secret });
    expect(first.structured.response).toEqual({ success: true, status: 200, data: { a: '[redacted]' } });
  }
});

describe('a failure', () => {
  const tooMuch = async () => {
    throw new AppError('throttled', 'Too much of users.', {
      hint: 'Wait.',
      status: 429,
      retryable: true,
      retryAfterMs: 11_001,
      upstream: {
        url: 'https://graph.example/v1.0/users',
        code: 'TooManyRequests',
        requestId: 'r-2',
        detail: { message: 'Too much' },
      },
      detail: { path: 'users', paths: ['users'], pause: 'hour', items: 7 },
    });
  };
  const shown = {
    code: 'throttled',
    message: 'Too much of users.',
    hint: 'Wait.',
    retryable: true,
    retry_after_seconds: 12,
    upstream: { code: 'TooManyRequests', request_id: 'r-2' },
    // What the sentences name is not repeated.
    detail: { pause: 'hour', items: 7 },
  };

  test('has the shape of the contract, and says nothing twice', async () => {
    const { structured, isError } = await call(tooMuch);
    expect(isError).toBe(true);
    expect(structured.response).toEqual({ success: false, status: 429, error: shown });
  });

  test('tells people and programs who ask for it also what the service said', async () => {
    const { structured } = await call(tooMuch, {}, { verbose: true });
    expect(structured.response.error).toEqual({
      ...shown,
      error: 'HTTP Error 429',
      upstream: { ...shown.upstream, url: 'https://graph.example/v1.0/users', detail: { message: 'Too much' } },
      detail: { path: 'users', paths: ['users'], pause: 'hour', items: 7 },
    });
  });

  test('that nobody foresaw shows a reference and nothing else', async () => {
    const { text, structured } = await call(
      async () => {
        throw new TypeError('reading token eyJ of undefined at /home/somebody');
      },
      { correlation_id: 'ref-7' },
    );
    expect(structured.response.error.message).toBe('An unexpected failure, reference ref-7.');
    expect(text).not.toContain('somebody');
    expect(text).not.toContain('TypeError');
  });
});

describe('time', () => {
  test('a call that waits past its deadline is a timeout, not a cancellation', async () => {
    const { structured } = await call(
      async ({ call: { signal } }) => {
        await delay(60_000, signal);
        return { status: 200, data: 'late' };
      },
      { timeout: 0.01 },
    );
    expect(structured.response.error).toMatchObject({ code: 'timeout', retryable: true });
  });

  test('a handler that ignores its signal does not hold the caller', async () => {
    vi.useFakeTimers();
    const pending = call(() => new Promise(() => undefined), { timeout: 5 });
    await vi.advanceTimersByTimeAsync(6_100);
    expect((await pending).structured.response.error.code).toBe('timeout');
  });

  test('a storage that does not answer does not hold the caller', async () => {
    vi.useFakeTimers();
    const never = () => new Promise<never>(() => undefined);
    const runtime = { ...box.runtime, connections: { ...box.runtime.connections, get: never } };
    const bound = { ...tool(async () => ({ status: 200, data: 1 })), bindsConnection: true as const };
    const options = { caller: localCaller, signal: new AbortController().signal };
    const pending = runTool(bound, { timeout: 5 }, options, runtime);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(JSON.parse((await pending).text)).toMatchObject({ response: { error: { code: 'timeout' } } });
  });

  test('a storage that fails after a change does not make it a failure', async () => {
    let isChanged = false;
    const find = async () => {
      if (isChanged) throw new Error('away');
      return undefined;
    };
    const runtime = { ...box.runtime, connections: { ...box.runtime.connections, find } };
    const run = async () => {
      isChanged = true;
      return { status: 200, data: { name: 'prod' } };
    };
    const change = defineTool({
      ...tool(run),
      annotations: destructive,
      input: z.strictObject({ name: z.string() }),
      run,
    });
    const options = { caller: localCaller, signal: new AbortController().signal };
    const { text } = await runTool(change, { name: 'prod' }, options, runtime);
    expect(JSON.parse(text)).toMatchObject({ response: { success: true, data: { name: 'prod' } } });
  });

  test('cancellation is answered as such', async () => {
    const cancel = new AbortController();
    const pending = call(
      async ({ call: { signal } }) => {
        cancel.abort();
        await delay(60_000, signal);
        return { status: 200, data: null };
      },
      {},
      { signal: cancel.signal },
    );
    expect((await pending).structured.response.error.code).toBe('cancelled');
  });

  test('progress only grows', async () => {
    const seen: number[] = [];
    await call(
      async ({ call: { progress } }) => {
        for (const value of [1, 1, 3, 2, 5]) progress({ progress: value });
        return { status: 200, data: null };
      },
      {},
      { progress: ({ progress }) => seen.push(progress) },
    );
    expect(seen).toEqual([1, 3, 5]);
  });
});

describe('read-only', () => {
  test('access of the connection is enforced before the handler', async () => {
    const closed = await openSandboxTools({ access: 'read_only' });
    const requests = [{ method: 'PATCH', endpoint: '/users/x', body: {} }];
    const { response } = await closed.call('graph_write', { requests });
    expect(response.error).toMatchObject({ code: 'refused', message: expect.stringContaining('read-only') });
    expect(closed.seen()).toEqual([]);
    await closed.close();
  });

  test('mode of the server is enforced whatever the tool works on', async () => {
    const writing = { ...tool(async () => ({ status: 200, data: null })), annotations: destructive };
    const runtime = { ...box.runtime, config: { ...box.runtime.config, readOnly: true } };
    const { signal } = new AbortController();
    const result = await runTool(writing, {}, { caller: localCaller, signal }, runtime);
    expect(JSON.parse(result.text).response.error.code).toBe('refused');
  });
});

test('a connection that has no identity yet says how to complete it', async () => {
  await box.call('create_connection', { name: 'unready', cloud: 'sandbox' });
  const { response, connection } = await box.call('graph_query', { connection: 'unready', endpoint: '/users' });
  expect(response.error).toMatchObject({ code: 'configuration', hint: expect.stringContaining('complete_connection') });
  expect(connection).toMatchObject({ name: 'unready', cloud: 'sandbox' });
});

test('an unknown connection lists the valid ones', async () => {
  const { response } = await box.call('graph_query', { connection: 'sandbos', endpoint: '/users' });
  expect(response.error.code).toBe('not_found');
  expect(JSON.stringify(response.error)).toContain('sandbox');
});

describe('a tool that works on connections themselves', () => {
  const named = (connection: string) => ({ connection, client_id: '00000000-0000-0000-0000-000000000009' });

  test('does not read the secrets of declared connections for the one that it names', async () => {
    const read: string[] = [];
    const environment = (name: string) => {
      read.push(name);
      return name === 'DECLARED_SECRET' ? 'declared-secret' : undefined;
    };
    const declared = {
      name: 'declared',
      provider: 'azure',
      scopes: ['directory'],
      cloud: 'public',
      access: 'read_only',
      auth_type: 'azure',
      scope_level: 'subscription',
      settings: {},
      identity: { tenant_id: 'contoso.example', client_id: '00000000-0000-0000-0000-000000000001' },
      secrets: { client_secret: { env: 'DECLARED_SECRET' } },
    } as const;
    const home = await mkdtemp(join(tmpdir(), 'tenantry-test-'));
    const { config } = await loadConfig({ flags: { home, logLevel: 'silent' }, environment });
    const runtime = createRuntime({ config: { ...config, connections: [declared] }, version: '0' });
    const callTool = async (name: string, input: unknown) => {
      const found = tools.find((one) => one.name === name);
      if (found === undefined) throw new Error(`There is no tool ${name}.`);
      return runTool(found, input, { caller: localCaller, signal: new AbortController().signal }, runtime);
    };
    try {
      expect((await callTool('create_connection', { name: 'stored' })).structured).toMatchObject({
        connection: { name: 'stored' },
      });
      await callTool('complete_connection', named('stored'));
      expect((await callTool('complete_connection', named('nowhere'))).text).toContain('declared');
      expect((await callTool('delete_connection', { connection: 'stored' })).structured).toMatchObject({
        connection: { name: 'stored' },
      });
      expect(read).not.toContain('DECLARED_SECRET');
      await callTool('list_connections', {});
      expect(read).toContain('DECLARED_SECRET');
    } finally {
      await runtime.close();
      await rm(home, { recursive: true, force: true });
    }
  });
});
