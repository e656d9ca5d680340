import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import type { Page } from '../../../src/core/http/page.ts';
import { createListExporter, type ExportOptions } from '../../../src/core/results/create-list-exporter.ts';
import { createItemCounter } from '../../../src/core/results/item-counter.ts';
import { readCsv } from '../../../src/core/results/read-csv.ts';
import { createKnownSecrets } from '../../../src/core/secrets/secret.ts';
import { createFileExportFolder } from '../../../src/core/storage/files/file-export-folder.ts';
import { testCall } from '../../support/call.ts';
import { temporaryFolder } from '../connections/support.ts';

let home: string;
let directory: string;
beforeEach(() => {
  home = temporaryFolder();
  directory = join(home, 'exports');
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function* pagesOf(pages: readonly (readonly unknown[])[], withJson = false): AsyncGenerator<Page, void> {
  for (const [index, items] of pages.entries()) {
    const nextLink = index + 1 < pages.length ? { nextLink: `https://graph.example/users?$skiptoken=${index}` } : {};
    const json = withJson ? { json: Buffer.from(JSON.stringify({ value: items })) } : {};
    yield { items, status: 200, requestId: undefined, ...nextLink, ...json };
  }
}

const known = createKnownSecrets();
const exporter = () =>
  createListExporter({
    folder: createFileExportFolder({ directory }),
    mask: { mask: known.maskJson, holdsSecret: known.isIn },
    clock: { now: () => 0 },
  });

async function save(options: ExportOptions, pages: AsyncIterable<Page>, call = testCall()) {
  const { data, list } = await exporter().save(options, async () => pages, call);
  const { path, ...saved } = data as { path: string; rows: number; bytes: number; columns: string[] };
  const text = readFileSync(path, 'utf8');
  return { ...saved, complete: list?.complete, text, notes: call.record.notes };
}

describe('a table', () => {
  test('has a line for each item of every page', async () => {
    const saved = await save({ name: 'a.csv' }, pagesOf([[{ id: 1, name: 'Ada' }], [{ id: 2, name: 'Al, "x"' }]]));
    expect(saved).toEqual({
      rows: 2,
      bytes: 28,
      columns: ['id', 'name'],
      complete: true,
      text: 'id,name\n1,Ada\n2,"Al, ""x"""\n',
      notes: [],
    });
  });

  test('has all columns, whichever item brings them', async () => {
    const pages = [[{ a: 1 }, { a: 'x\ny"' }], [{ b: { c: 2 } }, { a: 3 }], [], [{ a: 4, d: true }]];
    const { text, columns, bytes } = await save({ name: 'a.csv' }, pagesOf(pages));
    expect(text).toBe('a,b.c,d\n1,,\n"x\ny""",,\n,2,\n3,,\n4,,true\n');
    expect(columns).toEqual(['a', 'b.c', 'd']);
    expect(bytes).toBe(text.length);
  });

  test('has its header also where the first items have no members', async () => {
    const { text, columns } = await save({ name: 'a.csv' }, pagesOf([[{}], [{ a: 1 }], [{ b: 2 }]]));
    expect(columns).toEqual(['a', 'b']);
    expect(text).toBe('a,b\n"",\n1,\n,2\n');
    expect((await save({ name: 'b.csv' }, pagesOf([[{}], [{ a: 1 }]]))).text).toBe('a\n""\n1\n');
  });

  test('of one column has no empty lines, which readers would skip', async () => {
    const { text } = await save({ name: 'a.csv' }, pagesOf([[{ a: null }, { a: '' }, { a: 1 }]]));
    expect(text).toBe('a\n""\n""\n1\n');
  });

  test('runs nothing in a spreadsheet', async () => {
    const { text } = await save(
      { name: 'a.csv' },
      pagesOf([[{ '=x': '=1+1' }, { '=x': '@a' }, { '=x': '-1' }, { '=x': -1 }]]),
    );
    expect(text).toBe("'=x\n'=1+1\n'@a\n'-1\n-1\n");
  });

  test('of nothing is empty', async () => {
    expect(await save({ name: 'a.csv' }, pagesOf([[]]))).toMatchObject({
      rows: 0,
      text: '',
      columns: [],
      complete: true,
    });
  });

  test('with more columns than a spreadsheet opens is refused, and leaves nothing', async () => {
    const wide = Object.fromEntries(Array.from({ length: 16_385 }, (_, n) => [`c${n}`, n]));
    await expect(save({ name: 'a.csv' }, pagesOf([[wide]]))).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(readdirSync(directory)).toEqual([]);
  });
});

test.each([
  ['a.ndjson', '{"id":1}\n{"id":"\\u0001\u202e"}\n'],
  ['a.json', '[\n{"id":1},\n{"id":"\\u0001\u202e"}\n]\n'],
])('%s has the data as it is', async (name, text) => {
  expect(await save({ name }, pagesOf([[{ id: 1 }], [{ id: '\u0001\u202e' }]]))).toMatchObject({
    text,
    columns: ['id'],
  });
});

test.each([
  ['a.ndjson', ''],
  ['a.json', '[]\n'],
])('%s of nothing can be read', async (name, text) => {
  expect(await save({ name }, pagesOf([[]]))).toMatchObject({ text, rows: 0 });
});

test('one object is a row', async () => {
  const { data } = await exporter().save({ name: 'a.csv' }, async () => ({ status: 200, body: { id: 1 } }), testCall());
  expect(data).toMatchObject({ rows: 1, columns: ['id'] });
});

test('a report that the service writes as a table is saved row by row, and runs nothing', async () => {
  const body = '\ufeffDate,Name\r\n2026-11-20,"=HYPERLINK(""x"")"\r\n2026-11-19,"a, b"\r\n';
  for (const [name, text] of [
    ['a.csv', `Date,Name\n2026-11-20,"'=HYPERLINK(""x"")"\n2026-11-19,"a, b"\n`],
    ['a.ndjson', '{"Date":"2026-11-20","Name":"=HYPERLINK(\\"x\\")"}\n{"Date":"2026-11-19","Name":"a, b"}\n'],
  ] as const) {
    const { data } = await exporter().save({ name }, async () => ({ status: 200, body }), testCall());
    expect(data).toMatchObject({ rows: 2, columns: ['Date', 'Name'] });
    expect(readFileSync((data as { path: string }).path, 'utf8')).toBe(text);
  }
});

test('a text that is no table is one row', async () => {
  const { data } = await exporter().save({ name: 'a.csv' }, async () => ({ status: 200, body: '240' }), testCall());
  expect(data).toMatchObject({ rows: 1, columns: ['value'] });
});

describe('with other arguments', () => {
  const people = [[{ n: 1, on: true }, { n: 2 }], [{ n: 3, on: true }], [{ n: 4, on: true }]];

  test('project chooses what is saved', async () => {
    const { text } = await save({ name: 'a.ndjson', project: 'value[?on].{id:n}' }, pagesOf(people));
    expect(text).toBe('{"id":1}\n{"id":3}\n{"id":4}\n');
  });

  test('a projection of the whole list is saved too', async () => {
    const { text } = await save({ name: 'a.ndjson', project: 'reverse(value)[].n' }, pagesOf(people));
    expect(text).toBe('4\n3\n2\n1\n');
    expect(await save({ name: 'b.ndjson', project: 'length(value)' }, pagesOf(people))).toMatchObject({
      text: '4\n',
      rows: 1,
    });
  });

  test('limit is about rows, and the answer says that there are more', async () => {
    const saved = await save({ name: 'a.ndjson', limit: 3 }, pagesOf(people));
    expect(saved).toMatchObject({ rows: 3, complete: false, notes: [expect.stringContaining('first 3 rows')] });
    expect(await save({ name: 'a.ndjson', limit: 4 }, pagesOf(people))).toMatchObject({ rows: 4, complete: true });
  });

  test('count_by saves the groups', async () => {
    const counter = await createItemCounter('on');
    const { text, complete } = await save({ name: 'a.csv', counter }, pagesOf(people));
    expect(text).toBe('key,count\ntrue,3\n,1\n');
    expect(complete).toBe(true);
  });
});

test.each([true, false])('a known secret is in no file (page as bytes: %s)', async (withJson) => {
  const secret = 'p"ss,w\\rd-4711=';
  known.add(secret);
  for (const name of ['a.csv', 'a.json', 'a.ndjson']) {
    const { text } = await save({ name }, pagesOf([[{ id: 1 }], [{ note: `is ${secret}`, deep: [secret] }]], withJson));
    expect(text).toContain('[redacted]');
    expect(text.replaceAll('"', '').replaceAll('\\', '')).not.toContain('pss,wrd-4711');
  }
});

describe('a list that cannot be read to its end leaves no file', () => {
  async function* failing(error: Error): AsyncGenerator<Page, void> {
    yield* pagesOf([[{ id: 1 }], [{ id: 2 }]]);
    throw error;
  }

  test('where the service fails', async () => {
    await expect(save({ name: 'a.csv' }, failing(new AppError('upstream_error', 'no')))).rejects.toMatchObject({
      code: 'upstream_error',
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('where the network fails, and the error says so', async () => {
    await expect(save({ name: 'a.csv' }, failing(new AppError('upstream_unavailable', 'gone.')))).rejects.toMatchObject(
      {
        code: 'timeout',
        message:
          'save_as needs the whole list, and reading stopped after 2 items in 2 pages (upstream_unavailable): gone.',
      },
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  test('where the caller has cancelled', async () => {
    const controller = new AbortController();
    const call = testCall({ signal: controller.signal });
    async function* cancelled(): AsyncGenerator<Page, void> {
      yield* pagesOf([[{ id: 1 }]]);
      controller.abort(new AppError('cancelled', 'The call was cancelled.'));
      throw controller.signal.reason;
    }
    await expect(save({ name: 'a.csv' }, cancelled(), call)).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(directory)).toEqual([]);
  });
});

test('a name that is refused costs no request, and makes no folder', async () => {
  const read = () => Promise.reject(new Error('A request was sent.'));
  await expect(exporter().save({ name: '../a.csv' }, read, testCall())).rejects.toMatchObject({
    code: 'invalid_argument',
  });
  expect(readdirSync(home)).toEqual([]);
});

test('many columns are named in part', async () => {
  const wide = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`c${n}`, n]));
  const { columns, text, notes } = await save({ name: 'a.csv' }, pagesOf([[wide]]));
  expect(columns).toHaveLength(60);
  expect(text.split('\n')[0]?.split(',')).toHaveLength(200);
  expect(notes).toEqual(['The file has 200 columns; the first 60 are named.']);
});

describe('whatever the items are', () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('"', ',\n', '\r\n', '=1', 'null'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const item = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd,"', 'e.f'),
    fc.oneof(value, fc.dictionary(fc.constantFrom('x', 'y'), value)),
  );
  const pages = fc.array(fc.array(item, { maxLength: 5 }), { minLength: 1, maxLength: 6 });

  test('a table has a row for each, and a cell for each column', async () => {
    await fc.assert(
      fc.asyncProperty(pages, async (given) => {
        const { text, rows, columns } = await save({ name: 'a.csv' }, pagesOf(given));
        const items = given.flat();
        expect(rows).toBe(items.length);
        // Items without any member are rows without cells.
        if (columns.length === 0) return;
        const [, ...table] = readCsv(text);
        expect(table).toHaveLength(items.length);
        expect(new Set(table.map((row) => row.length))).toEqual(new Set([columns.length]));
      }),
      { numRuns: 150 },
    );
  });

  test('NDJSON has each of them, unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(pages, async (given) => {
        const { text, rows } = await save({ name: 'a.ndjson' }, pagesOf(given));
        const lines = text.split('\n').slice(0, -1);
        expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(given.flat())));
        expect(rows).toBe(lines.length);
      }),
      { numRuns: 50 },
    );
  });

  test('the counts add up to their number', async () => {
    await fc.assert(
      fc.asyncProperty(pages, async (given) => {
        const counter = await createItemCounter('a');
        for (const items of given) counter.add(items);
        const sum = counter.groups().reduce((total, { count }) => total + count, 0);
        expect(sum).toBe(given.flat().length);
        const keys = counter.groups().map(({ key }) => JSON.stringify(key));
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });
});

describe('a report that the service wrote as a table', () => {
  const report = { status: 200, body: 'User,Kind\nada,a\nalan,b\ngrace,a\n' };
  const saveReport = async (options: ExportOptions) => {
    const call = testCall();
    const { data } = await exporter().save(options, async () => report, call);
    return { text: readFileSync((data as { path: string }).path, 'utf8'), notes: call.record.notes };
  };

  test('has what project makes of its rows', async () => {
    const { text } = await saveReport({ name: 'a.csv', project: "value[?Kind == 'a'].{user: User}" });
    expect(text).toBe('user\nada\ngrace\n');
  });

  test('has its groups where they are counted', async () => {
    const { text, notes } = await saveReport({ name: 'a.csv', counter: await createItemCounter('Kind') });
    expect(text).toBe('key,count\na,2\nb,1\n');
    expect(notes).toEqual(['3 items counted.']);
  });
});

test('a single object is not counted, and that is said', async () => {
  const call = testCall();
  const read = async () => ({ status: 200, body: { id: 1 } });
  await exporter().save({ name: 'a.csv', counter: await createItemCounter('id') }, read, call);
  expect(call.record.notes).toEqual(['count_by was ignored: this is not a list.']);
});
