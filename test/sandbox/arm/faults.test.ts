import { expect, test } from 'vitest';
import { createArmClient, production } from './support/arm-client.ts';

const list = `${production}/resourcegroups`;

test('a fault with a status has the body of Azure Resource Manager', async () => {
  const arm = await createArmClient();
  arm.sandbox.fault({ service: 'arm', status: 503, retry_after: 7 });
  expect(await arm.get(list)).toMatchObject({
    status: 503,
    headers: { 'retry-after': '7' },
    body: { error: { code: 'ServiceUnavailable' } },
  });
  expect((await arm.get(list)).status).toBe(200);
});

test.each([
  ['loop_next_link', /^https:\/\/management\.sandbox\.invalid\/.*resourcegroups/],
  ['foreign_next_link', /^https:\/\/graph\.elsewhere\.invalid\//],
  ['empty_page', /\$again=1/],
] as const)('%s bends the nextLink of a list', async (kind, shape) => {
  const arm = await createArmClient();
  arm.sandbox.fault({ service: 'arm', kind });
  const { body } = await arm.get(list);
  expect(body.nextLink).toMatch(shape);
  expect(body['@odata.nextLink']).toBeUndefined();
  if (kind === 'empty_page') expect((await arm.get(body.nextLink)).body.value.length).toBeGreaterThan(0);
});
