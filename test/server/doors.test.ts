import { execFile } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ServerContext } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { textTable } from '../../src/cli/output/text-table.ts';
import { createLogger } from '../../src/core/telemetry/logger.ts';
import { createSurface, type Surface } from '../../src/server/surface.ts';
import { createRewritingClient } from '../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

// Every way out of the product, and what strangers put into names. What is dropped counts as clean; U+FFFD stands for the
// half of a pair.

const service = createRewritingClient();
let tools: SandboxTools;
let surface: Surface;

const tag = String.fromCodePoint(0xe0000 + 'x'.charCodeAt(0));
/** Escape sequences in both forms, a line that overwrites itself, half of a pair, what turns or hides text. */
const hostile = `A\u001b[2J\u009b31m\u0000\rB\u0007\u007f\ud83dC\ude00\u202e${tag}\u200b\ufeff`;

/** What must reach nobody. */
function unclean(text: string): readonly string[] {
  const found = text.match(/(?![\t\n])\p{Cc}|\p{Bidi_Control}|[\u200b\ufeff\u{e0000}-\u{e007f}]/gu) ?? [];
  return text.isWellFormed() ? found : [...found, 'a lone surrogate'];
}

/** Every text in a value, names of members too. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => [name, ...textsIn(child)]);
}

/** A service and a tenant that put it wherever they can. */
function poison(status = 200): void {
  const item = { id: hostile, displayName: hostile, [`x${hostile}`]: [hostile] };
  const refusal = { error: { code: hostile, message: hostile, innerError: { date: hostile } } };
  const body = JSON.stringify(status < 300 ? { value: [item, { ...item, id: '2' }] } : refusal);
  service.rewrite = ({ url }) =>
    /\/v1\.0\/|subscriptions/.test(url) && !url.includes('$batch')
      ? { status, headers: { 'content-type': 'application/json', 'request-id': 'r' }, body }
      : undefined;
}

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true, watch: service.watch, maxResultBytes: 4_000 });
  surface = createSurface(tools.runtime, { listed: [], callable: [] });
});

afterAll(() => tools.close());

beforeEach(() => {
  service.rewrite = undefined;
});

describe('what strangers write leaves clean', () => {
  const calls: readonly (readonly [string, string, Readonly<Record<string, unknown>>, number])[] = [
    ['a list', 'graph_query', { endpoint: '/users' }, 200],
    ['a table', 'graph_query', { endpoint: '/users', format: 'csv' }, 200],
    ['a projection that cuts texts', 'graph_query', { endpoint: '/users', project: 'value[].displayName | [0]' }, 200],
    ['resources', 'arm_query', { path: '/subscriptions', api_version: '2022-12-01' }, 200],
    ['a refusal of Graph', 'graph_query', { endpoint: '/users' }, 400],
    ['a refusal of Resource Manager', 'arm_query', { path: '/subscriptions', api_version: '2022-12-01' }, 403],
    ['an argument that is refused', 'graph_query', { endpoint: `/${hostile}`, params: { [hostile]: hostile } }, 200],
    ['a name of an argument', 'graph_query', { endpoint: '/users', [hostile]: 1 }, 200],
    ['a connection', 'graph_query', { connection: hostile, endpoint: '/users' }, 200],
  ];
  test.each(calls)('as %s, in text and in structured content', async (_, tool, input, status) => {
    poison(status);
    const { text } = await tools.call(tool, input);
    expect(unclean(text)).toEqual([]);
    expect(textsIn(JSON.parse(text)).flatMap(unclean)).toEqual([]);
  });

  test('as progress', async () => {
    const messages: string[] = [];
    poison();
    await tools.call('graph_query', { endpoint: '/users' }, { progress: ({ message = '' }) => messages.push(message) });
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.flatMap(unclean)).toEqual([]);
  });

  test('as a stored result', async () => {
    const items = Array.from({ length: 200 }, (_, index) => ({ id: String(index), displayName: hostile }));
    const body = JSON.stringify({ value: items });
    service.rewrite = ({ url }) =>
      url.includes('/users') ? { status: 200, headers: { 'content-type': 'application/json' }, body } : undefined;
    const first = await tools.call('graph_query', { endpoint: '/users' });
    const next = await tools.call('graph_query', { endpoint: '/users', cursor: first.meta.cursor });
    const resource = await surface.readResource({ uri: first.meta.result }, {} as ServerContext);
    const [content] = resource.contents;
    const stored = content !== undefined && 'text' in content ? content.text : '';
    expect(stored).toContain('displayName');
    expect([next.text, stored].flatMap(unclean)).toEqual([]);
    expect(textsIn(JSON.parse(stored)).flatMap(unclean)).toEqual([]);
  });

  const refusals: readonly (readonly [string, () => unknown])[] = [
    ['a resource', () => surface.readResource({ uri: `tenantry://${hostile}` }, {} as ServerContext)],
    ['a prompt', () => surface.getPrompt({ name: hostile }, {} as ServerContext)],
    ['a tool', () => surface.callTool({ name: hostile, arguments: {} }, {} as ServerContext)],
  ];
  test.each(refusals)('as the name of %s that is unknown', async (_, ask) => {
    const error = await Promise.resolve()
      .then(ask)
      .catch((one: unknown) => one);
    expect(error).toBeInstanceOf(Error);
    const { message, data } = error as Error & { readonly data?: unknown };
    expect([message, ...textsIn(data)].flatMap(unclean)).toEqual([]);
  });

  test('as an argument of a prompt', async () => {
    const values = { name: hostile, tenant_id: hostile, subscription_id: hostile, issuer: hostile };
    const prompt = await surface.getPrompt({ name: 'onboard_tenant', arguments: values }, {} as ServerContext);
    expect(textsIn(prompt).flatMap(unclean)).toEqual([]);
  });

  test('as a completion', async () => {
    const ref = { type: 'ref/prompt' as const, name: 'onboard_tenant' };
    const found = await surface.complete({ ref, argument: { name: 'issuer', value: '' } }, {} as ServerContext);
    expect(textsIn(found).flatMap(unclean)).toEqual([]);
  });

  test('as a line of the log', async () => {
    const out = new PassThrough();
    const lines: string[] = [];
    out.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
    const logger = createLogger({ level: 'info', destination: out });
    logger.info(hostile, { name: hostile });
    await logger.flush();
    expect(lines.join('')).toContain('31m');
    expect(unclean(lines.join(''))).toEqual([]);
  });

  test('as a cell of a table', () => {
    expect(unclean(textTable(['NAME'], [[hostile]]))).toEqual([]);
  });

  const spoken = hostile.replaceAll('\u0000', '');
  test.each([
    ['an option', ['call', 'graph_query', '--sandbox', `--x${spoken}`]],
    ['a command', [`x${spoken}`]],
    ['an argument too many', ['tools', spoken]],
    ['a choice', ['setup', spoken]],
    ['a tool', ['call', spoken, '--sandbox']],
  ])('as %s of the command line', async (_, args) => {
    const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, ['--no-warnings', cli, ...args], (__, stdout, stderr) =>
        resolve(`${stdout}${stderr}`),
      );
    });
    expect(said).toMatch(/error: /);
    expect(unclean(said)).toEqual([]);
  });
});
