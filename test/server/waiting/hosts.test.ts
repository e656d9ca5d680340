import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, onTestFinished, test } from 'vitest';
import { buildServer } from '../../../src/server/build-server.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { tools as allTools } from '../../../src/tools/registry.ts';
import { passTime } from '../../support/pass-time.ts';
import { openSlowTenant } from './support.ts';

// A host as they are: it gives up after 60 seconds, tells so, and sends the same call again.

async function openHost() {
  const tenant = await openSlowTenant();
  const { tools } = tenant;
  const surface = createSurface(tools.runtime, { listed: allTools, callable: allTools });
  const [clientEnd, serverEnd] = InMemoryTransport.createLinkedPair();
  const server = buildServer(surface);
  // Both packages describe the same wire; their types of it differ.
  await server.connect(serverEnd as unknown as Parameters<typeof server.connect>[0]);
  const client = new Client({ name: 'host', version: '1' });
  await passTime(client.connect(clientEnd));
  onTestFinished(() => client.close());
  const { subscriptionId } = tools.sandbox.credentials;
  const path = `/subscriptions/${subscriptionId}/resourceGroups/rg-contoso-data/providers/Microsoft.Storage/storageAccounts/stcontosonew`;
  const body = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} };
  tools.sandbox.placeObject('arm', 'operationStyle', { match: 'PUT *', style: 'both', seconds: 300, retry_after: 10 });
  const put = (options: { readonly timeout?: number; readonly signal?: AbortSignal } = {}) =>
    client.callTool({ name: 'arm_write', arguments: { connection: 'sandbox', method: 'PUT', path, body } }, undefined, {
      timeout: 60_000,
      ...options,
    });
  const dataOf = (result: unknown) =>
    (result as { structuredContent: { response: { data: unknown } } }).structuredContent.response.data as Record<
      string,
      unknown
    >;
  const get = async (operation: unknown) =>
    dataOf(
      await passTime(
        client.callTool({ name: 'get_operation', arguments: { connection: 'sandbox', operation } }, undefined, {
          timeout: 60_000,
        }),
      ),
    );
  return { ...tenant, put, get, dataOf };
}

test('gets a handle for an operation of five minutes, and the same one for the same write; one PUT reaches the service', async () => {
  const { put, get, dataOf, writes } = await openHost();
  const first = dataOf(await passTime(put()));
  expect(first).toMatchObject({ status: 'running', operation: expect.any(String) });
  const second = dataOf(await passTime(put()));
  expect(second['operation']).toBe(first['operation']);
  await passTime(new Promise((resolve) => setTimeout(resolve, 300_000)));
  expect(await get(first['operation'])).toMatchObject({ status: 'succeeded', result: { name: 'stcontosonew' } });
  expect(writes()).toHaveLength(1);
});

test('that gives up at once, twice, and then has patience finds the one write', async () => {
  const { put, dataOf, writes, slow, until } = await openHost();
  slow.takes = ({ method }) => (method === 'PUT' ? 15_000 : 0);
  for (let tries = 0; tries < 2; tries++) {
    const client = new AbortController();
    const given = put({ signal: client.signal });
    const ended = expect(passTime(given)).rejects.toThrow();
    await until(() => writes().length === 1);
    client.abort();
    await ended;
  }
  expect(dataOf(await passTime(put()))).toMatchObject({ status: 'running' });
  expect(writes()).toHaveLength(1);
});

test('whose time-out is shorter than ours finds the handle', async () => {
  const { put, dataOf, writes } = await openHost();
  await expect(passTime(put({ timeout: 20_000 }))).rejects.toThrow(/timed out/i);
  await expect(passTime(put({ timeout: 20_000 }))).resolves.toBeDefined();
  expect(dataOf(await passTime(put({ timeout: 20_000 })))).toMatchObject({ status: 'running' });
  expect(writes()).toHaveLength(1);
});
