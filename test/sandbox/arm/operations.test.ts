import { describe, expect, test } from 'vitest';
import type { GraphAnswer } from '../support/sandbox-client.ts';
import { type ArmClient, createArmClient, dataGroup, development, production, versions } from './support/arm-client.ts';

const vault = `${dataGroup}/providers/Microsoft.KeyVault/vaults/kv-new`;
const vaultBody = { location: 'westeurope', tags: { a: 'b' }, properties: { sku: { name: 'standard' } } };
const machine = `${development}/resourceGroups/rg-dev-compute/providers/Microsoft.Compute/virtualMachines/vm-build-01`;

async function started(style: Readonly<Record<string, unknown>>, arm?: ArmClient) {
  const client = arm ?? (await createArmClient());
  client.sandbox.placeObject('arm', 'operationStyle', style);
  return { arm: client, answer: await client.put(vault, versions.keyVault, vaultBody) };
}

/** Reads an address until it says something other than 202 or a running status. */
async function follow(arm: ArmClient, url: string): Promise<readonly GraphAnswer[]> {
  const answers: GraphAnswer[] = [];
  for (let looks = 0; looks < 20; looks++) {
    const answer = await arm.get(url, '');
    answers.push(answer);
    if (answer.status !== 202 && answer.body?.status !== 'InProgress') return answers;
  }
  throw new Error('the operation does not end');
}

const statusUrl = (answer: GraphAnswer) => answer.headers['azure-asyncoperation'] ?? '';

describe('PUT', () => {
  test('with provisioningState only: the resource tells when it is done', async () => {
    const { arm, answer } = await started({ style: 'provisioning_state' });
    expect(answer).toMatchObject({ status: 201, body: { properties: { provisioningState: 'Creating' } } });
    expect(statusUrl(answer) || answer.headers['location']).toBeFalsy();
    const states = [];
    for (let look = 0; look < 3; look++) {
      states.push((await arm.get(vault, versions.keyVault)).body.properties.provisioningState);
    }
    expect(states).toEqual(['Creating', 'Creating', 'Succeeded']);
  });

  test('with Azure-AsyncOperation: 201, a status that runs and succeeds, the resource at its own address', async () => {
    const { arm, answer } = await started({ style: 'azure_async' });
    expect(answer).toMatchObject({ status: 201, headers: { 'retry-after': '1' } });
    expect(answer.headers['location']).toBeUndefined();
    const looks = await follow(arm, statusUrl(answer));
    expect(looks.map(({ status, body }) => [status, body.status, body.percentComplete])).toEqual([
      [200, 'InProgress', 33],
      [200, 'InProgress', 66],
      [200, 'Succeeded', 100],
    ]);
    expect((await arm.get(vault, versions.keyVault)).body).toMatchObject({
      tags: { a: 'b' },
      properties: { provisioningState: 'Succeeded' },
    });
  });

  test('with Location: 202 without a body, 202 again, then the resource', async () => {
    const { arm, answer } = await started({ style: 'location' });
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect((await arm.get(vault, versions.keyVault)).status).toBe(404);
    const looks = await follow(arm, answer.headers['location'] ?? '');
    expect(looks.map(({ status }) => status)).toEqual([202, 202, 201]);
    expect(looks.at(-1)?.body.name).toBe('kv-new');
  });

  test('a write while another one runs is refused', async () => {
    const { arm } = await started({ style: 'azure_async' });
    const second = await arm.put(vault, versions.keyVault, vaultBody);
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'AnotherOperationInProgress' } } });
  });
});

describe('other verbs', () => {
  test('POST answers 202 with both headers, and both see the end', async () => {
    const arm = await createArmClient();
    const answer = await arm.send('POST', `${machine}/deallocate`, { version: versions.compute });
    expect(answer.status).toBe(202);
    expect((await follow(arm, statusUrl(answer))).at(-1)?.body.status).toBe('Succeeded');
    expect((await arm.get(answer.headers['location'] ?? '', '')).status).toBe(200);
    expect((await arm.get(machine, versions.compute)).body.properties.powerState).toBe('deallocated');
  });

  test('DELETE of a group answers 202 with Location and takes what is in it', async () => {
    const arm = await createArmClient();
    const group = `${development}/resourceGroups/rg-dev-compute`;
    const answer = await arm.send('DELETE', group);
    expect([answer.status, statusUrl(answer)]).toEqual([202, '']);
    expect((await arm.get(group)).body.properties.provisioningState).toBe('Deleting');
    await follow(arm, answer.headers['location'] ?? '');
    expect((await arm.get(group)).status).toBe(404);
    expect((await arm.get(machine, versions.compute)).body.error.code).toBe('ResourceGroupNotFound');
  });

  test('PATCH answers 202 with Location even where the style would show the resource', async () => {
    const arm = await createArmClient();
    arm.sandbox.placeObject('arm', 'operationStyle', { match: 'PATCH *', style: 'provisioning_state' });
    const answer = await arm.send('PATCH', machine, { version: versions.compute, body: { tags: { role: 'spare' } } });
    expect(answer.status).toBe(202);
    const looks = await follow(arm, answer.headers['location'] ?? '');
    expect(looks.at(-1)?.body.tags).toEqual({ role: 'spare' });
  });
});

describe('endings', () => {
  test('a failure carries its error at the status, at the location and in the resource', async () => {
    const error = { code: 'QuotaExceeded', message: 'No cores are left.' };
    const { arm, answer } = await started({ style: 'azure_async', outcome: 'failed', error });
    expect((await follow(arm, statusUrl(answer))).at(-1)).toMatchObject({
      status: 200,
      body: { status: 'Failed', error },
    });
    expect((await arm.get(vault, versions.keyVault)).body.properties.provisioningState).toBe('Failed');
    const other = await started({ style: 'location', outcome: 'failed', error });
    const looks = await follow(other.arm, other.answer.headers['location'] ?? '');
    expect(looks.at(-1)).toMatchObject({ status: 409, body: { error } });
  });

  test('a canceled operation says so', async () => {
    const { arm, answer } = await started({ style: 'both', outcome: 'canceled', polls: 0 });
    expect((await arm.get(statusUrl(answer), '')).body).toMatchObject({
      status: 'Canceled',
      error: { code: 'OperationCanceled' },
    });
  });

  test('a status that answers 500 once is no failed operation', async () => {
    const { arm, answer } = await started({ style: 'azure_async', status_errors: 1 });
    const looks = [await arm.get(statusUrl(answer), ''), await arm.get(statusUrl(answer), '')];
    expect(looks.map(({ status }) => status)).toEqual([500, 200]);
  });

  test('an operation with a length ends by the clock, whoever looks', async () => {
    const { arm, answer } = await started({ style: 'azure_async', seconds: 3600, retry_after: 600 });
    expect(answer.headers['retry-after']).toBe('600');
    for (let look = 0; look < 5; look++) expect((await arm.get(statusUrl(answer), '')).body.status).toBe('InProgress');
    arm.sandbox.advance(3000);
    expect((await arm.get(vault, versions.keyVault)).body.properties.provisioningState).toBe('Creating');
    arm.sandbox.advance(600);
    expect((await arm.get(vault, versions.keyVault)).body.properties.provisioningState).toBe('Succeeded');
  });
});

test.each([
  ['foreign_host', /^https:\/\/arm\.elsewhere\.invalid\//],
  ['http', /^http:\/\/management\.sandbox\.invalid\//],
  ['user_info', /^https:\/\/reader:secret@management\.sandbox\.invalid\//],
  ['other_port', /^https:\/\/management\.sandbox\.invalid:8444\//],
  ['relative', /^\/subscriptions\//],
])('addresses can be %s', async (address, shape) => {
  const { answer } = await started({ style: 'both', address });
  expect(statusUrl(answer)).toMatch(shape);
  expect(answer.headers['location']).toMatch(shape);
});

test('styles follow the type, and the last one that was placed for a path', async () => {
  const arm = await createArmClient();
  const account = `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stnew`;
  const body = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
  expect((await arm.put(account, versions.storage, body)).status).toBe(202);
  arm.sandbox.placeObject('arm', 'operationStyle', { match: 'PUT */storageAccounts/*', style: 'sync' });
  expect((await arm.put(`${account}2`, versions.storage, body)).status).toBe(201);
  const container = `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata/blobServices/default/containers/new`;
  expect((await arm.put(container, versions.storage, { properties: {} })).status).toBe(201);
});

test('an unknown operation is not found', async () => {
  const arm = await createArmClient();
  const path = `${production}/providers/Microsoft.Storage/locations/westeurope/operationStatuses/11111111-2222-4333-8444-555555555555`;
  expect((await arm.get(path)).status).toBe(404);
});
