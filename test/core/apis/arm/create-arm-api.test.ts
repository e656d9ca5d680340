import { describe, expect, test } from 'vitest';
import { isReadOnlyPost } from '../../../../src/core/apis/arm/arm-path.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import { testCall } from '../../../support/call.ts';
import { openArm, subscriptionId } from './arm-fixture.ts';
import { armService } from './arm-service.ts';

const subscription = `/subscriptions/${subscriptionId}`;
const group = `${subscription}/resourceGroups/core`;
const query: ApiRequest = {
  method: 'POST',
  path: '/providers/Microsoft.ResourceGraph/resources',
  body: { query: 'Resources', options: { $top: 2, $skip: 1 } },
};

test('a request names itself by ids that support can join', async () => {
  const service = armService(() => ({ status: 200, headers: { 'x-ms-request-id': 'r-1' }, body: {} }));
  const { arm, tokenRequests } = openArm({ httpClient: service });
  const call = testCall();
  const { requestId } = await arm.send({ method: 'GET', path: group }, call);
  await arm.send({ method: 'GET', path: group }, call);
  const ids = service.arrived.map(({ headers }) => headers['x-ms-client-request-id']);
  expect(new Set(ids).size).toBe(2);
  expect(service.arrived[0]?.headers).toMatchObject({
    'x-ms-correlation-request-id': call.clientRequestId,
    'x-ms-return-client-request-id': 'true',
    authorization: 'Bearer arm-token',
  });
  expect(tokenRequests[0]?.audience).toBe('https://management.azure.com');
  expect([requestId, call.record.requestId]).toEqual(['r-1', 'r-1']);
});

async function collect(answers: (index: number, body: unknown) => unknown, request: ApiRequest) {
  const service = armService(({ body }, index) => ({ status: 200, body: answers(index, body) }));
  const { arm } = openArm({ httpClient: service });
  const pages = [];
  for await (const page of arm.pages(request, {}, testCall())) pages.push(page);
  return { pages, items: pages.flatMap(({ items }) => items), service };
}

describe('lists', () => {
  const next = `https://management.azure.com${subscription}/resources?api-version=2021-04-01&%24skiptoken=a%2Bb%3D`;

  test.each([
    ['null', null],
    ['empty', ''],
    ['absent', undefined],
  ])('end where nextLink is %s', async (_, nextLink) => {
    const { items, service } = await collect(() => ({ value: [1, 2], nextLink }), { method: 'GET', path: group });
    expect(items).toEqual([1, 2]);
    expect(service.arrived).toHaveLength(1);
  });

  test('follow a link byte for byte, over an empty page', async () => {
    const answers = [{ value: [], nextLink: next }, { value: [{ id: '/b' }] }];
    const { items, service } = await collect((index) => answers[index], { method: 'GET', path: group });
    expect(items).toEqual([{ id: '/b' }]);
    expect(`https://management.azure.com${service.seen()[1]?.slice(4)}`).toBe(next);
  });

  test.each([
    ['odata', { value: [1], '@odata.nextLink': next }],
    ['older odata', { value: [1], 'odata.nextLink': next }],
    ['relative', { value: [1], nextLink: `${subscription}/resources?$skiptoken=x` }],
    ['items of another name', { databases: [1], nextLink: next }],
  ])('%s', async (_, first) => {
    const { items, service } = await collect((index) => [first, { value: [2] }][index], { method: 'GET', path: group });
    expect(items).toEqual([1, 2]);
    expect(service.arrived[1]?.url.searchParams.getAll('api-version')).toEqual(['2021-04-01']);
  });

  test('nothing is sent to another host', async () => {
    const answers = () => ({ value: [1], nextLink: 'https://evil.example/subscriptions' });
    await expect(collect(answers, { method: 'GET', path: group })).rejects.toMatchObject({ code: 'upstream_error' });
  });

  test('a single resource is no list', async () => {
    const answers = () => ({ id: '/x', properties: {}, zones: ['1'] });
    await expect(collect(answers, { method: 'GET', path: group })).rejects.toThrow('not a list');
  });
});

describe('Resource Graph', () => {
  test('pages with its token in the body, and repeats neither the skip nor the query options', async () => {
    const answers = [
      { data: [{ id: 'a' }, { id: 'a' }], count: 2, totalRecords: 3, $skipToken: 't1', resultTruncated: 'false' },
      { data: [{ id: 'a' }], count: 1, totalRecords: 3, resultTruncated: 'false' },
    ];
    const { items, pages, service } = await collect((index) => answers[index], query);
    expect(items).toEqual([{ id: 'a' }, { id: 'a' }, { id: 'a' }]);
    expect(pages[0]).toMatchObject({ count: 3, nextLink: 't1' });
    expect(service.arrived[1]?.body).toEqual({ query: 'Resources', options: { $top: 2, $skipToken: 't1' } });
  });

  test('says when rows are left out without a way to them, and reads tables', async () => {
    const table = {
      columns: [
        { name: 'name', type: 'string' },
        { name: 'n', type: 'integer' },
      ],
      rows: [['x', 1]],
    };
    const { pages } = await collect(() => ({ data: table, totalRecords: 9, resultTruncated: 'true' }), query);
    expect(pages).toMatchObject([{ items: [{ name: 'x', n: 1 }], isTruncated: true }]);
  });
});

describe('a read-only connection', () => {
  const sent = async (request: ApiRequest) => {
    const service = armService(() => ({ status: 200, body: {} }));
    const { arm } = openArm({ httpClient: service, access: 'read_only' });
    try {
      await arm.write(request, testCall());
      return service.arrived.length;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return `${error.code} ${service.arrived.length}`;
    }
  };

  test.each([
    ['POST', '/providers/Microsoft.ResourceGraph/resources'],
    ['POST', `${group}/providers/Microsoft.Resources/deployments/d/whatIf`],
    ['POST', `${group}/providers/Microsoft.Resources/deployments/d/validate`],
    ['POST', `${subscription}/providers/Microsoft.Storage/checkNameAvailability`],
  ] as const)('may %s %s', async (method, path) => {
    expect(await sent({ method, path, apiVersion: '2024-03-01', body: {} })).toBe(1);
  });

  test.each([
    ['PUT', group],
    ['PATCH', group],
    ['DELETE', group],
    ['POST', `${group}/providers/Microsoft.Storage/storageAccounts/a/listKeys`],
    ['POST', `${group}/providers/Microsoft.Compute/virtualMachines/v/start`],
    ['POST', `${subscription}/providers/Microsoft.Compute/register`],
  ] as const)('may not %s %s', async (method, path) => {
    expect(await sent({ method, path, apiVersion: '2024-03-01' })).toBe('refused 0');
  });

  test('a resource of that name is not taken for the action', () => {
    expect(isReadOnlyPost(`${group}/providers/Microsoft.ResourceGraph/queries/resources/run`)).toBe(false);
  });
});

test('a connection without subscription says so', () => {
  const { arm } = openArm({ httpClient: armService(() => ({ status: 200 })) });
  expect(arm.subscriptionPath).toBe(subscription);
});
