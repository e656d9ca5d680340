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
