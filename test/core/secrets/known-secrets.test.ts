import { expect, test } from 'vitest';
import { createKnownSecrets } from '../../../src/core/secrets/secret.ts';

/** What is left of a document in a process that knows these secrets. */
const masked = (document: unknown, known: readonly string[], envelope?: number): unknown => {
  const secrets = createKnownSecrets();
  for (const secret of known) secrets.add(secret);
  return JSON.parse(secrets.maskJson(JSON.stringify(document), envelope));
};

test('a known value is masked in strings and keys, in every spelling', () => {
  const secret = 'se"cret value/1';
  const document = { [secret]: [secret, JSON.stringify({ secret }), `https://x/?s=${encodeURIComponent(secret)}`] };
  expect(masked(document, [secret])).toEqual({
    '[redacted]': ['[redacted]', '{"secret":"[redacted]"}', 'https://x/?s=[redacted]'],
  });
});

test.each(['"response":', '{"response', '12345678', 'true,"count":1', 'response', '\\"\\"\\"\\"'])(
  'a secret such as %s does not break the documents that it turns up in',
  (secret) => {
    const document = { response: { success: true, count: 123_456_789, note: `it is ${secret}.` } };
    const { response } = document;
    expect(masked(document, [secret], 1)).toEqual({ response: { ...response, note: 'it is [redacted].' } });
  },
);

test.each([
  'ordinary-words',
  'abc8Q~0123456789',
  'rare at the very end ~Q',
  'Zz~_',
  'eyJ0eXAiOiJKV1QifQ.e30._~QZ',
  '~~~~~~~~',
  'umläut-Größe-Z1',
])('%s is found wherever its rarest characters are', (secret) => {
  const secrets = createKnownSecrets();
  secrets.add(secret);
  const isKnown = secret.length >= 8;
  const text = JSON.stringify({ note: `before ${secret} after ~ and Q` });
  expect(secrets.isIn(Buffer.from(text))).toBe(isKnown);
  expect(secrets.maskJson(text).includes(secret)).toBe(!isKnown);
  expect(secrets.isIn(Buffer.from(text.replace(secret, secret.slice(1))))).toBe(false);
});
