import { expect, test } from 'vitest';
import { deepestLevel, parseExactJson, parseForSending, TooDeepError } from '../../../src/core/base/exact-json.ts';

test.each([
  ['12345678901234567890', '12345678901234567890'],
  ['-9007199254740993', '-9007199254740993'],
  ['9007199254740993', '9007199254740993'],
  ['9007199254740991', 9007199254740991],
  ['-9007199254740991', -9007199254740991],
  ['0.1234567890123456', 0.1234567890123456],
  ['1234567890123456.5', 1234567890123456.5],
  ['"12345678901234567890"', '12345678901234567890'],
])('the number %s is read as %j, wherever it stands', (json, value) => {
  expect(parseExactJson(`{"a":${json},"b":[ ${json},{"c":\n${json}}]}`).value).toEqual({
    a: value,
    b: [value, { c: value }],
  });
});

test('a document says whether what was read is the same', () => {
  expect(parseExactJson('{"size":12345678901234567890}').isVerbatim).toBe(false);
  expect(parseExactJson('{"id":"12345678901234567890","a":" 12345678901234567890"}').isVerbatim).toBe(true);
});

test('what is to be sent keeps its numbers', () => {
  const json = '{"a":12345678901234567890,"b":[9007199254740993,1],"c":"12345678901234567890"}';
  expect(JSON.stringify(parseForSending(json))).toBe(json);
});

test('a document may be as deep as clients can read', () => {
  const list = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  expect(parseExactJson(list(deepestLevel)).isVerbatim).toBe(true);
  expect(() => parseExactJson(list(deepestLevel + 1))).toThrow(TooDeepError);
});
