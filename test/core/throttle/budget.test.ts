import { describe, expect, test } from 'vitest';
import { type BucketDefinition, correctBudget, createBudget } from '../../../src/core/throttle/budget.ts';

const bucket: BucketDefinition = { id: 'reads', kind: 'bucket', capacity: 250, windowMs: 10_000, source: 'a page' };

describe('a bucket', () => {
  test('keeps its reserve: a request waits until more than that is left', () => {
    const budget = createBudget({ ...bucket, reserve: 5 }, 0);
    budget.take(245, 0);
    expect(budget.waitMs(1, 0)).toBe(40);
    expect(budget.waitMs(1, 40)).toBe(0);
  });

  test('takes what the service says is left less what is on its way to it', () => {
    const budget = createBudget(bucket, 0);
    for (let request = 0; request < 10; request++) budget.take(1, 0);
    budget.release(1);
    budget.limitTo(100, 0);
    expect(budget.left(0)).toBe(91);
  });

  test('is never raised by what the service says', () => {
    const budget = createBudget(bucket, 0);
    budget.take(200, 0);
    budget.release(200);
    budget.limitTo(249, 0);
    expect(budget.left(0)).toBe(50);
  });

  test('a correction of a cost is not mistaken for another request', () => {
    const budget = createBudget(bucket, 0);
    budget.take(1, 0);
    budget.correct(4, 0);
    budget.release(1);
    budget.limitTo(200, 0);
    expect(budget.left(0)).toBe(200);
  });
});

test('a pause holds as long as the longest that was asked for', () => {
  const budget = createBudget(bucket, 0);
  budget.pauseUntil(3_000);
  budget.pauseUntil(1_000);
  expect([budget.pauseLeftMs(500), budget.pauseLeftMs(3_000)]).toEqual([2_500, 0]);
});

test('a cost beyond all there is counts as all there is: nothing waits for longer than a window', () => {
  const bucket = {
    id: 'units',
    kind: 'bucket',
    capacity: 100,
    windowMs: 10_000,
    inResourceUnits: true,
    source: 's',
  } as const;
  const budget = createBudget(bucket, 0);
  budget.take(1, 0);
  correctBudget(budget, { bucket, cost: 1 }, { 'x-ms-resource-unit': '918273645' }, 0);
  expect(budget.waitMs(1, 0)).toBeGreaterThan(0);
  expect(budget.waitMs(1, 10_000)).toBe(0);
});
