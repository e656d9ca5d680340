import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import type { Page } from '../../../src/core/http/page.ts';
import { unaskedBudget } from '../../../src/core/results/answer-budget.ts';
import {
  type CollectOptions,
  createListCollector,
  type ListCollector,
} from '../../../src/core/results/create-list-collector.ts';
import { createCursorHandles } from '../../../src/core/results/cursor-handles.ts';
import type { ToolOutcome } from '../../../src/core/results/tool-outcome.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { defaultResultLimits, type ResultLimits } from '../../../src/core/storage/result-store.ts';
import { testCall } from '../../support/call.ts';
import { handClock } from '../connections/support.ts';

const clock = handClock();
const key = async () => Buffer.alloc(32, 7);

function collector(limits: Partial<ResultLimits> = {}): ListCollector {
  const { results, state } = createMemoryStorage(clock, { ...defaultResultLimits, ...limits });
  return createListCollector({ store: results, cursors: createCursorHandles({ state, key, clock }), clock });
}

const wanted: CollectOptions = {
  query: { tool: 'graph_query', endpoint: '/users' },
  connectionId: 'c1',
  caller: 'local',
  budget: unaskedBudget(24_000),
};
const within = (bytes: number): CollectOptions => ({
  ...wanted,
  budget: { bytes, isAsked: true, namesMembers: false },
});

async function* pagesOf(total: number, size: number): AsyncGenerator<Page, void, undefined> {
  for (let start = 0; start < total; start += size) {
    const ids = Array.from({ length: Math.min(size, total - start) }, (_, index) => `u${start + index}`);
    yield {
      items: ids.map((id) => ({ id, displayName: `Person ${id}`, mail: `${id}@contoso.example` })),
      status: 200,
      requestId: `r${start}`,
      ...(start + size < total ? { nextLink: `https://graph.example/users?$skiptoken=${start + size}` } : {}),
    };
  }
}

const valuesOf = (outcome: ToolOutcome) => (outcome.data as { value: { id: string }[] }).value;

async function drain(lists: ListCollector, first: ToolOutcome, options: CollectOptions): Promise<ToolOutcome[]> {
  const parts = [first];
  for (let cursor = first.list?.cursor; cursor !== undefined; ) {
    const opened = await lists.openCursor(cursor, options);
    if (opened.kind !== 'stored') break;
    parts.push(opened.outcome);
    cursor = opened.outcome.list?.cursor;
  }
  return parts;
}

describe('the room for stored results', () => {
  test('of one ends: the list says so, and its cursor goes on at the service', async () => {
    const lists = collector({ mostBytes: 20_000 });
    const call = testCall();
    const first = await lists.collect(pagesOf(1_000, 100), within(4_000), call);
    expect(first.list?.complete).toBe(false);
    expect(call.record.notes.join()).toContain('has no room for more than');
    const parts = await drain(lists, first, within(4_000));
    const last = parts.at(-1)?.list?.cursor;
    expect(await lists.openCursor(last ?? '', within(4_000))).toMatchObject({ kind: 'continue' });
    const seen = parts.flatMap(valuesOf).map(({ id }) => id);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => `u${n}`));
  });

  test('holds the rest of a list whose first items earlier answers had: no part of it says how many the list has', async () => {
    const lists = collector();
    const options = { ...within(4_000), limit: 10 };
    const first = await lists.collect(pagesOf(40, 40), { ...options, isContinued: true }, testCall());
    const parts = await drain(lists, first, options);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.at(-1)?.list?.complete).toBe(true);
    expect(parts.map(({ list }) => list?.total)).toEqual(parts.map(() => undefined));
    const whole = await drain(lists, await lists.collect(pagesOf(40, 40), options, testCall()), options);
    expect(whole.at(-1)?.list?.total).toBe(40);
  });

  test('of all together: the oldest go first', async () => {
    const lists = collector({ mostBytes: 60_000, mostBytesTogether: 130_000 });
    const cursorsOf: string[] = [];
    for (let round = 0; round < 4; round++) {
      const { list } = await lists.collect(pagesOf(500, 100), within(4_000), testCall());
      cursorsOf.push(list?.cursor ?? '');
    }
    await expect(lists.openCursor(cursorsOf[0] ?? '', within(4_000))).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(await lists.openCursor(cursorsOf[3] ?? '', within(4_000))).toMatchObject({ kind: 'stored' });
  });
});

describe('a projection of the whole list', () => {
  const options = { ...wanted, project: 'length(value)' };

  test.each(['timeout', 'throttled', 'upstream_unavailable'] as const)(
    'is never made of a part: %s is an error that may be tried again',
    async (code) => {
      async function* pages(): AsyncGenerator<Page, void, undefined> {
        for await (const page of pagesOf(20, 5)) {
          if (page.requestId === 'r10') throw new AppError(code, 'Wait 300 s.', { retryAfterMs: 7_000 });
          yield page;
        }
      }
      await expect(collector().collect(pages(), options, testCall())).rejects.toMatchObject({
        code: 'timeout',
        retryable: true,
        retryAfterMs: 7_000,
        message: expect.stringContaining('10 items in 2 pages'),
        hint: expect.stringContaining('$filter'),
      });
    },
  );

  test('ends with such an error before the deadline too', async () => {
    const call = testCall({ deadlineAt: clock.now() + 1_000 });
    await expect(collector().collect(pagesOf(20, 5), options, call)).rejects.toMatchObject({ code: 'timeout' });
  });

  test('sees all items, and limit counts those of its answer', async () => {
    const project = 'sort_by(value, &id)[].id';
    const outcome = await collector().collect(pagesOf(30, 7), { ...wanted, project, limit: 2 }, testCall());
    expect(outcome.data).toEqual({ value: ['u0', 'u1'] });
    expect(outcome.list).toMatchObject({ count: 2, total: 30, complete: false, cursor: expect.any(String) });
  });
});
