import { expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { openSlowTenant } from '../../server/waiting/support.ts';
import { connectionTo } from '../../support/several-tenants.ts';

const openTwo = () => {
  const { tenants } = createSandbox({ tenants: 2, users: 1 });
  return openSlowTenant({ tenants: 2, users: 5, declared: tenants.map((tenant) => connectionTo(tenant)) });
};

const whole = { connection: 'contoso, fabrikam', endpoint: '/users', params: { $top: 2 }, project: 'length(value)' };

test('a figure of several connections goes on behind a handle, which the same names open', async () => {
  const { call, slow } = await openTwo();
  slow.takes = () => 20_000;
  const first = await call('graph_query', whole);
  expect(first.tookMs).toBeLessThanOrEqual(45_000);
  expect(first.response.data).toMatchObject({ status: 'running', tool: 'graph_query' });
  const { operation } = first.response.data;
  for (const connection of ['contoso', 'fabrikam,contoso', '*']) {
    const refused = await call('get_operation', { connection, operation });
    expect(refused.response.error.code).toBe('invalid_argument');
  }
  const ended = await call('get_operation', { connection: 'contoso,fabrikam', operation, wait: true });
  expect(ended.response.data).toMatchObject({ status: 'succeeded', result: 10 });
});

test('connections are read at the same time', async () => {
  const { call, slow } = await openTwo();
  slow.takes = ({ url }) => (url.includes('/users') ? 10_000 : 0);
  const { response, tookMs } = await call('graph_query', { ...whole, params: { $top: 100 }, project: 'value[].id' });
  expect(response.data.value).toHaveLength(10);
  expect(tookMs).toBeLessThan(20_000);
});
