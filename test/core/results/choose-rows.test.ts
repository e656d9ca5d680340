import { expect, test } from 'vitest';
import { roomsOf, unaskedBudget } from '../../../src/core/results/answer-budget.ts';
import { chooseRows } from '../../../src/core/results/choose-rows.ts';

test('a member counts by its part of what is left, so that one large member does not cost the sample its rows', () => {
  const group = (n: number) => ({
    id: `g${n}`,
    displayName: `Group ${n}`,
    members: Array.from({ length: 200 }, (_, m) => ({ id: `u${m}`, displayName: `Person ${m}`, mail: null })),
    plans: Array.from({ length: n === 1 ? 100 : 0 }, (_, p) => ({
      id: `p${p}`,
      service: 'exchange',
      state: 'Enabled',
    })),
  });
  const items = Array.from({ length: 30 }, (_, n) => group(n));
  const { items: shown, leftOut } = chooseRows(items.slice(0, 10), {
    rooms: roomsOf(unaskedBudget(24_000)),
    namesMembers: false,
    isAll: false,
  });
  expect(Object.keys(leftOut)).toEqual(['members', 'plans']);
  expect(shown).toHaveLength(10);
});

const rooms = { whole: 9_000, columns: 7_000, rows: 3_800 };
const plain = (number: number) => ({ id: `app-${number}`, displayName: `App ${number}`, note: 'x'.repeat(190) });

test('a member that fills only the first item of a long list goes, so that more than that item is shown', () => {
  const giant = { ...plain(0), requiredResourceAccess: Array.from({ length: 200 }, (_, id) => ({ id, type: 'Role' })) };
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
