import { expect, test } from 'vitest';
import { createRedactor, Secret } from '../../../src/core/secrets/secret.ts';

const jwt = 'eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJodHRwczovL2dyYXBoIn0.c2lnbmF0dXJl';

test.each([
  ['a JWT', `token ${jwt} was`, 'token [redacted] was'],
  ['a bearer header', 'Authorization: Bearer abcdefgh12345', 'Authorization: Bearer [redacted]'],
  ['a form', 'grant_type=x&client_secret=s3cr3t%21&scope=y', 'grant_type=x&client_secret=[redacted]&scope=y'],
  ['an assertion', 'client_assertion=abcdef&x=1', 'client_assertion=[redacted]&x=1'],
  ['JSON', '{"access_token":"opaque-token","expires_in":1}', '{"access_token":"[redacted]","expires_in":1}'],
  ['a SAS signature', 'https://a.blob.example/c?sv=1&sig=abc%2Fdef', 'https://a.blob.example/c?sv=1&sig=[redacted]'],
  ['an app secret', 'it is abc8Q~abcdefghijklmnopqrstuvwxyz01234567 here', 'it is [redacted] here'],
  ['a private key', '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', '[redacted]'],
])('masks %s by its shape', (_name, text, masked) => {
  expect(createRedactor().text(text)).toBe(masked);
});

test('masks registered values in every form they may take', () => {
  const redactor = createRedactor();
  const secret = 'pä ss/"word';
  redactor.register(secret);
  for (const form of [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret),
    Buffer.from(secret).toString('base64'),
  ]) {
    expect(redactor.text(`<${form}>`)).toMatch(/^<"?\[redacted\]"?>$/);
  }
});

test('masks the longest of overlapping values first', () => {
  const redactor = createRedactor();
  redactor.register('secret-a');
  redactor.register('secret-a-and-more');
  expect(redactor.text('secret-a-and-more')).toBe('[redacted]');
});

test('masks fields by their names, however deep, and leaves the rest', () => {
  const value = {
    headers: { Authorization: 'x', cookie: 'y', 'content-type': 'application/json' },
    body: [{ client_secret: 'z', passwordProfile: { password: 'p' }, displayName: 'Ada', accessToken: 'q' }],
    secret: new Secret('w'),
    none: undefined,
  };
  expect(createRedactor().value(value)).toEqual({
    headers: { Authorization: '[redacted]', cookie: '[redacted]', 'content-type': 'application/json' },
    body: [
      { client_secret: '[redacted]', passwordProfile: '[redacted]', displayName: 'Ada', accessToken: '[redacted]' },
    ],
    secret: '[redacted]',
    none: undefined,
  });
});

test('keeps of an error its name, message, code and cause, and not the request that hangs on it', () => {
  const cause = Object.assign(new Error(`failed with ${jwt}`), {
    code: 'ECONNRESET',
    request: { headers: { a: 'b' } },
  });
  const copy = JSON.stringify(createRedactor().value(new Error('outer', { cause })));
  expect(copy).toContain('ECONNRESET');
  expect(copy).not.toContain('eyJ');
  expect(copy).not.toContain('headers');
});

test('survives cycles, depth and values that JSON does not know', () => {
  const cycle: Record<string, unknown> = { big: 1n };
  cycle['self'] = cycle;
  expect(JSON.stringify(createRedactor().value(cycle))).toContain('[deep]');
});
