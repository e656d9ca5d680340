import { expect, test } from 'vitest';
import { badCharacter } from '../../../src/core/base/plain-text.ts';

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
