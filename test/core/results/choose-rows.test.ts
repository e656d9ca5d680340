import { expect, test } from 'vitest';
import { chooseRows } from '../../../src/core/results/choose-rows.ts';

const rooms = { whole: 9_000, columns: 7_000, rows: 3_800 };
const plain = (number: number) => ({ id: `app-${number}`, displayName: `App ${number}`, note: 'x'.repeat(190) });

test('a member that fills only the first item of a long list goes, so that more than that item is shown', () => {
  const giant = { ...plain(0), requiredResourceAccess: Array.from({ length: 90 }, (_, id) => ({ id, type: 'Role' })) };
  const items = [giant, ...Array.from({ length: 60 }, (_, number) => plain(number + 1))];
  const chosen = chooseRows(items, { rooms, namesMembers: false });
  expect(Object.keys(chosen.leftOut)).toEqual(['requiredResourceAccess']);
  expect(chosen.items.length).toBeGreaterThan(5);
  expect(chosen.items[0]).toEqual(plain(0));
});

test('a giant item that the caller has asked for stays whole', () => {
  const giant = { ...plain(0), requiredResourceAccess: ['x'.repeat(5_000)] };
  const chosen = chooseRows([giant, plain(1)], { rooms: { ...rooms, whole: 4_000 }, namesMembers: true });
  expect(chosen).toMatchObject({ items: [giant], leftOut: {} });
});
