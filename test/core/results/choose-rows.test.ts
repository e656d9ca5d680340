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
