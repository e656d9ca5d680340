import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchEntry } from '../../../../src/core/http/batch/batch-item.ts';
import { planEnvelopes } from '../../../../src/core/http/batch/plan-envelopes.ts';
import { batchEntries, type EntryShape } from '../../../support/batch-entries.ts';

const free = (count: number): EntryShape[] => Array.from({ length: count }, () => ({}));

function indexes(envelopes: readonly (readonly BatchEntry[])[]): number[][] {
  return envelopes.map((envelope) => envelope.map(({ index }) => index));
}

/** The shapes that the service takes: nobody depends, each on the one before, all on the same one. */
function isAccepted(envelope: readonly BatchEntry[]): boolean {
  const inside = new Set(envelope.map(({ index }) => index));
  const needs = envelope.map(({ dependsOn }) => dependsOn.filter((index) => inside.has(index)));
  const dependent = needs.filter((need) => need.length > 0);
  const isStar = dependent.every((need) => need.length === 1 && need[0] === dependent[0]?.[0]);
  const isChain = needs.every((need, at) =>
    at === 0 ? need.length === 0 : need.length === 1 && need[0] === envelope[at - 1]?.index,
  );
  const isOneVersion = envelope.every(({ apiVersion }) => apiVersion === envelope[0]?.apiVersion);
  return envelope.length <= 20 && isOneVersion && (isStar || isChain);
}

/** Plans again and again as if everything succeeded, the way the executor does. */
function planAll(entries: readonly BatchEntry[]): BatchEntry[][][] {
  const rounds: BatchEntry[][][] = [];
  let waiting: readonly BatchEntry[] = entries;
  while (waiting.length > 0 && rounds.length <= entries.length) {
    const { envelopes, later } = planEnvelopes(waiting);
    rounds.push(envelopes.map((envelope) => [...envelope]));
    waiting = later;
  }
  return rounds;
}

describe('division into envelopes', () => {
  test('each version has envelopes of its own, and what depends on another version waits', () => {
    const beta = { apiVersion: 'beta' };
    const { envelopes, later } = planEnvelopes(batchEntries([{}, beta, {}, beta, { ...beta, dependsOn: [0] }]));
    expect(indexes(envelopes)).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(later.map(({ index }) => index)).toEqual([4]);
  });

  test('independent requests fill envelopes of 20 in order', () => {
    const { envelopes, later } = planEnvelopes(batchEntries(free(45)));
    expect(envelopes.map(({ length }) => length)).toEqual([20, 20, 5]);
    expect(indexes(envelopes).flat()).toEqual([...Array(45).keys()]);
    expect(later).toEqual([]);
  });

  test('a pair across the border of 20 stays together and costs no envelope', () => {
    const shapes = free(40).map((shape, index) => (index === 20 ? { dependsOn: [19] } : shape));
    const { envelopes } = planEnvelopes(batchEntries(shapes));
    expect(envelopes).toHaveLength(2);
    expect(indexes(envelopes).find((ids) => ids.includes(20))).toContain(19);
  });

  test('a chain travels alone, a star with others, two stars apart', () => {
    const chain = [{}, { dependsOn: [0] }, { dependsOn: [1] }];
    const stars = [{}, { dependsOn: [3] }, { dependsOn: [3] }, {}, { dependsOn: [6] }];
    const { envelopes } = planEnvelopes(batchEntries([...chain, ...stars, ...free(40)]));
    const found = indexes(envelopes);
    expect(found.find((ids) => ids.includes(0))).toEqual([0, 1, 2]);
    expect(found.find((ids) => ids.includes(3))).toEqual(expect.arrayContaining([3, 4, 5]));
    expect(found.find((ids) => ids.includes(3))).not.toContain(6);
    expect(envelopes.every(isAccepted)).toBe(true);
  });

  test('a mixed shape goes in waves', () => {
    const diamond = [{}, { dependsOn: [0] }, { dependsOn: [0] }, { dependsOn: [1, 2] }];
    const rounds = planAll(batchEntries(diamond));
    expect(rounds.map(indexes)).toEqual([[[0]], [[1, 2]], [[3]]]);
  });

  test('many pairs go in waves instead of one envelope each', () => {
    const pairs = Array.from({ length: 400 }, (_, index) => (index % 2 === 1 ? { dependsOn: [index - 1] } : {}));
    const rounds = planAll(batchEntries(pairs));
    expect(rounds.flat().length).toBeLessThanOrEqual(40);
    expect(rounds.flat().every(isAccepted)).toBe(true);
  });

  test('a chain longer than an envelope is cut into waves', () => {
    const chain = Array.from({ length: 25 }, (_, index) => (index === 0 ? {} : { dependsOn: [index - 1] }));
    const rounds = planAll(batchEntries(chain));
    expect(rounds.flat(2).map(({ index }) => index)).toEqual([...Array(25).keys()]);
    expect(rounds.flat().every(isAccepted)).toBe(true);
  });

  test('at most four requests of one mailbox share an envelope', () => {
    const shapes = Array.from({ length: 40 }, (_, index) => ({ lane: index < 20 ? 'users/ada' : `users/${index}` }));
    const { envelopes } = planEnvelopes(batchEntries(shapes));
    const most = envelopes.map((envelope) => envelope.filter(({ lane }) => lane === 'users/ada').length);
    expect(Math.max(...most)).toBe(4);
    expect(envelopes).toHaveLength(5);
  });

  test('10,000 requests of one mailbox are planned without a long wait', () => {
    const { envelopes } = planEnvelopes(batchEntries(Array.from({ length: 10_000 }, () => ({ lane: 'me' }))));
    expect(envelopes).toHaveLength(2_500);
  });

  test('whatever depends on whatever: accepted shapes, each item once, after those it needs', () => {
    const shape = (index: number) =>
      fc.record({
        dependsOn: index === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(index - 1), { maxLength: 3 }),
        lane: fc.constantFrom('a', 'b', 'c'),
        apiVersion: fc.constantFrom('v1.0', 'beta'),
      });
    const shapes = fc
      .integer({ min: 1, max: 60 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => shape(index))));
    fc.assert(
      fc.property(shapes, (given) => {
        const sparse = given.map((one, index) => (index % 3 === 0 ? { ...one, dependsOn: [] } : one));
        const rounds = planAll(batchEntries(sparse));
        const done = new Set<number>();
        for (const round of rounds) {
          for (const envelope of round) {
            const inside = new Set(envelope.map(({ index }) => index));
            expect(isAccepted(envelope)).toBe(true);
            expect(
              envelope.flatMap(({ dependsOn }) => dependsOn).every((index) => done.has(index) || inside.has(index)),
            ).toBe(true);
          }
          for (const { index } of round.flat()) {
            expect(done.has(index)).toBe(false);
            done.add(index);
          }
        }
        expect(done.size).toBe(sparse.length);
      }),
      { numRuns: 200 },
    );
  });
});
