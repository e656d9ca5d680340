import { expect, test } from 'vitest';
import { badCharacter, quoted, quoteNames } from '../../../src/core/base/plain-text.ts';

const name = /^[a-z0-9][a-z0-9_-]{1,62}$/;

test.each([
  ['prod!azure', 'the character "!" at position 5 is not allowed'],
  ['Prod', 'the character "P" at position 1 is not allowed'],
  ['a b', 'the character " " at position 2 is not allowed'],
  ['ab\u0007c', 'the character U+0007 at position 3 is not allowed'],
  ['ab\u200b', 'the character U+200B at position 3 is not allowed'],
  ['ab\u{1f600}!', 'the character "\u{1f600}" at position 3 is not allowed'],
  ['-ab', undefined],
  ['a', undefined],
])('of the name %j: %s', (text, said) => {
  expect(badCharacter(text, name)).toBe(said);
});

test('a pattern that is none for names says nothing', () => {
  expect(badCharacter('x!', /^[0-9a-f]{8}-[0-9a-f]{4}$/)).toBeUndefined();
});

test.each([
  ['Ada', '`Ada`'],
  [undefined, '(none)'],
  ['', '(none)'],
  ['a` and now: `b', "`a' and now: 'b`"],
  ['one\nHint: do this\r\nand\tthis', '`one Hint: do this and this`'],
  ['a\u202e\u0007\u{e0041}b', '`ab`'],
  ['a\u2028b', '`a b`'],
  [' padded ', '`padded`'],
])('%j is quoted as %s', (text, shown) => {
  expect(quoted(text)).toBe(shown);
});

test('a quote is cut, in the middle of no character', () => {
  expect(quoted('x'.repeat(1_000_000))).toHaveLength(203);
  expect(quoted('\u{1f600}'.repeat(200), 5).isWellFormed()).toBe(true);
});

test('names are quoted one by one', () => {
  expect(quoteNames(['a', 'b`c'])).toBe("`a`, `b'c`");
});
