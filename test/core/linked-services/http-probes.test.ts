import { afterEach, describe, expect, test } from 'vitest';
import type { LinkedService } from '../../../src/core/linked-services/linked-service.ts';
import {
  type LinkedConnection,
  type LinkedConnectionOptions,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { testIdentity } from '../../support/test-token.ts';
import { answering, assignments, roleIds } from './data-plane-answers.ts';

let opened: LinkedConnection | undefined;

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function probe(service: LinkedService, options: LinkedConnectionOptions) {
  opened = await openLinkedConnection(options);
  return opened.probe(service);
}

const now = Date.parse('2026-11-20T10:00:00Z');

describe('a page in the place of the service', () => {
  const page = { 'content-type': 'text/html' };
  const body = '<html><head><title>Blocked by Contoso</title></head></html>';
  const services = [
    linkedService('blob', 'https://contoso.blob.core.windows.net', { provisioningState: 'Succeeded' }),
    linkedService('azure-search', 'https://contoso.search.windows.net', { provisioningState: 'succeeded' }),
    linkedService('servicebus', 'https://contoso.servicebus.windows.net', { status: 'Active' }),
  ];

  test.each(services.flatMap((service) => [200, 403].map((status) => [service.service, status, service] as const)))(
    'of %s with %i is the network, and no role is missing',
    async (_kind, status, service) => {
      const probed = await probe(service, answering({ status, headers: page, body }));
      expect(stageOf(probed, 'network')).toMatchObject({
        status: 'fail',
        code: String(status),
        detail: expect.stringContaining('Blocked by Contoso'),
      });
      expect(stageOf(probed, 'authorize').status).toBe('skip');
    },
  );
});

describe('blob', () => {
  const account = linkedService('blob', 'https://contoso.blob.core.windows.net', { provisioningState: 'Succeeded' });
  const mismatch = {
    status: 403,
    headers: { 'x-ms-error-code': 'AuthorizationPermissionMismatch' },
    body: '<?xml version="1.0"?><Error><Code>AuthorizationPermissionMismatch</Code><Message>No.</Message></Error>',
  };

  test('an account that lists a container is usable', async () => {
    const probed = await probe(account, answering({ status: 200, body: '<EnumerationResults />' }));
    expect(probed).toMatchObject({ usable: true, name: 'contoso' });
    expect(statusLine(probed)).toBe('pass pass pass pass');
    expect(opened?.audiences).toContain('https://storage.azure.com');
    expect(opened?.dataRequests).toMatchObject([
      {
        line: 'GET https://contoso.blob.core.windows.net/?comp=list&maxresults=1',
        headers: { 'x-ms-version': '2021-12-02', authorization: expect.stringMatching(/^Bearer ey/) },
      },
    ]);
  });

  test('a missing role is named, with the command that assigns it', async () => {
    const probed = await probe(account, { ...answering(mismatch), arm: assignments(account) });
    expect(probed.usable).toBe(false);
    expect(statusLine(probed)).toBe('pass pass pass fail');
    expect(stageOf(probed, 'authorize')).toMatchObject({
      code: 'AuthorizationPermissionMismatch',
      hint: `Assign Storage Blob Data Contributor: \`az role assignment create --role ${roleIds.blobContributor} --assignee-object-id ${testIdentity.objectId} --assignee-principal-type ServicePrincipal --scope ${account.id}\``,
    });
  });

  test('the missing role is named even when assignments cannot be read', async () => {
    const probed = await probe(account, answering(mismatch));
    expect(stageOf(probed, 'authorize').hint).toContain(roleIds.blobContributor);
  });

  test('a role on a later page of the assignments is seen, whatever the first one holds', async () => {
    const [[route = '', last] = []] = Object.entries(assignments(account, { role: roleIds.blobContributor }));
    const nextLink = `https://management.azure.com${account.id}/providers/Microsoft.Authorization/roleAssignments?page=2`;
    const probed = await probe(account, {
      ...answering(mismatch),
      arm: {
        [route]: (_body, url) =>
          url.searchParams.get('page') === '2' && last !== undefined
            ? last
            : { status: 200, body: { value: [], nextLink } },
      },
    });
    expect(stageOf(probed, 'authorize')).toMatchObject({
      detail: expect.stringContaining('Storage Blob Data Contributor is assigned nevertheless.'),
      hint: expect.stringContaining('deny assignment'),
    });
  });

  test('a role that was assigned nine minutes ago is a warning, ten minutes ago a failure', async () => {
    const at = (createdOn: string) => ({
      ...answering(mismatch),
      now: () => now,
      arm: assignments(account, {
        role: roleIds.blobContributor,
        createdOn,
        scope: '/subscriptions/44444444-4444-4444-8444-444444444444',
      }),
    });
    const fresh = await probe(account, at('2026-11-20T09:51:00Z'));
    expect(stageOf(fresh, 'authorize')).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('not effective yet'),
    });
    expect(fresh.usable).toBe(false);
    await opened?.close();
    const settled = await probe(account, at('2026-11-20T09:50:00Z'));
    expect(stageOf(settled, 'authorize')).toMatchObject({
      status: 'fail',
      hint: expect.stringContaining('deny assignment'),
    });
  });

  test('a role on one container is found out by asking for that container', async () => {
    const scope = `${account.id}/blobServices/default/containers/invoices`;
    const probed = await probe(account, {
      arm: assignments(account, { role: roleIds.blobContributor, scope }),
      dataPlaneClient: ({ method, url }) =>
        method === 'HEAD' && url.endsWith('/invoices?restype=container') ? { status: 200 } : mismatch,
    });
    expect(stageOf(probed, 'authorize')).toMatchObject({
      status: 'pass',
      detail: expect.stringContaining('`invoices` alone'),
    });
    expect(probed.usable).toBe(true);
    // What works carries no code of a refusal.
    expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'pass', partial: true });
    expect(stageOf(probed, 'authorize')).not.toHaveProperty('code');
  });

  test('network rules are a failure of the network, with the command for this address', async () => {
    const headers = { 'x-ms-error-code': 'AuthorizationFailure' };
    const probed = await probe(account, answering({ status: 403, headers }));
    expect(statusLine(probed)).toBe('pass pass fail skip');
    expect(stageOf(probed, 'network')).toMatchObject({
      code: 'AuthorizationFailure',
      hint: expect.stringContaining('az storage account network-rule add --account-name contoso'),
    });
  });

  test('a closed public network is said to be one', async () => {
    const closed = { ...account, properties: { publicNetworkAccess: 'Disabled' } };
    const headers = { 'x-ms-error-code': 'AuthorizationFailure' };
    const probed = await probe(closed, answering({ status: 403, headers }));
    expect(stageOf(probed, 'network').hint).toContain('private endpoint');
  });

  test('a refused token is told with the code in the body', async () => {
    const body = '<Error><Code>InvalidAuthenticationInfo</Code><Message>Server failed.\nRequestId:1</Message></Error>';
    const probed = await probe(account, answering({ status: 401, body }));
    expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'fail', code: 'InvalidAuthenticationInfo' });
    expect(stageOf(probed, 'authorize').detail).not.toContain('RequestId');
  });

  test('trouble of the service is a warning, after one repetition', async () => {
    const probed = await probe(account, answering({ status: 503, headers: { 'x-ms-error-code': 'ServerBusy' } }));
    expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'warn', code: '503' });
    expect(opened?.dataRequests).toHaveLength(2);
  });

  test.each([
    'https://contoso.blob.core.windows.net.evil.example',
    'https://contoso.blob.core.chinacloudapi.cn',
    'http://contoso.blob.core.windows.net',
    'https://user@contoso.blob.core.windows.net',
  ])('nothing is sent to %s', async (endpoint) => {
    const probed = await probe({ ...account, endpoint }, answering({ status: 200 }));
    expect(stageOf(probed, 'network')).toMatchObject({ status: 'fail', code: 'foreign_endpoint' });
    expect(statusLine(probed)).toBe('pass pass fail skip');
    expect(opened?.dataRequests).toEqual([]);
  });

  test('a redirect to another host gets no token', async () => {
    const probed = await probe(account, {
      dataPlaneClient: ({ url }) =>
        url.startsWith('https://elsewhere.example')
          ? { status: 403 }
          : { status: 302, headers: { location: 'https://elsewhere.example/' } },
    });
    expect(probed.usable).toBe(false);
    const [, second] = opened?.dataRequests ?? [];
    expect(second?.line).toBe('GET https://elsewhere.example/');
    expect(second?.headers).not.toHaveProperty('authorization');
  });

  test('without a token nothing else is tried', async () => {
    const { AppError } = await import('../../../src/core/base/errors.ts');
    const token = () => {
      throw new AppError('unauthenticated', 'The secret has expired.', {
        hint: 'Rotate it.',
        upstream: { code: 'AADSTS7000222' },
      });
    };
    const probed = await probe(account, { ...answering({ status: 200 }), token });
    expect(statusLine(probed)).toBe('fail skip skip skip');
    expect(stageOf(probed, 'token')).toMatchObject({ code: 'AADSTS7000222', hint: 'Rotate it.' });
  });
});

describe('bounds', () => {
  const account = linkedService('blob', 'https://contoso.blob.core.windows.net');

  test('probes beyond the limit wait for their turn', async () => {
    let running = 0;
    let most = 0;
    opened = await openLinkedConnection({
      ...answering({ status: 200 }),
      services: { maxConcurrentProbes: 2 },
    });
    const { connection } = opened;
    const tokens = {
      async getToken(request: { audience: string }) {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return connection.tokens.getToken(request);
      },
    };
    const { linkedServices } = opened;
    const { testCall } = await import('../../support/call.ts');
    const probes = Array.from({ length: 8 }, () =>
      linkedServices.probe({ ...connection, tokens }, account, testCall()),
    );
    const probed = await Promise.all(probes);
    expect(probed.every(({ usable }) => usable)).toBe(true);
    expect(most).toBe(2);
  });

  test('cancelling ends probes that run and probes that wait', async () => {
    const controller = new AbortController();
    const started = Promise.withResolvers<void>();
    opened = await openLinkedConnection({ services: { maxConcurrentProbes: 1 } });
    const connection = {
      ...opened.connection,
      httpClient: {
        sendRequest: ({
          abortSignal,
        }: {
          abortSignal?: { addEventListener(type: 'abort', listener: () => void): void };
        }) =>
          new Promise<never>((_resolve, reject) => {
            abortSignal?.addEventListener('abort', () => reject(new Error('given up')));
            started.resolve();
          }),
      },
    };
    const { testCall } = await import('../../support/call.ts');
    const call = testCall({ signal: controller.signal });
    const probes = [1, 2].map(() => opened?.linkedServices.probe(connection, account, call));
    await started.promise;
    controller.abort();
    const outcomes = await Promise.allSettled(probes);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'cancelled' } },
      { status: 'rejected', reason: { code: 'cancelled' } },
    ]);
  });

  test('a service that stays silent is a failed network stage', async () => {
    opened = await openLinkedConnection({ services: { probeTimeoutMs: 50 } });
    const connection = {
      ...opened.connection,
      httpClient: {
        sendRequest: ({
          abortSignal,
        }: {
          abortSignal?: { addEventListener(type: 'abort', listener: () => void): void };
        }) =>
          new Promise<never>((_resolve, reject) => {
            abortSignal?.addEventListener('abort', () => reject(new Error('given up')));
          }),
      },
    };
    const { testCall } = await import('../../support/call.ts');
    const probed = await opened.linkedServices.probe(connection, account, testCall());
    expect(stageOf(probed, 'network')).toMatchObject({ status: 'fail', code: 'ETIMEDOUT' });
    expect(statusLine(probed)).toBe('pass pass fail skip');
  });
});
