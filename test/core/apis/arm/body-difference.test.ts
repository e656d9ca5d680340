import { describe, expect, test } from 'vitest';
import { bodyChanges, leftOutPaths } from '../../../../src/core/apis/arm/body-difference.ts';

const current = {
  id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a',
  name: 'a',
  type: 'Microsoft.Storage/storageAccounts',
  location: 'westeurope',
  tags: { team: 'blue', 'cost.center': '42' },
  sku: { name: 'Standard_LRS', tier: 'Standard' },
  properties: {
    provisioningState: 'Succeeded',
    creationTime: '2026-01-01T00:00:00Z',
    allowSharedKeyAccess: true,
    networkAcls: { ipRules: [{ value: '1.2.3.4' }], defaultAction: 'Allow' },
    subnet: { id: '/subscriptions/S/resourcegroups/RG/providers/x' },
  },
};

describe('bodyChanges', () => {
  test('names each value that would change, however deep it is', () => {
    const body = {
      tags: { 'cost.center': '43', owner: 'ada' },
      properties: { allowSharedKeyAccess: false, networkAcls: { defaultAction: 'Deny' } },
    };
    expect(bodyChanges(current, body)).toEqual([
      { path: 'tags."cost.center"', from: '42', to: '43' },
      { path: 'tags.owner', from: null, to: 'ada' },
      { path: 'properties.allowSharedKeyAccess', from: true, to: false },
      { path: 'properties.networkAcls.defaultAction', from: 'Allow', to: 'Deny' },
    ]);
  });

  test('null takes a value away', () => {
    expect(bodyChanges(current, { tags: { team: null, gone: null } })).toEqual([
      { path: 'tags.team', from: 'blue', to: null },
    ]);
  });

  test('lists are replaced as a whole, and the order of keys does not matter', () => {
    const rule = { action: 'Allow', value: '1.2.3.4' };
    const state = { rules: [{ value: '1.2.3.4', action: 'Allow' }] };
    expect(bodyChanges(state, { rules: [rule] })).toEqual([]);
    expect(bodyChanges(state, { rules: [] })).toEqual([{ path: 'rules', from: state.rules, to: [] }]);
  });

  test('locations, ids and names of properties in another spelling are no change', () => {
    const body = {
      Location: 'West Europe',
      properties: { SUBNET: { id: '/subscriptions/s/resourceGroups/rg/providers/x' } },
    };
    expect(bodyChanges(current, body)).toEqual([]);
    expect(bodyChanges(current, { sku: { name: 'standard_lrs' } })).toHaveLength(1);
  });

  test('everything is new where there is nothing yet', () => {
    expect(bodyChanges(undefined, { location: 'x', properties: { a: { b: 1 }, empty: {} } })).toEqual([
      { path: 'location', from: null, to: 'x' },
      { path: 'properties.a.b', from: null, to: 1 },
      { path: 'properties.empty', from: null, to: {} },
    ]);
  });
});

describe('leftOutPaths', () => {
  test('names what a PUT leaves out, without what the service alone decides', () => {
    const body = { location: 'westeurope', sku: { name: 'Standard_LRS' }, properties: { networkAcls: {} } };
    expect(leftOutPaths(current, body)).toEqual([
      'tags',
      'sku.tier',
      'properties.allowSharedKeyAccess',
      'properties.networkAcls.ipRules',
      'properties.networkAcls.defaultAction',
      'properties.subnet',
    ]);
  });

  test('an object of which the service decides a part is named by the rest', () => {
    const state = { properties: { provisioningState: 'Succeeded', mode: 'a', inner: { b: 1 } }, tags: {} };
    expect(leftOutPaths(state, {})).toEqual(['properties.mode', 'properties.inner', 'tags']);
    expect(leftOutPaths({ properties: { provisioningState: 'Succeeded' } }, {})).toEqual([]);
  });

  test('is empty for what does not exist yet', () => {
    expect(leftOutPaths(null, { location: 'x' })).toEqual([]);
  });
});
