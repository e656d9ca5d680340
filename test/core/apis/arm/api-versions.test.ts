import { describe, expect, test } from 'vitest';
import { createVersionCache } from '../../../../src/core/apis/arm/api-versions.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import { testCall } from '../../../support/call.ts';
import { openArm, subscriptionId } from './arm-fixture.ts';
import { type ArrivedRequest, armService } from './arm-service.ts';

const subscription = `/subscriptions/${subscriptionId}`;
const group = `${subscription}/resourceGroups/core`;
const account = `${group}/providers/Microsoft.Storage/storageAccounts/data`;

const storage = {
  namespace: 'Microsoft.Storage',
  resourceTypes: [
    {
      resourceType: 'storageAccounts',
      apiVersions: ['2023-05-01-preview', '2022-09-01', '2023-01-01', '2021-09-01'],
    },
    { resourceType: 'storageAccounts/blobServices', apiVersions: ['2023-05-01'] },
    { resourceType: 'previewOnly', apiVersions: ['2024-01-01-preview', '2024-02-01-preview'] },
  ],
};

const namespaces = ['Microsoft.Storage', 'Microsoft.StorageSync', 'Microsoft.Search', 'Microsoft.Compute'];

function answer({ url }: ArrivedRequest) {
  if (/\/providers\/microsoft\.storage$/i.test(url.pathname)) return { status: 200, body: storage };
  if (/\/providers$/.test(url.pathname)) {
    return { status: 200, body: { value: namespaces.map((namespace) => ({ namespace })) } };
  }
  if (/\/providers\/[^/]+$/.test(url.pathname)) {
    return { status: 404, body: { error: { code: 'InvalidResourceNamespace', message: 'The namespace is invalid.' } } };
  }
  return { status: 200, body: { id: url.pathname } };
}

const versionOf = ({ url }: ArrivedRequest) => url.searchParams.getAll('api-version');

async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('It succeeded.');
}

describe('a path without api-version', () => {
  test('gets the newest stable one of its type, which is noted, and looked up once for the process', async () => {
    const service = armService(answer);
    const cache = createVersionCache();
    const { arm } = openArm({ httpClient: service, cache });
    const call = testCall();
    await arm.send({ method: 'GET', path: account, saysVersion: true }, call);
    expect(call.record.notes).toEqual(['api-version `2023-01-01` of `Microsoft.Storage/storageAccounts`']);
    await openArm({ httpClient: service, cache }).arm.send({ method: 'GET', path: account.toUpperCase() }, testCall());
    expect(service.arrived.map(versionOf)).toEqual([['2021-04-01'], ['2023-01-01'], ['2023-01-01']]);
  });

  test('is not noted where no caller wrote the path', async () => {
    const { arm } = openArm({ httpClient: armService(answer) });
    const call = testCall();
    await arm.send({ method: 'GET', path: account }, call);
    expect(call.record.notes).toEqual([]);
  });

  test.each([{ value: null }, { namespace: 'Microsoft.Storage' }, []])(
    'is not settled by an answer about the provider that is none: %j',
    async (body) => {
      let looks = 0;
      const service = armService((request) =>
        /Microsoft\.Storage$/.test(request.url.pathname) && looks++ === 0 ? { status: 200, body } : answer(request),
      );
      const { arm } = openArm({ httpClient: service });
      const read = () => arm.send({ method: 'GET', path: account }, testCall());
      expect(await errorOf(read())).toMatchObject({ code: 'upstream_error', retryable: true });
      expect((await read()).status).toBe(200);
    },
  );

  test('waits for a look-up that is on its way', async () => {
    const service = armService(answer);
    const { arm } = openArm({ httpClient: service });
    await Promise.all([1, 2, 3].map(() => arm.send({ method: 'GET', path: account }, testCall())));
    expect(service.seen().filter((line) => line.includes('/providers/Microsoft.Storage?'))).toHaveLength(1);
  });

  test('looks itself when the call that was looking is given up', async () => {
    const first = new AbortController();
    let looks = 0;
    const service = armService(async (request) => {
      if (/Microsoft\.Storage$/.test(request.url.pathname) && looks++ === 0) {
        first.abort();
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('aborted');
      }
      return answer(request);
    });
    const { arm } = openArm({ httpClient: service });
    const given = errorOf(arm.send({ method: 'GET', path: account }, testCall({ signal: first.signal })));
    const waiting = arm.send({ method: 'GET', path: account }, testCall());
    expect((await given).code).toBe('cancelled');
    expect((await waiting).status).toBe(200);
  });

  test.each([
    [`${account}/blobServices/default`, '2023-05-01', 'Microsoft.Storage/storageAccounts/blobServices'],
    [`${account}/managementPolicies/default`, '2023-01-01', 'Microsoft.Storage/storageAccounts'],
    [`${account}/listKeys`, '2023-01-01', 'Microsoft.Storage/storageAccounts'],
    [`${group}/providers/microsoft.storage/STORAGEACCOUNTS`, '2023-01-01', 'Microsoft.Storage/storageAccounts'],
    [`${group}/providers/Microsoft.Storage/previewOnly/a`, '2024-02-01-preview', 'Microsoft.Storage/previewOnly'],
  ])('%s: %s', async (path, version, resourceType) => {
    const { arm } = openArm({ httpClient: armService(answer) });
    const isPreview = version.includes('preview');
    expect(await arm.versionFor(path, {}, testCall())).toEqual({ version, resourceType, isPreview });
  });

  test('takes a preview when that is asked for', async () => {
    const { arm } = openArm({ httpClient: armService(answer) });
    const call = testCall();
    const request = { method: 'GET', path: account, apiVersion: 'preview', saysVersion: true } as const;
    expect(await arm.preview(request, call)).toContain('api-version=2023-05-01-preview');
    expect(call.record.notes[0]).toContain('(preview)');
  });

  test.each([
    ['/subscriptions', '2022-12-01'],
    [subscription, '2022-12-01'],
    ['/tenants', '2022-12-01'],
    [group, '2021-04-01'],
    [`${group}/resources`, '2021-04-01'],
    [`${subscription}/providers/Microsoft.Compute/register`, '2021-04-01'],
    [`${group}/providers/Microsoft.Resources/deployments/d/whatIf`, '2024-03-01'],
    [`${account}/providers/Microsoft.Authorization/roleAssignments`, '2022-04-01'],
    [`${account}/providers/Microsoft.Authorization/locks/l`, '2020-05-01'],
    [`${account}/providers/Microsoft.Resources/tags/default`, '2021-04-01'],
    ['/providers/Microsoft.Management/managementGroups/contoso', '2021-04-01'],
    ['/providers/Microsoft.ResourceGraph/resources', '2024-04-01'],
  ])('%s is known without a look-up', async (path, version) => {
    const service = armService(answer);
    const { arm } = openArm({ httpClient: service });
    expect((await arm.versionFor(path, {}, testCall())).version).toBe(version);
    expect(service.arrived).toHaveLength(0);
  });
});

describe('an explicit api-version wins', () => {
  test.each([
    { path: account, apiVersion: '2020-01-01' },
    { path: account, params: { 'Api-Version': '2020-01-01' } },
    { path: `${account}?API-VERSION=2020-01-01&$expand=x` },
    { path: `${account}?api-version=2020-01-01&api-version=2020-01-01`, apiVersion: '2020-01-01' },
  ])('%o', async (given) => {
    const service = armService(answer);
    const { arm } = openArm({ httpClient: service });
    await arm.send({ method: 'GET', ...given }, testCall());
    expect(service.arrived.map(versionOf)).toEqual([['2020-01-01']]);
  });

  test('different ones are refused, and so is what is no date', async () => {
    const { arm } = openArm({ httpClient: armService(answer) });
    const two = { method: 'GET', path: `${account}?api-version=2020-01-01`, apiVersion: '2021-01-01' } as const;
    expect((await errorOf(arm.send(two, testCall()))).code).toBe('invalid_argument');
    const word = { method: 'GET', path: account, apiVersion: 'v1.0' } as const;
    expect((await errorOf(arm.send(word, testCall()))).code).toBe('invalid_argument');
  });
});

describe('what no provider knows', () => {
  test('a namespace: not_found with the nearest ones', async () => {
    const { arm } = openArm({ httpClient: armService(answer) });
    const error = await errorOf(
      arm.send({ method: 'GET', path: `${group}/providers/Microsoft.Storrage/storageAccounts` }, testCall()),
    );
    expect(error).toMatchObject({ code: 'not_found', hint: expect.stringContaining('Microsoft.Storage') });
  });

  test('a type: not_found with those of the provider', async () => {
    const { arm } = openArm({ httpClient: armService(answer) });
    const error = await errorOf(
      arm.send({ method: 'GET', path: `${group}/providers/Microsoft.Storage/storageAcounts` }, testCall()),
    );
    expect(error.code).toBe('not_found');
    expect(error.detail).toMatchObject({ nearest: expect.arrayContaining(['storageAccounts']) });
  });

  test('a path that is none of Resource Manager', async () => {
    const service = armService(answer);
    const { arm } = openArm({ httpClient: service });
    expect((await errorOf(arm.send({ method: 'GET', path: '/users/ada' }, testCall()))).code).toBe('invalid_argument');
    expect(service.arrived).toHaveLength(0);
  });

  test('a foreign address is refused before anything is looked up', async () => {
    const service = armService(answer);
    const { arm } = openArm({ httpClient: service });
    const path = `https://management.azure.com.evil.example${account}`;
    expect((await errorOf(arm.send({ method: 'GET', path }, testCall()))).code).toBe('invalid_argument');
    expect(service.arrived).toHaveLength(0);
  });
});

test('who may not read the providers of the subscription gets those of the tenant', async () => {
  const service = armService((request) =>
    request.url.pathname.startsWith(`${subscription}/providers/`)
      ? { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } }
      : answer(request),
  );
  const { arm } = openArm({ httpClient: service });
  expect((await arm.versionFor(account, {}, testCall())).version).toBe('2023-01-01');
  expect(service.seen().at(-1)).toBe('GET /providers/Microsoft.Storage?api-version=2021-04-01');
});
