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
  const group = 'resourceGroups/rg-contoso-data';
  const account = `${group}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
  await call('arm_query', { connection: 'sandbox', path: account });
  await call('arm_query', { connection: 'sandbox', path: `/subscriptions/${marked}/resourceGroups` });
  await call('arm_write', { connection: 'sandbox', method: 'PATCH', path: account, body: { tags: {} }, dry_run: true });
  await call('arm_write', { connection: 'sandbox', method: 'DELETE', path: account, wait: false });
  tools.sandbox.placeObject('arm', 'operationStyle', { match: 'PUT *', style: 'both', address: 'user_info' });
  const body = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2' };
  const started = await tools.call('arm_write', { method: 'PUT', path: `${account}2`, body, wait: false });
  answers.push(started);
  await call('get_operation', { connection: 'sandbox', operation: started.response.data?.operation ?? 'none' });
  await call('get_operation', { connection: 'sandbox', operation: marked });
  await call('resource_graph_query', { connection: 'sandbox', query: 'resources | project id | take 5' });
  await call('resource_graph_query', { connection: 'sandbox', query: 'resources | where' });
  await call('list_linked_services', { connection: 'sandbox', probe: true });
  for (const status of [400, 401, 403, 429, 500]) {
    tools.sandbox.fault({ service: 'arm', status, body: { error: { code: 'X', message: `echo ${clientSecret}` } } });
    await call('arm_query', { connection: 'sandbox', path: group, api_version: '2021-04-01' });
  }
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
    expect(text).not.toContain('reader:secret');
    expect(text.includes(clientSecret)).toBe(false);
    expect(text.includes(marked)).toBe(false);
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}\./);
  }
});
