import { expect, test } from 'vitest';
import { createKnownSecrets, createRedactor, hideIn } from '../../../src/core/secrets/secret.ts';

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

test.each([
  [['secret-one', 'secret-one-and-more'], 'x secret-one-and-more y secret-one z', 'x [redacted] y [redacted] z'],
  [['abcdefgh', 'efghijkl'], 'abcdefghijkl', '[redacted]'],
  [['redacted', 'secret-one'], 'secret-one and redacted', '[redacted] and [redacted]'],
  [['aaaaaaaa'], 'aaaaaaaaa!', '[redacted]!'],
])('%j are masked in one pass, and no tail of a longer one is left', (known, text, expected) => {
  for (const order of [known, known.toReversed()]) {
    const secrets = createKnownSecrets();
    for (const secret of order) secrets.add(secret);
    expect(secrets.mask(text)).toBe(expected);
  }
});

test('a value with quotes is found in a document that quotes a document', () => {
  const secret = 'quoted "secret"';
  const document = { message: `echo ${JSON.stringify({ secret })}` };
  expect(masked(document, [secret])).toEqual({ message: 'echo {"secret":"[redacted]"}' });
});

test('what callers pass in never pushes out what is in use', () => {
  const secrets = createKnownSecrets();
  secrets.add('token-in-use-1', 'in_use');
  for (let at = 0; at < 20_000; at++) secrets.add(`passed through ${at}`);
  expect(secrets.mask('it is token-in-use-1, passed through 19999')).toBe('it is [redacted], [redacted]');
  // A token that is used stays, however many come after it.
  for (let at = 0; at < 20_000; at++) {
    secrets.add(`other-token-${at}`, 'in_use');
    if (at % 1_000 === 0) secrets.add('token-in-use-1', 'in_use');
  }
  expect(secrets.mask('token-in-use-1')).toBe('[redacted]');
});

/** The two that hide a value, in answers and in the log. */
function hiders() {
  const secrets = createKnownSecrets();
  const redactor = createRedactor();
  const hide = {
    inUse: hideIn(secrets, redactor, 'in_use'),
    kept: hideIn(secrets, redactor, 'kept'),
    passed: hideIn(secrets, redactor, 'passed'),
  };
  return { hide, shown: (text: string) => [secrets.mask(text), redactor.text(text)] };
}

test('100,000 literals push out neither a token nor a kept secret nor the literal before them, in answers and log', () => {
  const { hide, shown } = hiders();
  hide.inUse('token of contoso', 'contoso');
  hide.kept('kept: of fabrikam', 'fabrikam');
  for (let at = 0; at < 100_000; at++) hide.passed(`literal-number-${at}`);
  for (const live of ['token of contoso', 'kept: of fabrikam', 'literal-number-99999', 'literal-number-99000']) {
    expect(shown(`it is ${live}.`)).toEqual(['it is [redacted].', 'it is [redacted].']);
  }
  // Bounded: what came first is forgotten.
  expect(shown('it is literal-number-7.')).toEqual(['it is literal-number-7.', 'it is literal-number-7.']);
});

test.each(['inUse', 'kept'] as const)('one connection does not push out what another has %s', (place) => {
  const { hide, shown } = hiders();
  hide[place]('secret of contoso', 'contoso');
  for (let at = 0; at < 20_000; at++) hide[place](`fabrikam-secret-${at}`, 'fabrikam');
  expect(shown('the secret of contoso')).toEqual(['the [redacted]', 'the [redacted]']);
  expect(shown('fabrikam-secret-0')).toEqual(['fabrikam-secret-0', 'fabrikam-secret-0']);
});

test('the log masks the longest of 2,000 tokens that contain each other, in one pass', () => {
  const redactor = createRedactor();
  const tokens = Array.from({ length: 2_000 }, (_, at) => `token-${'x'.repeat(at % 50)}-${at}`);
  for (const token of tokens) redactor.register(token, 'in_use', 'contoso');
  expect(redactor.text(tokens.slice(0, 200).join(' '))).toBe(
    tokens
      .slice(0, 200)
      .map(() => '[redacted]')
      .join(' '),
  );
});
