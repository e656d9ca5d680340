import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
import { createKnownSecrets } from '../../../src/core/secrets/secret.ts';
import { createFileResultStore } from '../../../src/core/storage/files/file-result-store.ts';
import { FileSavedState } from '../../../src/core/storage/files/file-saved-state.ts';
import { maskResults } from '../../../src/core/storage/mask-results.ts';
import { defaultResultLimits, type ResultLimits } from '../../../src/core/storage/result-store.ts';
import { testCall } from '../../support/call.ts';

let home: string;
let now = 1_000_000;
const clock = { now: () => now };
const key = async () => Buffer.alloc(32, 7);

beforeEach(async () => {
  now = 1_000_000;
  home = await mkdtemp(join(tmpdir(), 'tenantry-results-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const directory = () => join(home, 'results');

const cursors = () => createCursorHandles({ state: new FileSavedState(join(home, 'state'), clock), key, clock });

function collector(limits: Partial<ResultLimits> = {}): ListCollector {
  const store = createFileResultStore({ directory: directory(), clock, limits: { ...defaultResultLimits, ...limits } });
  return createListCollector({ store, cursors: cursors(), clock });
}

const wanted: CollectOptions = {
  query: { tool: 'graph_query', endpoint: '/users' },
  connectionId: 'c1',
  caller: 'local',
  budget: unaskedBudget(24_000),
};

/** For calls that say how much they want. */
const within = (bytes: number): CollectOptions => ({
  ...wanted,
  budget: { bytes, isAsked: true, namesMembers: false },
});

async function* pagesOf(total: number, size: number, item = user): AsyncGenerator<Page, void, undefined> {
  for (let start = 0; start < total; start += size) {
    const items = Array.from({ length: Math.min(size, total - start) }, (_, index) => item(start + index));
    const more = start + size < total;
    yield {
      items,
      status: 200,
      requestId: `r${start}`,
      ...(more ? { nextLink: `https://graph.example/users?$skiptoken=${start + size}` } : {}),
    };
  }
}

const user = (n: number): unknown => ({ id: `u${n}`, displayName: `Person ${n}`, mail: `person${n}@contoso.example` });

const valuesOf = (outcome: ToolOutcome) => (outcome.data as { value: { id: string }[] }).value;

/** Follows cursors that lead to a stored result until it is exhausted. */
async function drain(lists: ListCollector, first: ToolOutcome, options = wanted): Promise<ToolOutcome[]> {
  const parts = [first];
  for (let cursor = first.list?.cursor; cursor !== undefined; ) {
    const opened = await lists.openCursor(cursor, options);
    if (opened.kind !== 'stored') break;
    parts.push(opened.outcome);
    cursor = opened.outcome.list?.cursor;
  }
  return parts;
}

describe('a list that fits', () => {
  test('is complete, has no cursor, and touches no disk', async () => {
    const call = testCall();
    const outcome = await collector().collect(pagesOf(10, 4), wanted, call);
    expect(outcome.list).toEqual({ count: 10, complete: true });
    expect(valuesOf(outcome)).toHaveLength(10);
    expect(call.updates.map((update) => update.progress)).toEqual([4, 8, 10]);
    await expect(readdir(directory())).rejects.toThrow('ENOENT');
  });

  test('keeps the count and the delta link of the service', async () => {
    async function* pages(): AsyncGenerator<Page, void, undefined> {
      yield { items: [], count: 0, deltaLink: 'https://graph.example/delta?t', status: 200, requestId: undefined };
    }
    const outcome = await collector().collect(pages(), wanted, testCall());
    expect(outcome.data).toEqual({ '@odata.count': 0, value: [], '@odata.deltaLink': 'https://graph.example/delta?t' });
  });
});

describe('a list over the byte budget', () => {
  test('is stored; cursors lead through every item once and in order', async () => {
    const lists = collector();
    const call = testCall();
    const first = await lists.collect(pagesOf(3_000, 250), within(6_000), call);
    expect(first.list).toMatchObject({
      count: valuesOf(first).length,
      total: 3_000,
      complete: false,
      result: expect.stringContaining('tenantry://results/'),
    });
    expect(JSON.stringify(first.data).length).toBeLessThan(6_000);
    expect(call.record.notes[0]).toContain('of 3000 items');
    const parts = await drain(lists, first, within(6_000));
    expect(parts.flatMap(valuesOf).map((one) => one.id)).toEqual(Array.from({ length: 3_000 }, (_, n) => `u${n}`));
    expect(parts.at(-1)?.list?.complete).toBe(true);
    for (const part of parts) expect(JSON.stringify(part.data).length).toBeLessThan(6_000);
  });

  test('keeps pages as they came, between pages that were changed, empty or end at the limit', async () => {
    async function* pages(): AsyncGenerator<Page, void, undefined> {
      for await (const page of pagesOf(3_000, 250)) {
        const number = Number(page.requestId?.slice(1)) / 250;
        const json = Buffer.from(JSON.stringify({ '@odata.context': 'x', value: page.items }, null, 1));
        yield number % 3 === 0 ? page : { ...page, json };
        yield {
          items: [],
          json: Buffer.from('{"value":[]}'),
          status: 200,
          requestId: 'empty',
          nextLink: 'https://graph.example/n',
        };
      }
    }
    const lists = collector();
    const first = await lists.collect(pages(), { ...within(6_000), limit: 2_870 }, testCall());
    expect(first.list).toMatchObject({ complete: false });
    const [name = ''] = await readdir(directory());
    expect(await readFile(join(directory(), name), 'utf8')).toContain('\n "value": [');
    const parts = await drain(lists, first, within(6_000));
    expect(parts.flatMap(valuesOf).map((one) => one.id)).toEqual(Array.from({ length: 3_000 }, (_, n) => `u${n}`));
    for (const part of parts) expect(JSON.stringify(part.data).length).toBeLessThan(6_000);
  });

  test('is stored without known secrets, also where pages are kept as they came', async () => {
    const secrets = createKnownSecrets();
    secrets.add('hunter2-hunter2');
    const masking = { mask: secrets.maskJson, holdsSecret: secrets.isIn };
    const store = maskResults(createFileResultStore({ directory: directory(), clock }), masking);
    const lists = createListCollector({
      store,
      cursors: cursors(),
      clock,
    });
    async function* pages(): AsyncGenerator<Page, void, undefined> {
      for await (const page of pagesOf(600, 100, (n) => ({ id: `u${n}`, note: n === 450 ? 'hunter2-hunter2' : '' }))) {
        yield { ...page, json: Buffer.from(JSON.stringify({ value: page.items })) };
      }
    }
    const parts = await drain(lists, await lists.collect(pages(), within(6_000), testCall()), within(6_000));
    expect(parts.flatMap(valuesOf)[450]).toEqual({ id: 'u450', note: '[redacted]' });
    const [name = ''] = await readdir(directory());
    expect(await readFile(join(directory(), name), 'utf8')).not.toContain('hunter2');
  });

  test('is stored in a private folder and a private file', async () => {
    await collector().collect(pagesOf(200, 100), within(2_000), testCall());
    const [name = ''] = await readdir(directory());
    expect((await stat(directory())).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory(), name))).mode & 0o777).toBe(0o600);
  });

  test('is gone after its life, and cleaned up by the next one', async () => {
    const lists = collector();
    const first = await lists.collect(pagesOf(200, 100), within(2_000), testCall());
    now = Date.now() + 7_200_000;
    await expect(lists.openCursor(first.list?.cursor ?? '', wanted)).rejects.toThrow('expired');
    await lists.collect(pagesOf(200, 100), within(2_000), testCall());
    expect(await readdir(directory())).toHaveLength(1);
  });
});

describe('limit', () => {
  test('ends at a page boundary with a cursor to the service', async () => {
    const lists = collector();
    const options = { ...wanted, limit: 8, continuation: { api_version: 'beta' } };
    const outcome = await lists.collect(pagesOf(20, 4), options, testCall());
    expect(outcome.list).toMatchObject({ count: 8, complete: false });
    expect(await lists.openCursor(outcome.list?.cursor ?? '', wanted)).toEqual({
      kind: 'continue',
      nextLink: 'https://graph.example/users?$skiptoken=8',
      continuation: { api_version: 'beta' },
    });
  });

  test('within a page keeps the rest of the page, and then leads on to the service', async () => {
    const lists = collector();
    const outcome = await lists.collect(pagesOf(20, 10), { ...wanted, limit: 3 }, testCall());
    expect(valuesOf(outcome).map((one) => one.id)).toEqual(['u0', 'u1', 'u2']);
    const rest = await lists.openCursor(outcome.list?.cursor ?? '', wanted);
    if (rest.kind !== 'stored') throw new Error('the rest of the page is stored');
    expect(valuesOf(rest.outcome).map((one) => one.id)).toEqual(['u3', 'u4', 'u5', 'u6', 'u7', 'u8', 'u9']);
    expect(rest.outcome.list?.complete).toBe(false);
    expect(await lists.openCursor(rest.outcome.list?.cursor ?? '', wanted)).toMatchObject({
      kind: 'continue',
      nextLink: 'https://graph.example/users?$skiptoken=10',
    });
  });
});

describe('an interrupted list', () => {
  test.each(['timeout', 'throttled', 'upstream_unavailable'] as const)(
    'keeps what was read before %s',
    async (code) => {
      async function* pages(): AsyncGenerator<Page, void, undefined> {
        for await (const page of pagesOf(20, 5)) {
          if (page.requestId === 'r10') throw new AppError(code, 'Wait 300 s.');
          yield page;
        }
      }
      const call = testCall();
      const outcome = await collector().collect(pages(), wanted, call);
      expect(outcome.list).toMatchObject({ count: 10, complete: false, cursor: expect.any(String) });
      expect(call.record.notes).toEqual([`Stopped after 2 pages (${code}): Wait 300 s. The cursor leads to the rest.`]);
    },
  );

  test('fails when nothing was read, or when going on would not help', async () => {
    // biome-ignore lint/correctness/useYield: a list that fails at once
    async function* failing(): AsyncGenerator<Page, void, undefined> {
      throw new AppError('timeout', 'too late');
    }
    await expect(collector().collect(failing(), wanted, testCall())).rejects.toThrow('too late');
    async function* forbidden(): AsyncGenerator<Page, void, undefined> {
      yield* pagesOf(4, 2);
      throw new AppError('permission_denied', 'no');
    }
    await expect(collector().collect(forbidden(), wanted, testCall())).rejects.toThrow('no');
  });

  test('leaves no file behind when it fails after it began to be stored', async () => {
    async function* pages(): AsyncGenerator<Page, void, undefined> {
      yield* pagesOf(200, 100);
      throw new AppError('permission_denied', 'no');
    }
    await expect(collector().collect(pages(), within(2_000), testCall())).rejects.toThrow('no');
    expect(await readdir(directory())).toEqual([]);
  });

  test('stops before the deadline with a cursor', async () => {
    const call = testCall({ deadlineAt: now + 1_000 });
    const outcome = await collector().collect(pagesOf(20, 5), wanted, call);
    expect(outcome.list).toMatchObject({ count: 5, complete: false, cursor: expect.any(String) });
  });
});

describe('project', () => {
  test('gives the same page by page as on the whole list', async () => {
    const project = "value[?ends_with(id, '1')].{name: displayName}";
    const outcome = await collector().collect(pagesOf(30, 7), { ...wanted, project }, testCall());
    expect(outcome.data).toEqual({ value: [{ name: 'Person 1' }, { name: 'Person 11' }, { name: 'Person 21' }] });
    expect(outcome.list).toEqual({ count: 3, complete: true });
  });

  test.each([
    ['length(value)', 30],
    ['sort_by(value, &id)[-1].id', 'u9'],
    ['value[].id | [0]', 'u0'],
  ])('%s needs the whole list and answers its value bare', async (project, answer) => {
    const outcome = await collector().collect(pagesOf(30, 7), { ...wanted, project }, testCall());
    expect(outcome.data).toEqual(answer);
    expect(outcome.list).toEqual({ count: 30, complete: true });
  });

  test.each([
    ['a filter that finds nothing', 'value[?accountEnabled].id'],
    ['a number', 'length(value[?accountEnabled])'],
  ])('says which member no item has: %s', async (_, project) => {
    const call = testCall();
    await collector().collect(pagesOf(10, 4), { ...wanted, project, membersWith: '$select' }, call);
    expect(call.record.notes).toEqual([
      'project: none of the 10 items that were read has `accountEnabled`. The service may leave it out unless $select names it; text goes in single quotes.',
    ]);
  });

  test.each([['[].id'], ['displayName'], ['value | length']])(
    'says where an expression begins: %s',
    async (project) => {
      const call = testCall();
      const outcome = await collector().collect(pagesOf(10, 4), { ...wanted, project }, call);
      expect(outcome.data).toBeNull();
      expect(call.record.notes).toEqual([
        'project gave null. It works on {"value": [the 10 items that were read]}, so most expressions begin with value[].',
      ]);
    },
  );

  test('says nothing about members of an empty list, or of items that have them', async () => {
    const call = testCall();
    await collector().collect(pagesOf(0, 4), { ...wanted, project: 'value[].age' }, call);
    await collector().collect(pagesOf(9, 4), { ...wanted, project: "value[?mail=='x'].id" }, call);
    expect(call.record.notes).toEqual([]);
  });

  test('a slice is taken of the list, not of each page', async () => {
    const outcome = await collector().collect(pagesOf(30, 7), { ...wanted, project: 'value[:3].id' }, testCall());
    expect(outcome.data).toEqual({ value: ['u0', 'u1', 'u2'] });
  });

  test.each(['value[', 'unknown_function(value)', 'sort(`[{}]`)'])(
    '%s is refused with what is wrong',
    async (project) => {
      const failure = collector().collect(pagesOf(3, 3), { ...wanted, project }, testCall());
      await expect(failure).rejects.toMatchObject({
        code: 'invalid_argument',
        message: expect.stringContaining('project'),
      });
    },
  );
});

describe('format: csv', () => {
  const mixed = (n: number) =>
    n === 0
      ? { id: '=1+1', name: { first: 'A,b' }, tags: ['x', 'y'] }
      : { id: `u${n}`, late: true, objects: [{ a: 1 }], nothing: null };

  test('flattens, defuses formulas, and loses no column that appears late', async () => {
    const outcome = await collector().collect(pagesOf(2, 1, mixed), { ...wanted, format: 'csv' }, testCall());
    expect(outcome.data).toBe(
      'id,name.first,tags,late,objects,nothing\n\'=1+1,"A,b",x; y,,,\nu1,,,true,"[{""a"":1}]",\n',
    );
  });

  test('keeps its columns in every part', async () => {
    const lists = collector();
    const options = { ...within(4_000), format: 'csv' } as const;
    const parts = await drain(lists, await lists.collect(pagesOf(2_000, 300), options, testCall()), options);
    const rows = parts.flatMap((part) => {
      const [header, ...lines] = String(part.data).trimEnd().split('\n');
      expect(header).toBe('id,displayName,mail');
      return lines;
    });
    expect(rows).toHaveLength(2_000);
    expect(rows.at(-1)).toBe('u1999,Person 1999,person1999@contoso.example');
  });
});

describe('a cursor', () => {
  const cursorOf = async () => {
    const outcome = await collector().collect(pagesOf(20, 4), { ...wanted, limit: 4 }, testCall());
    return outcome.list?.cursor ?? '';
  };

  test('is short, and neither it nor what is kept of it shows the link that it leads to', async () => {
    const cursor = await cursorOf();
    expect(cursor).toMatch(/^[\w-]{1,32}$/);
    const [file = ''] = await readdir(join(home, 'state'));
    expect(await readFile(join(home, 'state', file), 'utf8')).not.toContain('graph');
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('graph.example');
    expect(cursor).not.toContain('graph');
  });

  test.each([
    ['another caller', { ...wanted, caller: 'eve' }],
    ['another connection', { ...wanted, connectionId: 'c2' }],
    ['another query', { ...wanted, query: { ...wanted.query, endpoint: '/groups' } }],
    ['another projection', { ...wanted, project: 'value[].id' }],
  ])('is refused with %s', async (_, options) => {
    await expect(collector().openCursor(await cursorOf(), options)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('opens with another limit and another order of arguments', async () => {
    const query = { limit: 99, endpoint: '/users', tool: 'graph_query' };
    await expect(collector().openCursor(await cursorOf(), { ...wanted, query, limit: 99 })).resolves.toMatchObject({
      kind: 'continue',
    });
  });

  test('works in another process of the same home, for an hour', async () => {
    const cursor = await cursorOf();
    now += 3_599_999;
    await expect(collector().openCursor(cursor, wanted)).resolves.toMatchObject({ kind: 'continue' });
    now += 1;
    await expect(collector().openCursor(cursor, wanted)).rejects.toThrow('expired');
  });

  test('is refused when a single character is changed, and when it is made up', async () => {
    const cursor = await cursorOf();
    const changed = `${cursor.slice(0, 10)}${cursor[10] === 'A' ? 'B' : 'A'}${cursor.slice(11)}`;
    for (const wrong of [changed, 'x', '', cursor.slice(0, -4), 'https://graph.example/users']) {
      await expect(collector().openCursor(wrong, wanted)).rejects.toMatchObject({ code: 'invalid_argument' });
    }
  });
});
