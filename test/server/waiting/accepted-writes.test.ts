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
  const body = { addLicenses: [{ skuId: skus.data.value?.[0] ?? skus.data[0], disabledPlans: [] }], removeLicenses: [] };
  const { response, meta, isError, text } = await call('graph_write', { requests: [{ method: 'POST', endpoint, body }] });
  expect(isError, text).toBe(false);
  expect(response).toMatchObject({ status: 202, data: { id } });
  expect(response.data.operation).toBeUndefined();
  expect(meta.notes.join()).toContain('continues in the background');
  expect(writes()).toEqual([`POST /v1.0${endpoint}`]);
});

test('a copy of a file is an operation, whose end get_operation tells', async () => {
  const { call } = await openSlowTenant();
  const { response: drive } = await call('graph_query', { endpoint: '/sites/root/drive/root/children' });
  const file = drive.data?.value?.find((one: { file?: unknown }) => one.file !== undefined);
  const endpoint = `/drives/${file?.parentReference?.driveId}/items/${file?.id}/copy`;
  const { response, text } = await call('graph_write', { requests: [{ method: 'POST', endpoint, body: { name: 'copy' } }] });
  expect(response.data, text).toMatchObject({ status: 'running', operation: expect.any(String) });
  const ended = await call('get_operation', { operation: response.data.operation, wait: true });
  expect(ended.response.data).toMatchObject({ status: 'succeeded' });
});
