import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemsOfCsv, readCsv } from '../../../src/core/results/read-csv.ts';

test('what an independent writer writes is read again', () => {
  const cell = fc.oneof(fc.string(), fc.constantFrom('', '"', '""', ',', '\n', '\r\n', 'a"b', ' x '));
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (rows) => {
      for (const record_delimiter of ['\n', '\r\n'])
        expect(readCsv(stringify(rows, { record_delimiter, quoted_match: /[\r\n]/ }))).toEqual(rows);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['', []],
  ['a', [['a']]],
  ['a\n', [['a']]],
  ['a,\n', [['a', '']]],
  ['a,', [['a', '']]],
  ['\n\n', [[''], ['']]],
  ['"a', [['a']]],
  ['"a"b,c', [['ab', 'c']]],
  ['"', [['']]],
])('%j is read to its end', (text, rows) => {
  expect(readCsv(text)).toEqual(rows);
});

test.each(['', '240', 'a,b', 'a,b\n1\n', 'a,a\n1,2\n', '{"a":1,\n"b":2}', '<html>\n</html>'])(
  '%j is no table',
  (text) => {
    expect(itemsOfCsv(text)).toBeUndefined();
  },
);

test('many quotes cost no more than their number', () => {
  expect(readCsv(`"${'""'.repeat(1_000_000)}x`)).toHaveLength(1);
});
