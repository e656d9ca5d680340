import { expect, test } from 'vitest';
import { cleanMessage } from '../../../src/core/service-connections/clean-message.ts';

test.each([
  ['an error code', 'error code: AuthorizationFailed, inner', 'error code: AuthorizationFailed, inner'],
  ['line breaks and invisible characters', 'a\r\n\u200b b\u0000', 'a b'],
  ['the query of an address', "'https://a.example/b?sig=abcdefgh' no", "'https://a.example/b' no"],
  ['a token', 'got eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln', 'got [redacted]'],
  ['a client secret', `key abc8Q~${'x'.repeat(34)} end`, 'key [redacted] end'],
  ['a secret by its name', 'serviceprincipalkey=hunter22', 'serviceprincipalkey=[redacted]'],
  ['a private key', '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- x', '[redacted] x'],
  ['a header', 'sent Bearer abcdefghijkl', 'sent Bearer [redacted]'],
])('%s is shown as it may be', (_, text, shown) => {
  expect(cleanMessage(text)).toBe(shown);
});

test('a page of text is cut', () => {
  expect(cleanMessage('x '.repeat(5_000))).toHaveLength(1_000);
});

test.each([
  ['tokens without an end', 'eyJ'],
  ['addresses without an end', 'http://'],
  ['one word', 'x'],
  ['words', 'client_secret '],
])('of a megabyte of %s only the beginning is looked at', (_, part) => {
  expect(cleanMessage(part.repeat(1_000_000 / part.length)).length).toBeLessThanOrEqual(1_000);
});

test('a secret that the cut goes through is not shown in part', () => {
  const token = `eyJ${'a'.repeat(60)}.eyJ${'b'.repeat(60)}.c`;
  const text = `${`${token} `.repeat(70)}abc8Q~${'x'.repeat(34)}`;
  for (let length = 7_900; length < 8_100; length++) {
    expect(cleanMessage(`${'z'.repeat(length % 130)} ${text}`)).not.toMatch(/eyJ|8Q~|xxx/);
  }
});
