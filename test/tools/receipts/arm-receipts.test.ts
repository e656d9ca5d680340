import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// What an answer says about undoing a write of Resource Manager is sent as it stands, and the resource is as it was.

let tools: SandboxTools;
let data: string;

beforeAll(async () => {
  tools = await openSandboxTools({ policy: { receipts: true } });
  data = `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-data`;
});
afterAll(() => tools.close());
beforeEach(() => {
  tools.sandbox.reset();
  tools.sandbox.placeObject('arm', 'operationStyle', { match: '*', retry_after: 0 });
  tools.forget();
});

type Input = Readonly<Record<string, unknown>>;

const write = (input: Input) => tools.call('arm_write', input);
const undo = ({ meta }: Answer) => tools.call(meta.undo.tool, meta.undo.arguments);
const account = (name = 'stcontosodata') => `${data}/providers/Microsoft.Storage/storageAccounts/${name}`;
const newAccount = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} };

/** The resource without what every write changes; undefined where there is none. */
async function see(path: string): Promise<unknown> {
  const { response } = await tools.call('arm_query', { path, limit: 1 });
  if (!response.success) return undefined;
  const { etag: _etag, systemData: _stamps, ...rest } = response.data;
  return rest;
}

async function roundTrip(input: Input & { readonly path: string }, at = input.path): Promise<Answer> {
  const before = await see(at);
  const written = await write(input);
  expect(written.response.success).toBe(true);
  expect(await see(at)).not.toEqual(before);
  const undone = await undo(written);
  expect(undone.response.success).toBe(true);
  expect(await see(at)).toEqual(before);
  return written;
}

describe('tags', () => {
  test('of a PATCH are replaced by all that were there', async () => {
    await write({ method: 'PATCH', path: account(), body: { tags: { team: 'blue', cost: '1' } } });
    const { meta } = await roundTrip({ method: 'PATCH', path: account(), body: { tags: { team: 'red', new: 'x' } } });
    expect(meta.undo).toMatchObject({
      tool: 'arm_write',
      arguments: {
        connection: 'sandbox',
        method: 'PATCH',
        path: `${account()}/providers/Microsoft.Resources/tags/default`,
        body: { operation: 'Replace', properties: { tags: { team: 'blue', cost: '1' } } },
      },
    });
  });

  test.each([
    ['PATCH', { operation: 'Merge', properties: { tags: { team: 'red' } } }],
    ['PATCH', { operation: 'Replace', properties: { tags: { only: 'this' } } }],
    ['PATCH', { operation: 'Delete', properties: { tags: { team: 'blue' } } }],
    ['PUT', { properties: { tags: { other: 'set' } } }],
    ['DELETE', undefined],
  ])('of their own resource come back after %s %j', async (method, body) => {
    await write({ method: 'PATCH', path: account(), body: { tags: { team: 'blue' } } });
    const path = `${account()}/providers/Microsoft.Resources/tags/default`;
    await roundTrip({ method, path, ...(body === undefined ? {} : { body }) }, account());
  });

  test('of a resource group come back', async () => {
    await roundTrip({ method: 'PATCH', path: 'resourceGroups/rg-contoso-data', body: { tags: { team: 'red' } } });
  });
});

describe('PUT and PATCH', () => {
  test('a resource that was replaced has its earlier body again, without what the service sets', async () => {
    await write({ method: 'PUT', path: account('streceipts'), body: { ...newAccount, tags: { a: '1' } } });
    const body = { ...newAccount, sku: { name: 'Standard_GRS' }, tags: { b: '2' } };
    const { meta } = await roundTrip({ method: 'PUT', path: account('streceipts'), body });
    expect(meta.undo.arguments).toMatchObject({
      method: 'PUT',
      body: { sku: { name: 'Standard_LRS' }, tags: { a: '1' } },
    });
    for (const name of ['id', 'name', 'type', 'etag', 'systemData']) {
      expect(meta.undo.arguments.body).not.toHaveProperty(name);
    }
  });

  test('a new resource is deleted', async () => {
    const { meta } = await roundTrip({ method: 'PUT', path: account('streceipts'), body: newAccount });
    expect(meta.undo.arguments).toMatchObject({ method: 'DELETE', path: account('streceipts') });
  });

  test('a PATCH sends back what it changed, and the version that was asked for', async () => {
    const body = { properties: { minimumTlsVersion: 'TLS1_3', allowBlobPublicAccess: true } };
    const { meta } = await roundTrip({ method: 'PATCH', path: account(), body, api_version: '2023-05-01' });
    expect(meta.undo.arguments).toMatchObject({ method: 'PATCH', api_version: '2023-05-01' });
    expect(Object.keys(meta.undo.arguments.body)).toEqual(['properties']);
  });

  test('of many secrets the answer names a few, and stays small', async () => {
    const secrets = Array.from({ length: 500 }, (_, index) => [
      `setting${index}`,
      `Server=a;Password=abcdefgh${index};`,
    ]);
    const body = { properties: { accessTier: 'Cool', ...Object.fromEntries(secrets) } };
    const { meta } = await write({ method: 'PATCH', path: account(), body });
    expect(meta.undo.not_undone[0]).toContain('`properties.setting4` and 495 more');
    expect(JSON.stringify(meta.undo).length).toBeLessThan(2_000);
  });

  test('what carries a secret says so, and keeps it nowhere', async () => {
    const path = `${data}/providers/Microsoft.Compute/virtualMachines/vm-receipts`;
    const body = { location: 'westeurope', properties: { osProfile: { adminPassword: 'xWwvJ]6NMw+bWH-d' } } };
    await write({ method: 'PUT', path, body });
    const again = await write({ method: 'PUT', path, body: { ...body, tags: { a: '1' } } });
    expect(again.meta.undo.impossible).toContain('secret');
    expect(again.text).not.toContain('xWwvJ');
  });
});

describe('what cannot be undone', () => {
  test.each([
    [{ method: 'DELETE', path: 'resourceGroups/rg-empty' }, 'with all that is in it'],
    [{ method: 'POST', path: '{vm}/restart' }, 'an action'],
    [{ method: 'DELETE', path: '{account}' }, 'in the portal'],
  ])('says why: %j', async ({ method, path }, reason) => {
    await write({ method: 'PUT', path: 'resourceGroups/rg-empty', body: { location: 'westeurope' } });
    await write({ method: 'PUT', path: account('streceipts'), body: newAccount });
    const vm = `${data.replace('rg-contoso-data', 'rg-contoso-network')}/providers/Microsoft.Compute/virtualMachines/vm-jump-01`;
    const full = path.replace('{vm}', vm).replace('{account}', account('streceipts'));
    const { meta } = await write({ method, path: full });
    expect(meta.undo).toEqual({ receipt: expect.any(String), impossible: expect.stringContaining(reason) });
  });

  test('a role assignment is nothing but its body, and is made again', async () => {
    const path = `${data}/providers/Microsoft.Authorization/roleAssignments/5b2e8a7c-0000-4000-8000-000000000001`;
    const { sandbox } = tools;
    const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
    const users = await tools.call('graph_query', { endpoint: '/users?$top=1&$select=id', auto_paginate: false });
    const properties = {
      roleDefinitionId: `/subscriptions/${sandbox.credentials.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${reader}`,
      principalId: users.response.data.value[0].id,
      principalType: 'User',
    };
    await roundTrip({ method: 'PUT', path, body: { properties } });
    await write({ method: 'PUT', path, body: { properties } });
    const deleted = await write({ method: 'DELETE', path });
    expect((await undo(deleted)).response.success).toBe(true);
    expect(await see(path)).toMatchObject({ properties });
  });
});
