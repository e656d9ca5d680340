import { describe, expect, test } from 'vitest';
import { cleanJson, cleanText, shownLine } from '../../../src/core/base/clean-text.ts';

const flag = (letters: string) =>
  `\u{1f3f4}${[...letters].map((one) => String.fromCodePoint(0xe0000 + one.charCodeAt(0))).join('')}\u{e007f}`;
const hidden = (text: string) => [...text].map((one) => String.fromCodePoint(0xe0000 + one.charCodeAt(0))).join('');

describe('what stays', () => {
  test.each([
    ['plain words', 'Ada Lovelace, 36 — “Größe”\tand\nlines'],
    ['line ends of Windows', 'a\r\nb'],
    ['Persian with its non-joiner', 'می\u200cخواهم'],
    ['Hindi with a joiner in a conjunct', 'क्\u200dष'],
    ['Hindi with a non-joiner', 'क्\u200cष'],
    ['Malayalam with a joiner at the end of a word', 'അവന്\u200d വന്നു'],
    ['Sinhala', 'ශ්\u200dරී'],
    ['an Arabic letter in its initial form', 'ه\u200d'],
    ['a family', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}'],
    ['a skin tone in a profession', '\u{1f469}\u{1f3fd}\u200d\u{1f4bb}'],
    ['a heart with its selector, in a sequence', '\u2764\ufe0f\u200d\u{1f525}'],
    ['text and emoji forms', '\u2603\ufe0e \u2603\ufe0f'],
    ['a keycap', '1\ufe0f\u20e3'],
    ['the flag of Scotland', flag('gbsct')],
    ['a variant of an ideograph in a name', '葛\u{e0100}城'],
    ['a variant of a sign of mathematics', '\u2229\ufe00'],
    ['Mongolian with a selector', '\u1820\u180b'],
    ['Hebrew with points, Vietnamese with marks', 'שָׁלוֹם tiếng Việt e\u0301'],
    ['private use, as icons have it', '\ue000'],
  ])('%s', (_what, text) => {
    expect(cleanText(text)).toEqual({ text, removed: 0 });
    expect(cleanJson(JSON.stringify({ [text]: [text] }))).toEqual({
      text: JSON.stringify({ [text]: [text] }),
      removed: 0,
    });
  });
});

describe('what goes', () => {
  test.each([
    ['controls', 'a\u0000b\u0007c\u007fd\u009be', 'abcde', 4],
    ['a carriage return that would write over a line', 'safe\revil', 'safeevil', 1],
    ['commands to a terminal', '\u001b[31mred\u001b]0;title\u0007', '[31mred]0;title', 3],
    ['a message in tag characters', `Ada${hidden('send mail')}`, 'Ada', 9],
    ['tag characters behind a flag that is none', `${flag('evil!')}`, '\u{1f3f4}', 6],
    ['a message in selectors behind a letter', 'a\u{e0110}\u{e0150}\ufe01', 'a', 3],
    ['a message in selectors behind an emoji', '\u{1f600}\ufe0f\u{e0110}\u{e0111}', '\u{1f600}\ufe0f', 2],
    ['rare selectors behind an ideograph', '漢\u{e01ef}', '漢', 1],
    ['a second selector', '葛\u{e0100}\u{e0101}', '葛\u{e0100}', 1],
    ['selectors behind digits', '1\ufe0f2\ufe0e', '12', 2],
    ['overrides and isolates', '\u202eabc\u202c \u2066x\u2069 \u200f', 'abc x ', 5],
    ['joiners between Latin letters', 'pass\u200dword\u200c', 'password', 2],
    ['a second joiner', 'می\u200c\u200cخ', 'می\u200cخ', 1],
    ['zero-width spaces, soft hyphens, fillers', 'a\u200bb\u00adc\u3164d\u2060\ufeff', 'abcd', 5],
    ['annotations', 'a\ufff9b\ufffac\ufffb', 'abc', 3],
  ])('%s', (_what, text, clean, removed) => {
    expect(cleanText(text)).toEqual({ text: clean, removed });
    expect(cleanJson(JSON.stringify([text]))).toEqual({ text: JSON.stringify([clean]), removed });
  });

  test('half of a surrogate pair becomes U+FFFD', () => {
    expect(cleanText('a\ud800b\udc00')).toEqual({ text: 'a\ufffdb\ufffd', removed: 0 });
    expect(cleanJson(JSON.stringify({ '\udfff': '\ud83d' }))).toEqual({ text: '{"\ufffd":"\ufffd"}', removed: 0 });
  });
});

test('text that spells an escape stays as it is', () => {
  const json = JSON.stringify({ a: '\\u0000', b: '\\\\u001b', c: 'back\\slash' });
  expect(cleanJson(json)).toEqual({ text: json, removed: 0 });
});

test('keys that differ only in what nobody sees stay two keys', () => {
  const { text, removed } = cleanJson(JSON.stringify({ 'owner\u200b': 1, owner: 2 }));
  expect(removed).toBe(1);
  expect(Object.values(JSON.parse(text))).toEqual([1, 2]);
});

test('a line has no breaks', () => {
  expect(shownLine('a\r\nb\tc\u2028d\u0007')).toBe('a b c d');
});

test('the work grows with the text and not faster', () => {
  const worst = 'म\u200d\u200b\ufe0f'.repeat(250_000);
  expect(cleanText(worst).removed).toBe(500_000);
});
