import { expect, test } from 'vitest';
import { openSlowTenant } from './support.ts';

// A 202 is an operation only where its address tells of an end.

test('a licence of a group answers the group, and says that its members follow in the background', async () => {
  const { call, writes } = await openSlowTenant();
  const { response: skus } = await call('graph_query', { endpoint: '/subscribedSkus', project: 'value[].skuId' });
  const { response: groups } = await call('graph_query', {
    endpoint: '/groups',
    params: { $filter: 'securityEnabled eq true', $top: 1, $select: 'id' },
    auto_paginate: false,
  });
  const [{ id }] = groups.data.value;
  const endpoint = `/groups/${id}/assignLicense`;
  const body = {
    addLicenses: [{ skuId: skus.data.value?.[0] ?? skus.data[0], disabledPlans: [] }],
    removeLicenses: [],
  };
  const { response, meta, isError, text } = await call('graph_write', {
    requests: [{ method: 'POST', endpoint, body }],
  });
  expect(isError, text).toBe(false);
  expect(response).toMatchObject({ status: 202, data: { id } });
  expect(response.data.operation).toBeUndefined();
  expect(meta.notes.join()).toContain('continues in the background');
  expect(writes()).toEqual([`POST /v1.0${endpoint}`]);
});
