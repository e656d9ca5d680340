import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { undoReceipt } from '../../../src/cli/undo/undo-receipt.ts';
import { failureOf } from '../../core/connections/support.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// The command on each kind of write: it looks first, takes the write back, and finds nothing to do where somebody else has.

let tools: SandboxTools;
let ids: readonly string[];

beforeAll(async () => {
  tools = await openSandboxTools({ policy: { receipts: true } });
});
afterAll(() => tools.close());
beforeEach(async () => {
  tools.sandbox.reset();
  tools.sandbox.placeObject('arm', 'operationStyle', { match: '*', retry_after: 0 });
  const $filter = 'onPremisesSyncEnabled ne true and accountEnabled eq true';
  const found = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $filter, $select: 'id', $top: 2 },
    auto_paginate: false,
  });
  ids = found.response.data.value.map(({ id }: { id: string }) => id);
});

const { signal } = new AbortController();
const undo = (id: string, force = false) =>
  undoReceipt(id, { yes: true, force, signal, ask: async () => undefined }, tools.runtime);
const read = async (endpoint: string) => (await tools.call('graph_query', { endpoint })).response.data;
const graphWrite = (...requests: readonly object[]) => tools.call('graph_write', { requests });
const account = () =>
  `/subscriptions/${tools.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-data/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
const reference = (id: string) => ({ '@odata.id': `${tools.sandbox.cloud.graph}/v1.0/directoryObjects/${id}` });
const newGroup = { displayName: 'kinds', mailEnabled: false, mailNickname: 'kinds', securityEnabled: true };

async function seeResource(path: string): Promise<unknown> {
  const { response } = await tools.call('arm_query', { path, limit: 1 });
  const { etag: _etag, systemData: _stamps, ...rest } = response.data ?? {};
  return rest;
}

interface Kind {
  readonly write: () => Promise<{ readonly meta: { readonly undo: { readonly receipt: string } } }>;
  readonly look: () => Promise<unknown>;
}

async function productWithUnits(): Promise<string> {
  const { value } = await read('/subscribedSkus?$select=skuPartNumber,appliesTo,prepaidUnits,consumedUnits');
  const held = await read(`/users/${ids[0]}/licenseDetails?$select=skuPartNumber`);
  return value.find(
    // biome-ignore lint/suspicious/noExplicitAny: single fields of a product
    ({ appliesTo, prepaidUnits, consumedUnits, skuPartNumber }: any) =>
      appliesTo === 'User' &&
      prepaidUnits.enabled > consumedUnits &&
      !held.value.some((one: { skuPartNumber: string }) => one.skuPartNumber === skuPartNumber),
  ).skuPartNumber;
}

const kinds: Readonly<Record<string, () => Promise<Kind>>> = {
  'a member that was added': async () => {
    const { response } = await graphWrite({ method: 'POST', endpoint: '/groups', body: newGroup });
    const members = `/groups/${response.data.id}/members`;
    return {
      write: () => graphWrite({ method: 'POST', endpoint: `${members}/$ref`, body: reference(ids[0] ?? '') }),
      look: () => read(`${members}?$select=id`),
    };
  },
  'a user that was deleted': async () => ({
    write: () => graphWrite({ method: 'DELETE', endpoint: `/users/${ids[0]}` }),
    look: async () => (await read('/users?$select=id')).value.length,
  }),
  'a group that was made': async () => ({
    write: () => graphWrite({ method: 'POST', endpoint: '/groups', body: newGroup }),
    look: async () => (await read('/groups?$select=id')).value.length,
  }),
  'a manager that was set': async () => ({
    write: () =>
      graphWrite({ method: 'PUT', endpoint: `/users/${ids[0]}/manager/$ref`, body: reference(ids[1] ?? '') }),
    look: async () => (await read(`/users/${ids[0]}/manager?$select=id`))?.id,
  }),
  'licences that were given': async () => {
    const sku = await productWithUnits();
    return {
      write: () => tools.call('assign_license', { user: ids[0], add: [{ sku }], usage_location: 'DE' }),
      look: () => read(`/users/${ids[0]}?$select=assignedLicenses,usageLocation`),
    };
  },
  'tags that were merged': async () => ({
    write: () => tools.call('arm_write', { method: 'PATCH', path: account(), body: { tags: { team: 'red' } } }),
    look: () => seeResource(account()),
  }),
  'a resource that was made': async () => ({
    write: () =>
      tools.call('arm_write', {
        method: 'PUT',
        path: account().replace('stcontosodata', 'stkinds'),
        body: { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} },
      }),
    look: () => seeResource(account().replace('stcontosodata', 'stkinds')),
  }),
};

describe.each(Object.entries(kinds))('%s', (_, prepare) => {
  test('is taken back, once', async () => {
    const { write, look } = await prepare();
    const before = await look();
    const { receipt } = (await write()).meta.undo;
    expect(await look()).not.toEqual(before);
    expect(await undo(receipt)).toMatchObject({ outcome: 'undone', failed: [] });
    expect(await look()).toEqual(before);
    expect(await failureOf(undo(receipt))).toMatchObject({ code: 'conflict' });
  });
});

test('a resource group that was made is deleted with a warning', async () => {
  const input = { method: 'PUT', path: 'resourceGroups/rg-kinds', body: { location: 'westeurope' } };
  const { receipt } = (await tools.call('arm_write', input)).meta.undo;
  let shown: readonly string[] = [];
  const ask = async (lines: readonly string[]) => {
    shown = lines;
    return true;
  };
  expect(await undoReceipt(receipt, { signal, ask }, tools.runtime)).toMatchObject({ outcome: 'undone' });
  expect(shown).toContain('    DELETES ALL THAT IS IN THE GROUP NOW');
  expect(shown).toContain('    exists: true -> false');
});

test('a member that somebody else has taken out is no failure', async () => {
  const kind = await kinds['a member that was added']?.();
  const written = await kind?.write();
  const group = (await read("/groups?$filter=displayName eq 'kinds'&$select=id")).value[0].id;
  await graphWrite({ method: 'DELETE', endpoint: `/groups/${group}/members/${ids[0]}/$ref` });
  const receipt = written?.meta.undo.receipt ?? '';
  // Lists may lag: within two minutes the answer of the service counts.
  expect(await undo(receipt)).toMatchObject({ outcome: 'undone', failed: [] });
});

test('tags and licences that were changed since are not overwritten by a yes in advance', async () => {
  const tags = (value: string) => ({ method: 'PATCH', path: account(), body: { tags: { team: value } } });
  const first = (await tools.call('arm_write', tags('red'))).meta.undo.receipt;
  await tools.call('arm_write', tags('green'));
  expect(await failureOf(undo(first))).toMatchObject({ code: 'refused' });
  expect(await undo(first, true)).toMatchObject({ outcome: 'undone' });

  const sku = await productWithUnits();
  const given = await tools.call('assign_license', { user: ids[0], add: [{ sku }], usage_location: 'DE' });
  const { servicePlans } = (await read('/subscribedSkus?$select=skuPartNumber,servicePlans')).value.find(
    (one: { skuPartNumber: string }) => one.skuPartNumber === sku,
  );
  const plan = servicePlans.find((one: { appliesTo: string }) => one.appliesTo === 'User').servicePlanName;
  await tools.call('assign_license', { user: ids[0], add: [{ sku, disabled_plans: [plan] }] });
  expect(await failureOf(undo(given.meta.undo.receipt))).toMatchObject({ code: 'refused' });
});
