import { beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import type { Operation } from '../../../src/core/operations/operation.ts';
import { startedMonitor } from '../../../src/core/operations/read-operation.ts';
import { testCall } from '../../support/call.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { openArm, subscriptionId } from '../apis/arm/arm-fixture.ts';
import { armService, type ServedAnswer } from '../apis/arm/arm-service.ts';

const path = `/subscriptions/${subscriptionId}/resourceGroups/core/providers/Microsoft.Storage/storageAccounts/data`;
const host = 'https://management.azure.com';
const statusUrl = `${host}/subscriptions/${subscriptionId}/operations/1?api-version=2020-01-01`;
const apiVersion = '2023-01-01';

function script(...answers: readonly ServedAnswer[]) {
  const service = armService((_, index) => answers[index] ?? { status: 500, body: { error: { code: 'NoMore' } } });
  return { service, ...openArm({ httpClient: service, settings: { retry: { max_attempts: 1 } } }) };
}

const put = { method: 'PUT', path, apiVersion, body: {} } as const;
const remove = { method: 'DELETE', path, apiVersion } as const;
const start = { method: 'POST', path: `${path}/failover`, apiVersion } as const;

const created = (headers: Readonly<Record<string, string>>) => ({
  status: 201,
  headers,
  body: { properties: { provisioningState: 'Creating' } },
});
const accepted = (headers: Readonly<Record<string, string>>) => ({ status: 202, headers });
const state = (status: string, more: object = {}) => ({ status: 200, body: { status, ...more } });
const resource = { id: path, properties: { provisioningState: 'Succeeded' } };

async function begin(
  fixture: ReturnType<typeof script>,
  request: typeof put | typeof remove | typeof start,
  call = testCall(),
) {
  const { operation } = await fixture.arm.write(request, call);
  if (operation === undefined) throw new Error('It is no operation.');
  return operation;
}

beforeEach(() => fakeTime());

describe('following', () => {
  test('tells the progress, waits as long as the service asks, and ends with the resource', async () => {
    const fixture = script(
      created({ 'azure-asyncoperation': statusUrl, 'retry-after': '10' }),
      { ...state('Running', { percentComplete: 40 }), headers: { 'retry-after': '20' } },
      state('Succeeded'),
      { status: 200, body: resource },
    );
    const call = testCall();
    const operation = await begin(fixture, put, call);
    const startedAt = Date.now();
    const view = await passTime(fixture.operations.follow(operation, call));
    expect(view).toMatchObject({ status: 'succeeded', result: resource });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(30_000);
    expect(call.updates.map(({ progress, total }) => [progress, total])).toContainEqual([40, 100]);
    expect(fixture.service.seen()[1]).toBe(`GET ${statusUrl.slice(host.length)}`);
  });

  test('a failed operation is an answer, with the cause and the next step', async () => {
    const error = { code: 'QuotaExceeded', message: 'Not enough cores.' };
    const fixture = script(accepted({ 'azure-asyncoperation': statusUrl }), state('Failed', { error }));
    const view = await passTime(fixture.operations.follow(await begin(fixture, remove), testCall()));
    expect(view).toMatchObject({
      status: 'failed',
      error: {
        code: 'QuotaExceeded',
        message: 'The operation failed: `Not enough cores.`.',
        hint: expect.stringContaining('quota'),
      },
    });
  });

  test.each([
    ['a status', { status: 'Failed', error: { code: 'Quota', message: 'Full.' } }, 'failed'],
    ['a cancellation', { status: 'Canceled' }, 'canceled'],
    ['the state of the resource', { properties: { provisioningState: 'Failed' } }, 'failed'],
    ['an error beside 200', { error: { code: 'Quota', message: 'Full.' } }, 'failed'],
  ])('a Location that answers 200 with %s has ended badly', async (_, body, status) => {
    const location = accepted({ location: statusUrl });
    const fixture = script(location, { status: 200, body });
    const operation = await begin(fixture, start);
    expect(await fixture.operations.look(operation, testCall())).toMatchObject({ status });
    const polled = script(accepted({ 'azure-asyncoperation': statusUrl }), { status: 200, body });
    const other = await begin(polled, start);
    expect(await polled.operations.look(other, testCall())).toMatchObject({ status });
  });

  test.each([{ status: 'InProgress' }, { properties: { provisioningState: 'Updating' } }])(
    'a Location that answers 200 with %j goes on',
    async (body) => {
      const fixture = script(accepted({ location: statusUrl }), { status: 200, body });
      expect(await fixture.operations.look(await begin(fixture, start), testCall())).toMatchObject({
        status: 'running',
      });
    },
  );

  test('a Location may answer a resource with states of its own', async () => {
    const body = { status: 'Enabled', properties: { provisioningState: 'Ready' } };
    const fixture = script(accepted({ location: statusUrl }), { status: 200, body });
    const view = await fixture.operations.look(await begin(fixture, start), testCall());
    expect(view).toMatchObject({ status: 'succeeded', result: body });
  });

  test.each([{ location: statusUrl }, { 'azure-asyncoperation': statusUrl }])(
    'a page at %j is no state',
    async (headers) => {
      const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' };
      const fixture = script(accepted(headers), page, page, page);
      const operation = await begin(fixture, start);
      await expect(fixture.operations.look(operation, testCall())).rejects.toMatchObject({ code: 'upstream_error' });
    },
  );

  test('a status that cannot be read for a while is no failed operation', async () => {
    const fixture = script(
      accepted({ 'azure-asyncoperation': statusUrl }),
      { status: 500 },
      { status: 503 },
      state('Succeeded'),
    );
    const view = await passTime(fixture.operations.follow(await begin(fixture, remove), testCall()));
    expect(view.status).toBe('succeeded');
  });

  test('a status that cannot be read at all leaves the state unknown', async () => {
    const fixture = script(accepted({ 'azure-asyncoperation': statusUrl }));
    const following = fixture.operations.follow(await begin(fixture, remove), testCall());
    await expect(passTime(following)).rejects.toMatchObject({
      message: expect.stringContaining('could not be read'),
      hint: expect.stringContaining('get_operation'),
    });
  });

  test('one that outlives the call is still running, and goes on from where it is', async () => {
    const newer = statusUrl.replace('/1?', '/2?');
    const fixture = script(
      accepted({ 'azure-asyncoperation': statusUrl }),
      { ...state('Running'), headers: { 'azure-asyncoperation': newer } },
      state('Succeeded'),
    );
    const call = testCall({ deadlineAt: Date.now() + 5_000 });
    const view = await passTime(fixture.operations.follow(await begin(fixture, remove, call), call));
    expect(view).toMatchObject({ status: 'running', operation: { pollUrl: newer } });
    expect((await fixture.operations.look(view.operation, testCall())).status).toBe('succeeded');
  });

  test('a cancelled call ends the waiting and sends nothing more', async () => {
    const fixture = script(accepted({ 'azure-asyncoperation': statusUrl, 'retry-after': '60' }));
    const controller = new AbortController();
    const operation = await begin(fixture, remove);
    const following = fixture.operations.follow(operation, testCall({ signal: controller.signal }));
    controller.abort();
    expect(await following).toEqual({ status: 'running', operation });
    expect(fixture.service.arrived).toHaveLength(1);
  });

  test('a deletion without any address has ended when the resource is gone', async () => {
    const fixture = script(accepted({}), { status: 200, body: resource }, { status: 404, body: {} });
    expect(await passTime(fixture.operations.follow(await begin(fixture, remove), testCall()))).toMatchObject({
      status: 'succeeded',
    });
  });

  test('a result that cannot be read does not undo the success', async () => {
    const fixture = script(created({ 'azure-asyncoperation': statusUrl }), state('Succeeded'), {
      status: 403,
      body: {},
    });
    const call = testCall();
    const view = await passTime(fixture.operations.follow(await begin(fixture, put), call));
    expect(view.status).toBe('succeeded');
    expect(call.record.notes.join(' ')).toContain('result could not be read');
  });

  test.each(['Succeeded', 'succeeded', 'SUCCEEDED'])('%s is an end', async (word) => {
    const fixture = script(accepted({ 'azure-asyncoperation': statusUrl }), state(word));
    expect((await fixture.operations.look(await begin(fixture, remove), testCall())).status).toBe('succeeded');
  });

  test.each(['Canceled', 'Cancelled'])('%s is an end', async (word) => {
    const fixture = script(accepted({ 'azure-asyncoperation': statusUrl }), state(word));
    expect(await fixture.operations.look(await begin(fixture, remove), testCall())).toMatchObject({
      status: 'canceled',
      error: { code: 'OperationCanceled' },
    });
  });
});

describe('hostile addresses', () => {
  const hostile = [
    'https://evil.example/subscriptions/x/operations/1',
    'https://management.azure.com.evil.example/operations/1',
    'http://management.azure.com/operations/1',
    'https://user:secret@management.azure.com/operations/1',
    'https://management.azure.com@evil.example/operations/1',
    '//evil.example/operations/1',
    'file:///etc/passwd',
  ];

  test.each(hostile)('%s: a PUT is followed by its own state, and nothing is sent there', async (url) => {
    const fixture = script(created({ 'azure-asyncoperation': url, location: url }), { status: 200, body: resource });
    const call = testCall();
    const view = await passTime(fixture.operations.follow(await begin(fixture, put, call), call));
    expect(view).toMatchObject({ status: 'succeeded', result: resource });
    expect(call.record.notes.join(' ')).toContain('Nothing was sent there');
    expect(fixture.service.arrived.map(({ url }) => url.origin)).toEqual([host, host]);
  });

  test.each(hostile)('%s: an action says that its outcome is not known', async (url) => {
    const fixture = script(accepted({ location: url }));
    await expect(fixture.arm.write(start, testCall())).rejects.toMatchObject({
      code: 'outcome_unknown',
      hint: expect.stringContaining(path),
    });
    expect(fixture.service.arrived).toHaveLength(1);
  });

  test.each(hostile)('%s in a later answer: the known address is used on', async (url) => {
    const fixture = script(
      accepted({ 'azure-asyncoperation': statusUrl }),
      { ...state('Running'), headers: { 'azure-asyncoperation': url, location: url } },
      state('Succeeded'),
    );
    const call = testCall();
    expect((await passTime(fixture.operations.follow(await begin(fixture, remove), call))).status).toBe('succeeded');
    expect(fixture.service.arrived.every((one) => one.url.origin === host)).toBe(true);
  });

  test('a forged operation of another host is refused before anything is sent', async () => {
    const fixture = script();
    const operation: Operation = {
      api: 'arm',
      connectionId: 'c',
      method: 'PUT',
      path,
      pollKind: 'status',
      pollUrl: 'https://evil.example/x',
      startedAt: 0,
    };
    await expect(fixture.operations.look(operation, testCall())).rejects.toBeInstanceOf(AppError);
    expect(fixture.service.arrived).toHaveLength(0);
  });
});

describe('monitors of Graph', () => {
  const monitor = (pollUrl: string): Operation => ({
    api: 'graph',
    connectionId: 'c',
    method: 'POST',
    path: '/drives/d/items/i/copy',
    pollKind: 'monitor',
    pollUrl,
    startedAt: 0,
  });

  test('are on other hosts and get no token; their status decides', async () => {
    const fixture = script(
      { status: 202, body: { status: 'inProgress', percentageComplete: 27.8 } },
      { status: 200, body: { status: 'completed', resourceId: 'r' } },
    );
    const operation = monitor('https://contoso.sharepoint.com/_api/v2.0/monitor/1');
    expect(await fixture.operations.look(operation, testCall())).toMatchObject({
      status: 'running',
      percentComplete: 27.8,
    });
    expect(await fixture.operations.look(operation, testCall())).toMatchObject({
      status: 'succeeded',
      result: { resourceId: 'r' },
    });
    expect(fixture.service.arrived.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  test('on the host of Graph get the token', async () => {
    const fixture = script({ status: 200, body: { status: 'succeeded' } });
    await fixture.operations.look(monitor("https://graph.microsoft.com/v1.0/teams('t')/operations('o')"), testCall());
    expect(fixture.service.arrived[0]?.authorization).toBe('Bearer arm-token');
  });

  test.each([
    'https://graph.microsoft.com/v1.0/groups/g',
    'https://graph.microsoft.com/v1.0/directoryObjects/g/Microsoft.DirectoryServices.Group',
    "/groups('g')",
    '/teams/t',
    'https://graph.microsoft.com/v1.0/users/operations@contoso.example',
  ])('a 202 whose address is the object %s is no operation', (location) => {
    expect(answered(202, { location })).toBeUndefined();
  });

  const answered = (status: number, headers: Readonly<Record<string, string>>) =>
    startedMonitor({
      connectionId: 'c',
      method: 'POST',
      clock: { now: () => 5 },
      response: {
        status,
        headers,
        body: undefined,
        sizeBytes: 0,
        url: 'https://graph.microsoft.com/v1.0/teams',
        requestId: undefined,
      },
    });

  test('begin with a 202 that names one; addresses without a host are below the version', () => {
    expect(answered(202, { location: "/teams('t')/operations('o')", 'retry-after': '30' })).toMatchObject({
      pollKind: 'monitor',
      pollUrl: "https://graph.microsoft.com/v1.0/teams('t')/operations('o')",
      path: '/v1.0/teams',
      retryAfterMs: 30_000,
    });
    const elsewhere = 'https://contoso.sharepoint.com/_api/v2.0/monitor/1';
    expect(answered(202, { location: elsewhere })?.pollUrl).toBe(elsewhere);
    expect([answered(202, {}), answered(201, { location: '/users/ada' })]).toEqual([undefined, undefined]);
  });

  test.each([
    'http://contoso.sharepoint.com/monitor',
    'https://user@contoso.sharepoint.com/monitor',
    'https://169.254.169.254/metadata',
    'https://[::1]/monitor',
    'https://localhost/monitor',
    'https://intranet/monitor',
    'http://127.0.0.1:8080/monitor',
  ])('%s is refused', async (url) => {
    const fixture = script();
    await expect(fixture.operations.look(monitor(url), testCall())).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(fixture.service.arrived).toHaveLength(0);
  });
});
