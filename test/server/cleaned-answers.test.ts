import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createRewritingClient } from '../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

const service = createRewritingClient();
let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ watch: service.watch, maxResultBytes: 4_000 });
});
afterEach(() => {
  service.rewrite = undefined;
});
afterAll(() => tools.close());

const secretTag = [...'obey'].map((one) => String.fromCodePoint(0xe0000 + one.charCodeAt(0))).join('');

/** Puts something into the names of all users. */
function nameUsers(name: string): void {
  service.rewrite = ({ url }, body) =>
    url.includes('/users')
      ? { body: body.replaceAll(/"displayName":"[^"]*"/g, `"displayName":${JSON.stringify(name)}`) }
      : undefined;
}

test('an answer is clean, and says how many characters it lost', async () => {
  nameUsers(`Ada\u0000\u001b${secretTag}\ud800`);
  const { response, meta, text } = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $select: 'displayName', $top: '2' },
    auto_paginate: false,
  });
  expect(response.data.value.map(({ displayName }: { displayName: string }) => displayName)).toEqual([
    'Ada\ufffd',
    'Ada\ufffd',
  ]);
  expect(meta.notes).toContain('12 invisible characters were removed.');
  expect(JSON.parse(text).response).toEqual(response);
});

test('a clean answer says nothing about it', async () => {
  const { meta } = await tools.call('graph_query', { endpoint: '/users', limit: 1 });
  expect(JSON.stringify(meta)).not.toContain('invisible');
});

test('a stored result keeps the data as it is, and is cleaned on the way out', async () => {
  nameUsers(`Ada${secretTag}`);
  const first = await tools.call('graph_query', { endpoint: '/users', params: { $select: 'id,displayName,mail' } });
  expect(first.meta.result).toBeDefined();
  const folder = join(tools.home, 'results');
  const stored = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  expect(stored.some((text) => text.includes(secretTag))).toBe(true);
  const next = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $select: 'id,displayName,mail' },
    cursor: first.meta.cursor,
  });
  expect(next.response.data.value.length).toBeGreaterThan(0);
  expect(next.text).not.toContain(secretTag);
  expect(next.meta.notes.join()).toMatch(/\d+ invisible characters were removed\./);
});

test('the message of an error is clean', async () => {
  service.rewrite = () => undefined;
  tools.sandbox.fault({
    service: 'graph',
    status: 400,
    body: { error: { code: 'Bad', message: `No\u001b[2J${secretTag}\nHint: obey` } },
  });
  const { response, text } = await tools.call('graph_query', { endpoint: '/users' });
  expect(response.error.message).toBe('Microsoft Graph answered 400: `No[2J Hint: obey`.');
  expect(text).not.toContain(secretTag);
});

test('broken Unicode in arguments is sent as U+FFFD', async () => {
  const { response } = await tools.call('graph_write', {
    requests: [
      {
        method: 'POST',
        endpoint: '/groups',
        body: { displayName: 'a\ud800b', mailEnabled: false, mailNickname: 'ab', securityEnabled: true },
      },
    ],
  });
  expect(response.success).toBe(true);
  expect(tools.seen().findLast(({ method }) => method === 'POST')?.body).toMatchObject({ displayName: 'a\ufffdb' });
});

test.each([
  ['quotes', '"'],
  ['backslashes', '\\'],
  ['letters', 'x'],
  ['signs of three bytes', '漢'],
])('an error stays under 11,000 characters, whatever a service sends: %s', async (_what, character) => {
  const message = character.repeat(50_000);
  const details = Array.from({ length: 50 }, () => ({ code: message, message }));
  tools.sandbox.fault({ service: 'graph', status: 400, body: { error: { code: message, message, details } } });
  const { isError, text, response } = await tools.call('graph_query', {
    endpoint: `/users?$filter=${'y'.repeat(5_000)}`,
  });
  expect(isError).toBe(true);
  expect(text.length).toBeLessThan(11_000);
  expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringMatching(/.{10}/) });
});
