import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCsvWriter, csvText, tableOf } from '../../../src/core/results/csv.ts';
import { csvLine } from '../../../src/core/results/csv-cells.ts';

const cell = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('=1', '+', '-1', '@a', '\t', '\r', '\uff1d1', 'a"b', 'a,b', 'a\nb', 'a\rb', '', "'", ' x '),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(undefined),
);

test('a line is what an independent writer of CSV writes', () => {
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 6 }), (row) => {
      const options = { escape_formulas: true, cast: { boolean: (value: boolean) => String(value) } };
      expect(csvLine(row, row.length)).toBe(stringify([row], options));
    }),
    { numRuns: 2_000 },
  );
});

test('trailing cells that an item lacks are empty', () => {
  expect(csvLine(['a'], 3)).toBe('a,,\n');
});

test('the only cell of a line is never nothing', () => {
  expect([csvLine([], 1), csvLine([''], 1), csvLine([0], 1)]).toEqual(['""\n', '""\n', '0\n']);
});

test('nested members become columns, lists of values one cell, lists of objects JSON', () => {
  const items = [{ id: 1, manager: { name: 'Ada', at: { city: 'Bern' } }, tags: ['a', 'b'], plans: [{ sku: 'E5' }] }];
  expect(csvText(items)).toBe('id,manager.name,manager.at.city,tags,plans\n1,Ada,Bern,a; b,"[{""sku"":""E5""}]"\n');
});

test('integers that came as text keep their sign', () => {
  expect(csvText([{ a: '-9007199254740993', b: '-1' }])).toBe("a,b\n-9007199254740993,'-1\n");
});

test('names of the prototype are columns like others', () => {
  const items: readonly unknown[] = [JSON.parse('{"__proto__":1,"constructor":2,"valueOf":3}')];
  expect(csvText(items)).toBe('__proto__,constructor,valueOf\n1,2,3\n');
  expect(tableOf(items)).toEqual({ columns: ['__proto__', 'constructor', 'valueOf'], rows: [['1', '2', '3']] });
});

test('a writer with given columns leaves out what is in none of them', () => {
  const { header, row } = createCsvWriter(['b', 'c']);
  expect(header + row({ a: 1, b: 2 })).toBe('b,c\n2,\n');
});
