import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import type { Storage } from '../../../src/core/storage/storage.ts';
import { handClock } from '../../core/connections/support.ts';
import { openSandboxTools, type SandboxTools, type SandboxToolsOptions } from '../../support/sandbox-tools.ts';

// Which writes keep a receipt, and what happens where none can be kept.

let tools: SandboxTools | undefined;
afterEach(() => tools?.close());

async function open(options: SandboxToolsOptions) {
  const opened = await openSandboxTools({ frozenClock: true, settings: { retry: { max_attempts: 1 } }, ...options });
  tools = opened;
  const { response } = await opened.call('graph_query', {
    endpoint: '/users',
    params: { $filter: 'onPremisesSyncEnabled ne true', $select: 'id', $top: 1 },
    auto_paginate: false,
  });
  opened.forget();
  const id: string = response.data.value[0].id;
  const patch = { requests: [{ method: 'PATCH', endpoint: `/users/${id}`, body: { jobTitle: 'Pilot' } }] };
  return { tools: opened, id, patch };
}

test.each([
  ['for all connections', { receipts: true }, true],
  ['for this connection', { connections: { sandbox: { receipts: true } } }, true],
  [
    'for all, and one connection cannot take it back',
    { receipts: true, connections: { sandbox: { receipts: false } } },
    true,
  ],
  ['for another connection', { connections: { other: { receipts: true } } }, false],
])('policy asks %s', async (_, policy, isKept) => {
  const { tools, patch } = await open({ policy });
  const { meta } = await tools.call('graph_write', patch);
  expect(meta.undo !== undefined).toBe(isKept);
});

test('where the state cannot be read the write goes on, and the answer says so', async () => {
  const { tools, patch, id } = await open({ policy: { receipts: true } });
  tools.sandbox.fault({ match: `GET /v1.0/users/${id}`, status: 403 });
  const { response, meta } = await tools.call('graph_write', patch);
  expect(response).toMatchObject({ success: true, status: 204 });
  expect(meta.undo).toEqual({
    receipt: expect.any(String),
    impossible: 'what was there before could not be read (status 403)',
  });
});

test('where reading fails as a whole the write goes on as well', async () => {
  const { tools, patch } = await open({ policy: { receipts: true } });
  tools.sandbox.fault({ match: 'POST /v1.0/$batch', status: 403 });
  const { response, meta } = await tools.call('graph_write', patch);
  expect(response.success).toBe(true);
  expect(meta.undo.impossible).toContain('could not be read');
});

test('where reading does not end, the write still has time', async () => {
  const { tools, patch } = await open({ policy: { receipts: true } });
  tools.sandbox.fault({ match: 'POST /v1.0/$batch', delay_ms: 600_000 });
  const { response, meta } = await tools.call('graph_write', { ...patch, timeout: 1 });
  expect(response).toMatchObject({ success: true, status: 204 });
  expect(meta.undo.impossible).toContain('could not be read');
});

/** A storage that has no room for receipts. */
function full(): Storage {
  const storage = createMemoryStorage(handClock(Date.parse('2026-11-20T10:00:00Z')));
  const error = new AppError('configuration', 'The disk is full.');
  return { ...storage, receipts: { ...storage.receipts, insert: () => Promise.reject(error) } };
}

test('where policy asks for a receipt that cannot be kept, nothing is sent', async () => {
  const { tools, patch } = await open({ policy: { receipts: true }, storage: full() });
  const { response } = await tools.call('graph_write', patch);
  expect(response).toMatchObject({
    error: { code: 'configuration', message: expect.stringContaining('Nothing was sent') },
  });
  expect(tools.graphRequests().filter((line) => line.startsWith('PATCH'))).toEqual([]);
});

test('where only a dry run asks for it, the write goes on without', async () => {
  const { tools, patch } = await open({ storage: full() });
  await tools.call('graph_write', { ...patch, dry_run: true });
  const { response, meta } = await tools.call('graph_write', patch);
  expect(response.success).toBe(true);
  expect(meta).toEqual({ notes: [expect.stringContaining('has no receipt')] });
});

test('no secret is kept, even where answers show them', async () => {
  const { tools } = await open({ policy: { receipts: true }, secrets: { reveal: true } });
  tools.sandbox.placeObject('arm', 'operationStyle', { match: '*', retry_after: 0 });
  const group = `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-data`;
  const path = `${group}/providers/Microsoft.Storage/storageAccounts/streceipts`;
  const [old, fresh] = ['b2xkLXNlY3JldC1rZXktdmFsdWU=', 'bmV3LXNlY3JldC1rZXktdmFsdWU='];
  const body = (sharedKey: string | undefined, minimumTlsVersion: string) => ({
    location: 'westeurope',
    sku: { name: 'Standard_LRS' },
    kind: 'StorageV2',
    properties: { sharedKey, minimumTlsVersion },
  });
  await tools.call('arm_write', { method: 'PUT', path, body: body(old, 'TLS1_0') });
  const put = await tools.call('arm_write', { method: 'PUT', path, body: body(fresh, 'TLS1_1') });
  expect(put.meta.undo.impossible).toContain('secret');
  const patch = { properties: { sharedKey: old, minimumTlsVersion: 'TLS1_2' } };
  const patched = await tools.call('arm_write', { method: 'PATCH', path, body: patch });
  expect(patched.meta.undo).toMatchObject({
    arguments: { body: { properties: { minimumTlsVersion: 'TLS1_1' } } },
    not_undone: ['`properties.sharedKey`: it is a secret, and those are not kept'],
  });
  for (const { meta } of [put, patched]) {
    const kept = JSON.stringify(await tools.runtime.receipts.find(meta.undo.receipt, 'local'));
    expect(kept).not.toContain(old);
    expect(kept).not.toContain(fresh);
  }
});

test('what was there before and has the form of a secret is not kept', async () => {
  const { tools, id, patch } = await open({ policy: { receipts: true }, secrets: { reveal: true } });
  const jobTitle = 'AccountKey=b2xkLXNlY3JldC1rZXktdmFsdWU=';
  await tools.call('graph_write', { requests: [{ method: 'PATCH', endpoint: `/users/${id}`, body: { jobTitle } }] });
  const { meta } = await tools.call('graph_write', patch);
  expect(meta.undo.impossible).toBe('`jobTitle`: it held a secret, and those are not kept');
  const kept = JSON.stringify(await tools.runtime.receipts.find(meta.undo.receipt, 'local'));
  expect(kept).not.toContain('b2xkLXNl');
});
