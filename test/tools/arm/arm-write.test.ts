import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { testCall } from '../../support/call.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let data: string;

beforeAll(async () => {
  tools = await openSandboxTools();
  data = `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-data`;
});
afterAll(() => tools.close());
beforeEach(() => {
  tools.sandbox.placeObject('arm', 'operationStyle', { match: '*', retry_after: 0 });
  tools.forget();
});
afterEach(() => tools.sandbox.reset());

const write = (input: Readonly<Record<string, unknown>>) => tools.call('arm_write', input);
const read = (path: string) => tools.call('arm_query', { path });
const writes = () => tools.armRequests().filter((line) => !line.startsWith('GET '));
const place = (style: Readonly<Record<string, unknown>>) =>
  tools.sandbox.placeObject('arm', 'operationStyle', { retry_after: 0, ...style });

const vm = () =>
  `/subscriptions/{subscriptionId}/resourceGroups/rg-contoso-network/providers/Microsoft.Compute/virtualMachines/vm-jump-01`;
const account = () => `${data}/providers/Microsoft.Storage/storageAccounts/stcontosonew`;
const accountBody = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} };

describe('writes that are done at once', () => {
  test('a resource group is created, changed and found', async () => {
    const path = 'resourceGroups/rg-new';
    const created = await write({ method: 'PUT', path, body: { location: 'westeurope', tags: { team: 'blue' } } });
    expect(created.response).toMatchObject({ success: true, status: 201, data: { name: 'rg-new' } });
    const again = await write({ method: 'PUT', path, body: { location: 'westeurope' } });
    expect(again.response.status).toBe(200);
    const tagged = await write({ method: 'PATCH', path, body: { tags: { team: 'red' } } });
    expect(tagged.response.data.tags).toEqual({ team: 'red' });
  });

  test('deleting what is not there is a success that says so', async () => {
    const { response, meta } = await write({ method: 'DELETE', path: account() });
    expect(response).toMatchObject({ success: true, status: 204, data: null });
    expect(meta.notes).toContain('The service answered 204: there was nothing to delete.');
  });

  test('if_match guards a write', async () => {
    const path = `${data}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
    const { response } = await write({ method: 'PATCH', path, body: { tags: { a: '1' } }, if_match: '"old"' });
    expect(response).toMatchObject({ status: 412, error: { code: 'precondition_failed' } });
    const { etag } = (await read(path)).response.data;
    const good = await write({ method: 'PATCH', path, body: { tags: { a: '1' } }, if_match: etag });
    expect(good.response.success).toBe(true);
    expect(tools.seen().findLast(({ method }) => method === 'PATCH')?.headers['if-match']).toBe(etag);
  });

  test('a lock is a conflict with the way to its end', async () => {
    const path = 'resourceGroups/rg-contoso-protected';
    const { response } = await write({ method: 'DELETE', path });
    expect(response.error).toMatchObject({ code: 'conflict', upstream: { code: 'ScopeLocked' }, retryable: false });
    expect(response.error.hint).toContain('lock');
  });

  test('a policy that forbids it is named', async () => {
    const body = { ...accountBody, location: 'eastus' };
    const { response } = await write({ method: 'PUT', path: account(), body });
    expect(response.error).toMatchObject({
      code: 'permission_denied',
      hint: expect.stringContaining('Allowed locations'),
    });
  });
});

describe('operations', () => {
  test.each(['azure_async', 'location', 'both'])('a PUT in the style %s is followed to its resource', async (style) => {
    place({ match: 'PUT *', style });
    const updates: string[] = [];
    const { response, diagnostics } = await tools.call(
      'arm_write',
      { method: 'PUT', path: account(), body: accountBody },
      { progress: ({ message }) => updates.push(message ?? '') },
    );
    expect(response).toMatchObject({
      success: true,
      data: { name: 'stcontosonew', properties: { provisioningState: 'Succeeded' } },
    });
    expect([200, 201]).toContain(response.status);
    expect(writes()).toHaveLength(1);
    expect(updates.join(' ')).toContain('running');
    expect(diagnostics.requests).toBeGreaterThan(3);
  });

  test.each(['location', 'both'])('a DELETE in the style %s is followed to its end', async (style) => {
    place({ match: 'DELETE *', style });
    const path = `${data}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
    const { response } = await write({ method: 'DELETE', path });
    expect(response).toMatchObject({ success: true, data: null });
    expect((await read(path)).response.error.code).toBe('not_found');
  });

  test('a resource that only tells its state is asked until it is done, or has failed', async () => {
    const path = `${data}/providers/Microsoft.ServiceBus/namespaces/sb-contoso-new`;
    const body = { location: 'westeurope', sku: { name: 'Standard' } };
    fakeTime();
    place({ match: 'PUT *', style: 'provisioning_state' });
    const done = await passTime(write({ method: 'PUT', path, body }));
    expect(done.response).toMatchObject({ status: 201, data: { properties: { provisioningState: 'Succeeded' } } });
    place({ match: 'PUT *', style: 'provisioning_state', outcome: 'failed' });
    const failed = await passTime(write({ method: 'PUT', path, body }));
    expect(failed.response.error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('failed') });
  });

  test('an action answers its result', async () => {
    const { response } = await write({ method: 'POST', path: `${vm()}/restart` });
    expect(response.success).toBe(true);
    expect(writes()).toHaveLength(1);
  });

  test('wait: false answers an operation that get_operation goes on with', async () => {
    const started = await write({ method: 'PUT', path: account(), body: accountBody, wait: false });
    expect(started.isError).toBe(false);
    expect(started.response).toMatchObject({
      success: true,
      status: 202,
      data: {
        status: 'running',
        operation: expect.stringMatching(/^[\w-]{100,}$/),
        method: 'PUT',
        path: account(),
        next_step: expect.stringContaining('get_operation'),
      },
    });
    const { operation } = started.response.data;
    const looked = await tools.call('get_operation', { operation });
    expect(looked.response).toMatchObject({ status: 202, data: { status: 'running' } });
    const ended = await tools.call('get_operation', { operation: looked.response.data.operation, wait: true });
    expect(ended.response).toMatchObject({
      status: 200,
      data: { status: 'succeeded', method: 'PUT', result: { name: 'stcontosonew' } },
    });
    expect(writes()).toHaveLength(1);
  });

  test('an operation is followed by another process too', async () => {
    const started = await write({ method: 'PUT', path: account(), body: accountBody, wait: false });
    await tools.restart();
    const { operation } = started.response.data;
    const ended = await tools.call('get_operation', { operation, wait: true });
    expect(ended.response.data).toMatchObject({ status: 'succeeded', result: { name: 'stcontosonew' } });
    expect(writes()).toHaveLength(1);
  });

  test('cancellation answers the operation, which goes on', async () => {
    place({ match: 'PUT *', style: 'location', retry_after: 600 });
    const controller = new AbortController();
    const answer = tools.call(
      'arm_write',
      { method: 'PUT', path: account(), body: accountBody },
      { signal: controller.signal },
    );
    await expect.poll(() => writes().length, { timeout: 10_000, interval: 5 }).toBe(1);
    controller.abort();
    const { response, meta } = await answer;
    expect(response).toMatchObject({ success: true, status: 202, data: { operation: expect.any(String) } });
    expect(meta.notes.join(' ')).toContain('still running');
  });

  test('a wait that is longer than the call answers the operation at once', async () => {
    place({ match: 'PUT *', style: 'location', retry_after: 600 });
    const { response } = await write({ method: 'PUT', path: account(), body: accountBody });
    expect(response).toMatchObject({ status: 202, data: { retry_after_seconds: 600 } });
  });

  test.each(['azure_async', 'location'])(
    'a failure in the style %s is an error with the code of the service',
    async (style) => {
      place({ match: 'PUT *', style, outcome: 'failed', error: { code: 'QuotaExceeded', message: 'No quota left.' } });
      const { isError, response } = await write({ method: 'PUT', path: account(), body: accountBody });
      expect(isError).toBe(true);
      expect(response.success).toBe(false);
      expect(response.error.detail).toMatchObject({ method: 'PUT', path: account() });
      expect(response.error).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('No quota left.'),
        upstream: { code: 'QuotaExceeded' },
      });
    },
  );

  test('one that was canceled at the service says so', async () => {
    place({ match: 'PUT *', style: 'azure_async', outcome: 'canceled' });
    const { response } = await write({ method: 'PUT', path: account(), body: accountBody });
    expect(response.error).toMatchObject({
      message: expect.stringContaining('canceled'),
      upstream: { code: 'OperationCanceled' },
    });
  });

  test('when its state cannot be read, the error leads to it, and nothing is sent twice', async () => {
    place({ match: 'PUT *', style: 'azure_async' });
    tools.sandbox.fault({ match: 'GET *operationStatuses*', service: 'arm', status: 403 });
    const { response } = await write({ method: 'PUT', path: account(), body: accountBody });
    expect(response.success).toBe(false);
    expect(response.error).toMatchObject({ code: 'permission_denied', hint: expect.stringContaining('get_operation') });
    const { operation } = response.error.detail;
    const ended = await tools.call('get_operation', { operation, wait: true });
    expect(ended.response.data).toMatchObject({ status: 'succeeded', result: { name: 'stcontosonew' } });
    expect(writes()).toHaveLength(1);
  });

  test.each(['foreign_host', 'http', 'user_info', 'other_port'])(
    'an operation address of the kind %s gets nothing',
    async (address) => {
      place({ match: 'PUT *', style: 'both', address });
      const { response, meta } = await write({ method: 'PUT', path: account(), body: accountBody });
      expect(JSON.stringify([response, meta.notes])).toMatch(/refused/);
      expect(JSON.stringify(response)).not.toContain('reader:secret');
      const hosts = new Set(tools.seen().map(({ service }) => service));
      expect([...hosts].every((service) => ['login', 'arm'].includes(service))).toBe(true);
    },
  );

  test('a handle belongs to its connection and cannot be made up', async () => {
    const started = await write({ method: 'PUT', path: account(), body: accountBody, wait: false });
    const { operation } = started.response.data;
    const forged = await tools.call('get_operation', { operation: `${operation.slice(0, -4)}AAAA` });
    expect(forged.response.error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('handle'),
    });
    const other = await openSandboxTools();
    try {
      const elsewhere = await other.call('get_operation', { operation });
      expect(elsewhere.response.error.code).toBe('invalid_argument');
      expect(other.armRequests()).toEqual([]);
    } finally {
      await other.close();
    }
  });
});

describe('dry_run', () => {
  test('of a PATCH shows request, state and difference, and writes nothing', async () => {
    const path = `${data}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
    const body = { tags: { classification: 'secret' }, properties: { allowBlobPublicAccess: true } };
    const { response, meta } = await write({ method: 'PATCH', path, body, dry_run: true });
    expect(response.data).toMatchObject({
      dry_run: true,
      request: { method: 'PATCH', url: expect.stringMatching(/stcontosodata\?api-version=\d{4}-\d{2}-\d{2}$/), body },
      current: { name: 'stcontosodata' },
    });
    expect(response.data.changes).toContainEqual({ path: 'tags.classification', from: 'internal', to: 'secret' });
    expect(meta.notes).toContain('Dry run: no write was sent.');
    expect(writes()).toEqual([]);
  });

  test('of a PUT names what the body leaves out', async () => {
    const path = 'resourceGroups/rg-contoso-data';
    const { response } = await write({ method: 'PUT', path, body: { location: 'West Europe' }, dry_run: true });
    expect(response.data).toMatchObject({ changes: [], not_in_body: ['tags'] });
  });

  test('of something new says that there is nothing yet', async () => {
    const { response } = await write({ method: 'PUT', path: account(), body: accountBody, dry_run: true });
    expect(response.data).toMatchObject({ current: null, current_status: 404 });
    expect(response.data.changes).toContainEqual({ path: 'sku.name', from: null, to: 'Standard_LRS' });
  });

  test('of a DELETE shows what would be gone', async () => {
    const path = `${data}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
    const { response } = await write({ method: 'DELETE', path, if_match: '"old"', dry_run: true });
    expect(response.data).toMatchObject({
      request: { headers: { 'If-Match': '"old"' } },
      current: { name: 'stcontosodata' },
      changes: [{ path: '@', from: 'present', to: null }],
    });
    expect(writes()).toEqual([]);
  });

  test('of the deletion of a resource group names what is in it', async () => {
    const { response } = await write({ method: 'DELETE', path: 'resourceGroups/rg-contoso-data', dry_run: true });
    const { count, ids } = response.data.contains;
    expect(count).toBe(ids.length);
    expect(ids).toContain(`${data}/providers/Microsoft.Storage/storageAccounts/stcontosodata`);
    expect(writes()).toEqual([]);
  });

  test('an etag that does not fit is noted', async () => {
    const path = `${data}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
    const { meta } = await write({ method: 'DELETE', path, if_match: '"old"', dry_run: true });
    expect(meta.notes.join(' ')).toContain('412');
  });

  test('of an action shows the request alone', async () => {
    const { response, meta } = await write({ method: 'POST', path: `${vm()}/deallocate`, dry_run: true });
    expect(Object.keys(response.data)).toEqual(['dry_run', 'request']);
    expect(meta.notes.join(' ')).toContain('action');
    expect(writes()).toEqual([]);
  });

  test('of a deployment asks the service what it would change', async () => {
    const template = {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      contentVersion: '1.0.0.0',
      resources: [
        {
          type: 'Microsoft.Storage/storageAccounts',
          apiVersion: '2023-05-01',
          name: 'stcontosonew',
          location: 'westeurope',
          sku: { name: 'Standard_LRS' },
          kind: 'StorageV2',
          properties: {},
        },
      ],
    };
    const { response } = await write({
      method: 'PUT',
      path: `${data}/providers/Microsoft.Resources/deployments/web`,
      body: { properties: { mode: 'Incremental', template } },
      dry_run: true,
    });
    expect(response.data).toMatchObject({ current: null, what_if: { status: 'Succeeded' } });
    expect(response.data).not.toHaveProperty('changes');
    expect(response.data.what_if.changes).toContainEqual(
      expect.objectContaining({ changeType: 'Create', resourceId: expect.stringContaining('stcontosonew') }),
    );
    expect(writes()).toEqual([expect.stringMatching(/^POST .*\/deployments\/web\/whatIf\?/)]);
    expect((await read(account())).response.error.code).toBe('not_found');
  });
});

describe('what-if', () => {
  const deploy = (template: unknown) =>
    write({
      method: 'PUT',
      path: `${data}/providers/Microsoft.Resources/deployments/web`,
      body: { properties: { mode: 'Incremental', template } },
      dry_run: true,
    });

  test('a template that the service refuses is an error of the dry run too', async () => {
    const { response } = await deploy({ resources: 'none' });
    expect(response.error).toMatchObject({ code: 'invalid_argument', upstream: { code: 'InvalidTemplate' } });
    expect(writes().every((line) => line.includes('/whatIf?'))).toBe(true);
  });

  test('one that takes longer than the call answers an operation', async () => {
    place({ match: 'POST */whatIf', style: 'location', retry_after: 600 });
    const { response } = await deploy({ resources: [] });
    expect(response.data.what_if).toMatchObject({ status: 'running', operation: expect.any(String) });
  });
});

describe('access', () => {
  test('a read-only connection and a read-only server refuse every arm_write before any request', async () => {
    for (const options of [{ access: 'read_only' as const }, { readOnly: true }]) {
      const locked = await openSandboxTools(options);
      try {
        for (const method of ['PUT', 'PATCH', 'POST', 'DELETE']) {
          const { response } = await locked.call('arm_write', { method, path: 'resourceGroups/x', body: {} });
          expect(response.error).toMatchObject({ code: 'refused' });
        }
        expect(locked.seen()).toEqual([]);
      } finally {
        await locked.close();
      }
    }
  });

  test('the core refuses a write of a read-only connection as well', async () => {
    const locked = await openSandboxTools({ access: 'read_only' });
    try {
      const record = await locked.runtime.connections.get('sandbox', localCaller);
      const { arm } = await locked.runtime.opener.open(record, localCaller);
      const call = testCall();
      await expect(
        arm.write({ method: 'DELETE', path: '/subscriptions/x', apiVersion: '2021-04-01' }, call),
      ).rejects.toMatchObject({ code: 'refused' });
      await expect(
        arm.write({ method: 'POST', path: `${account()}/listKeys`, apiVersion: '2023-05-01' }, call),
      ).rejects.toMatchObject({ code: 'refused' });
      expect(locked.armRequests()).toEqual([]);
    } finally {
      await locked.close();
    }
  });
});
