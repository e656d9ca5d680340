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

describe('azure-search', () => {
  const roles = { authOptions: { aadOrApiKey: { aadAuthFailureMode: 'http403' } } };
  const service = linkedService('azure-search', 'https://contoso.search.windows.net', { status: 'running', ...roles });
  const json = { 'content-type': 'application/json' };
  const listing = { status: 200, headers: json, body: JSON.stringify({ value: [{ name: 'products' }] }) };

  test('a service whose documents can be counted is usable', async () => {
    const probed = await probe(service, {
      dataPlaneClient: ({ url }) =>
        url.includes('/docs/$count') ? { status: 200, headers: { 'content-type': 'text/plain' }, body: '7' } : listing,
    });
    expect(probed.usable).toBe(true);
    expect(opened?.dataRequests.map(({ line }) => line)).toEqual([
      'GET https://contoso.search.windows.net/indexes?$select=name&api-version=2024-07-01',
      'GET https://contoso.search.windows.net/indexes/products/docs/$count?api-version=2024-07-01',
    ]);
  });

  test('definitions without documents lack the data role', async () => {
    const probed = await probe(service, {
      arm: assignments(service),
      dataPlaneClient: ({ url }) => (url.includes('/docs/$count') ? { status: 403 } : listing),
    });
    expect(stageOf(probed, 'authorize')).toMatchObject({
      status: 'fail',
      code: '403',
      hint: expect.stringContaining(`--role ${roleIds.searchContributor}`),
    });
  });

  test('definitions of all and documents of one index: the one with the role is read, not the first', async () => {
    const probed = await probe(service, {
      arm: assignments(service, { role: roleIds.searchReader, scope: `${service.id}/indexes/vectors` }),
      dataPlaneClient: ({ url }) => {
        if (!url.includes('/docs/$count')) return listing;
        return url.includes('/indexes/vectors/')
          ? { status: 200, headers: { 'content-type': 'text/plain' }, body: '7' }
          : { status: 403 };
      },
    });
    expect(probed.usable).toBe(true);
    expect(stageOf(probed, 'authorize')).toMatchObject({
      status: 'pass',
      partial: true,
      detail: 'Definitions, and documents of the index `vectors`, can be read; documents of `products` cannot.',
    });
  });

  test('a service that takes keys only is told how to take roles', async () => {
    const keys = linkedService('azure-search', service.endpoint, {
      status: 'running',
      authOptions: { apiKeyOnly: {} },
    });
    const probed = await probe(keys, answering({ status: 403 }));
    expect(stageOf(probed, 'authorize')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('keys only'),
      hint: expect.stringMatching(/^Allow role-based access control: `az search service update /),
    });
  });

  const forbidden = {
    status: 403,
    headers: json,
    body: JSON.stringify({ error: { code: 'Forbidden', message: 'No.' } }),
  };

  test.each(['searchReader', 'searchContributor'] as const)(
    'whoever has a role for documents only (%s) may not list, which says nothing about documents',
    async (role) => {
      const probed = await probe(service, {
        ...answering(forbidden),
        arm: assignments(service, { role: roleIds[role] }),
      });
      expect(stageOf(probed, 'authorize')).toMatchObject({
        status: 'warn',
        code: 'Forbidden',
        detail: expect.stringMatching(/^Documents are not proven: .* is assigned, which opens documents/),
        hint: expect.stringContaining('index'),
      });
    },
  );

  test('a role at one index names it: its documents are proven, without definitions', async () => {
    const scope = `${service.id}/indexes/products`;
    const probed = await probe(service, {
      arm: assignments(service, { role: roleIds.searchReader, scope }),
      dataPlaneClient: ({ url }) =>
        url.includes('/indexes/products/docs/$count')
          ? { status: 200, headers: { 'content-type': 'text/plain' }, body: '7' }
          : forbidden,
    });
    expect(probed.usable).toBe(true);
    expect(stageOf(probed, 'authorize')).toMatchObject({
      status: 'pass',
      partial: true,
      detail: 'Documents of the index `products` can be read; definitions of indexes cannot.',
    });
  });

  test('without any role both are missing, and the one for documents is asked for', async () => {
    const probed = await probe(service, { ...answering(forbidden), arm: assignments(service) });
    expect(stageOf(probed, 'authorize')).toMatchObject({
      status: 'fail',
      hint: expect.stringContaining(`--role ${roleIds.searchContributor}`),
    });
  });

  test('where assignments cannot be read, nothing is known, so nothing has failed', async () => {
    const probed = await probe(service, answering(forbidden));
    expect(stageOf(probed, 'authorize').status).toBe('warn');
  });

  test('a closed network answers like a missing role, and is told apart by its setting', async () => {
    const closed = { ...service, properties: { ...service.properties, publicNetworkAccess: 'disabled' } };
    const probed = await probe(closed, answering({ status: 403 }));
    expect(statusLine(probed)).toBe('pass pass fail skip');
  });

  test('a stopped service is not called', async () => {
    const stopped = { ...service, properties: { status: 'stopped' } };
    const probed = await probe(stopped, answering({ status: 200 }));
    expect(statusLine(probed)).toBe('pass fail skip skip');
    expect(opened?.dataRequests).toEqual([]);
  });
});
