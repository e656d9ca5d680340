import { randomBytes } from 'node:crypto';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { localCaller } from '../../src/core/base/caller.ts';
import { systemClock } from '../../src/core/base/clock.ts';
import { createCursorHandles } from '../../src/core/results/cursor-handles.ts';
import type { ListState } from '../../src/core/results/tool-outcome.ts';
import { newResultId } from '../../src/core/storage/result-store.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { defineTool, destructive, readOnly, type ToolAnnotations } from '../../src/tools/define-tool.ts';
import { type Answer, openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ scopes: ['directory'] });
  await tools.call('validate_connection', { connection: 'sandbox' });
});

afterAll(() => tools.close());

const tokens = (value: unknown) => encode(typeof value === 'string' ? value : JSON.stringify(value)).length;

/** What stands around the data, without what the sandbox alone says: the name of its cloud. */
function around({ text, response }: Answer): number {
  return tokens(text.replace(',"cloud":"sandbox"', '')) - tokens(response.data);
}

/** An answer of a tool that lists. */
async function answerWith(list: ListState, annotations: ToolAnnotations = readOnly): Promise<Answer> {
  const tool = defineTool({
    name: 'test_tool',
    title: 'Test',
    description: 'Answers as the test says.',
    toolset: 'graph',
    permissions: [],
    annotations,
    bindsConnection: true,
    input: z.strictObject({ connection: z.string() }),
    run: async () => ({ status: 200, data: { value: [{ id: 'a' }] }, list }),
  });
  const options = { caller: localCaller, signal: new AbortController().signal };
  const { text, isError, diagnostics } = await runTool(tool, { connection: 'sandbox' }, options, tools.runtime);
  return { text, isError, diagnostics: { client_request_id: '', duration_ms: 0, ...diagnostics }, ...JSON.parse(text) };
}

describe('the envelope', () => {
  test.each([
    ['a list', { endpoint: '/users?$select=id,displayName', limit: 5 }],
    ['an object', { endpoint: '/organization?$select=id' }],
    ['a count', { endpoint: '/groups/$count', headers: { ConsistencyLevel: 'eventual' } }],
  ])('takes at most 50 tokens around %s', async (_what, input) => {
    const answer = await tools.call('graph_query', input);
    expect(answer.response.success).toBe(true);
    if (answer.meta.complete === false) return;
    expect(around(answer)).toBeLessThanOrEqual(50);
  });

  test('takes at most 50 tokens around a complete list of a tool', async () => {
    expect(around(await answerWith({ count: 1, complete: true }))).toBeLessThanOrEqual(50);
  });

  test('takes at most 60 more with a cursor and a stored result', async () => {
    const handles = createCursorHandles({
      state: { get: async () => undefined, set: async () => undefined },
      key: async () => randomBytes(32),
      clock: systemClock,
    });
    const cursor = await handles.create(
      { kind: 'stored', id: newResultId(), position: 1 },
      { caller: 'local', connectionId: 'c', query: {} },
    );
    const result = `tenantry://results/${newResultId()}`;
    const whole = around(await answerWith({ count: 1, complete: false }));
    expect(around(await answerWith({ count: 1, complete: false, cursor, result })) - whole).toBeLessThanOrEqual(60);
  });

  test('names the tenant by its domain; its id stands in answers of writes and in errors', async () => {
    const { tenantId } = tools.sandbox.credentials;
    const read = await answerWith({ count: 1, complete: true });
    expect(read.connection).toEqual({ name: 'sandbox', tenant: 'contoso.example', cloud: 'sandbox' });
    const write = await answerWith({ count: 1, complete: true }, destructive);
    expect(write.connection).toEqual({ ...read.connection, tenant_id: tenantId });
    const failed = await tools.call('graph_query', { endpoint: '/users/nobody' });
    expect(failed.connection).toEqual({ ...read.connection, tenant_id: tenantId });
  });

  test('has nothing of the wire in it: that is in the diagnostics', async () => {
    const { text, diagnostics, meta } = await tools.call('graph_query', { endpoint: '/users', limit: 3 });
    expect(Object.keys(meta)).not.toEqual(expect.arrayContaining(['request_id']));
    expect(text).not.toMatch(/"(?:request_id|client_request_id|attempts|requests|pages|duration_ms)"/);
    expect(diagnostics).toEqual({
      request_id: expect.any(String),
      client_request_id: expect.any(String),
      attempts: 1,
      requests: 1,
      pages: 1,
      duration_ms: expect.any(Number),
    });
  });
});

describe('diagnostics', () => {
  test('are cleaned and masked like the answer', async () => {
    const token = 'a-secret-that-is-known-to-the-process';
    tools.runtime.secrets.add(token);
    const tool = defineTool({
      name: 'test_tool',
      title: 'Test',
      description: 'Answers as the test says.',
      toolset: 'graph',
      permissions: [],
      annotations: readOnly,
      bindsConnection: false,
      input: z.strictObject({}),
      run: async (_input, { call }) => {
        call.record.requestId = `r\u202e-${token}`;
        return { status: 200, data: null };
      },
    });
    const options = { caller: localCaller, signal: new AbortController().signal };
    const { diagnostics } = await runTool(tool, {}, options, tools.runtime);
    expect(diagnostics['request_id']).toBe('r-[redacted]');
  });
});
