import { expect, test } from 'vitest';
import { fitBodies } from '../../../src/core/results/fit-bodies.ts';

const users = Array.from({ length: 100 }, (_, index) => ({ id: `user-${index}`, displayName: 'x'.repeat(80) }));
const rooms = { whole: 4_000, columns: 3_000, rows: 2_000 };

test('the link of a list goes where rows are missing before it: reading on from it would lose them', () => {
  const body = { value: users, '@odata.nextLink': 'https://graph.microsoft.com/v1.0/users?$skiptoken=a' };
  const { items, hasCutLists } = fitBodies([{ id: '1', status: 200, body }], rooms, true);
  expect(items).toEqual([
    {
      id: '1',
      status: 200,
      body: { value: users.slice(0, lengthOf(items)) },
      reduced: { shown: lengthOf(items), of: 100 },
    },
  ]);
  expect(hasCutLists).toBe(true);
});

test('the link stays beside all rows of its page', () => {
  const body = { value: users.slice(0, 3), '@odata.nextLink': 'https://graph.microsoft.com/v1.0/users?$skiptoken=a' };
  expect(fitBodies([{ id: '1', body }], rooms, true).items).toEqual([{ id: '1', body }]);
});

function lengthOf(items: readonly unknown[]): number {
  const [item] = items as readonly { readonly body: { readonly value: readonly unknown[] } }[]; // see above
  return item?.body.value.length ?? 0;
}
