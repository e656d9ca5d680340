import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools();
});

afterEach(async () => {
  await tools.close();
});

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('no answer and no file of any tool shows a secret or a token', async () => {
  const { clientSecret, clientId, tenantId } = tools.sandbox.credentials;
  const marked = 'MARKED-SECRET-c7f1e2';
  const answers: Answer[] = [];
  const call = async (tool: string, input: Readonly<Record<string, unknown>>) => {
    answers.push(await tools.call(tool, input));
  };
  const identity = { tenant_id: tenantId, client_id: clientId };
  await call('create_connection', { name: 'good', cloud: 'sandbox', access: 'read_write' });
  await call('complete_connection', { connection: 'good', ...identity, client_secret: clientSecret });
  await call('validate_connection', { connection: 'good' });
  await call('complete_connection', { connection: 'good', client_secret: marked });
  await call('validate_connection', { connection: 'good' });
  await call('graph_query', { connection: 'good', endpoint: '/users' });
  await call('complete_connection', { connection: 'good', client_secret: { previous: true } });
  await call('complete_connection', { connection: 'good', certificate: marked });
  await call('complete_connection', { connection: 'good', client_secret: { file: `/nowhere/${marked.slice(0, 6)}` } });
  for (const status of [400, 401, 403, 429, 500]) {
    tools.sandbox.fault({
      service: 'login',
      status,
      body: { error: 'invalid_client', error_description: `echo ${clientSecret}` },
    });
    await call('validate_connection', { connection: 'good' });
  }
  await call('graph_query', { connection: 'sandbox', endpoint: '/users?$top=5', auto_paginate: false });
  await call('graph_batch', {
    connection: 'sandbox',
    requests: [{ url: '/users' }, { url: '/nothing' }],
    continue_on_error: true,
  });
  await call('graph_write', {
    connection: 'sandbox',
    dry_run: true,
    requests: [{ method: 'DELETE', endpoint: '/users/x' }],
  });
  await call('graph_delta', { connection: 'sandbox', endpoint: '/groups/delta', name: 'g' });
  await call('assign_license', { connection: 'sandbox', user: 'nobody@contoso.example', add: [{ sku: 'SPE_E5' }] });
  await call('list_connections', {});
  await call('list_connections', { name: 'good' });
  await call('delete_connection', { connection: 'good' });

  expect(answers.filter(({ isError }) => !isError).length).toBeGreaterThan(8);
  expect(answers.filter(({ isError }) => isError).length).toBeGreaterThan(4);
  const tokens = tools.seen().flatMap(({ headers }) => (headers['authorization'] ? [headers['authorization']] : []));
  expect(tokens.length).toBeGreaterThan(0);
  const written = await Promise.all((await filesBelow(tools.home)).map((path) => readFile(path, 'latin1')));
  expect(written.length).toBeGreaterThan(0);
  for (const text of [...answers.map((answer) => answer.text), ...written]) {
    expect(text.includes(clientSecret)).toBe(false);
    expect(text.includes(marked)).toBe(false);
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}\./);
  }
});
