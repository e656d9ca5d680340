import { describe, expect, test } from 'vitest';
import { parseSecretArgument } from '../../../src/core/record/secret-argument.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';

const dollar = '$';
const references = [{ secret: 'app' }, { env: 'A' }, { file: '/a' }, { prompt: true }, { previous: true }];

describe('a secret argument', () => {
  test.each(references)('is the reference %j, also as JSON text', (reference) => {
    expect(parseSecretArgument(reference)).toEqual({ argument: reference });
    const text = JSON.stringify(reference);
    expect(parseSecretArgument(text)).toEqual({ argument: reference });
    expect(parseSecretArgument(new Secret(` ${text}\n`))).toEqual({ argument: reference });
  });

  test.each([
    'hunter2-and-more',
    '3Fq8Q~abcdefghijklmnopqrstuvwxyz0123456789',
    'AKIA/secret+key==',
    '?sv=2024&sig=x%2By',
    'eyJhbGciOiJub25lIn0.e30.x',
    'P@$$w0rd!',
    '$ecret-of-mine',
    '100%sure%thing',
    'a<b>c',
    'my.password',
    'environment: production',
    '{"half',
    'xxx',
    '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----',
    '<publishData><publishProfile userPWD="x" /></publishData>',
  ])('is the text %j', (text) => {
    const parsed = parseSecretArgument(text);
    expect('argument' in parsed && parsed.argument instanceof Secret && parsed.argument.reveal()).toBe(text);
  });

  test.each<unknown>([
    '',
    ' \n',
    '{"env":"A","file":"/b"}',
    '{"ENV":"A"}',
    '{"env":""}',
    '{"key_vault":"https://v"}',
    "{'env':'A'}",
    '{env: A}',
    '["a"]',
    '[redacted]',
    '"{\\"env\\":\\"A\\"}"',
    "'quoted'",
    'env:A',
    'ENV: A',
    'file:/etc/passwd',
    'file:///etc/passwd',
    'secret:app',
    `${dollar}{A}`,
    `${dollar}{{ secrets.A }}`,
    '$(A)',
    '$A',
    '$env:A',
    '%A%',
    '<client secret>',
    '••••••••',
    '********',
    '…',
    'xxxxxxxx',
    'Bearer eyJhbGciOiJub25lIn0.e30.x',
    'your-client-secret',
    'YOUR_CLIENT_SECRET',
    'insert secret here',
    'client_secret',
    'changeme',
    'null',
    5,
    true,
    null,
    [],
    ['a'],
    {},
    { env: 5 },
    { env: 'A', extra: 1 },
    { env: ['A'] },
    { file: { file: '/a' } },
    { prompt: 'yes' },
    { value: 'a' },
    { toString: 'a' },
    { secret: '' },
  ])('is not %j, and what it is not is said without the value', (value) => {
    const parsed = parseSecretArgument(value);
    expect('problem' in parsed && parsed.problem).toMatch(/^(?:is|looks like) /);
    if (typeof value === 'string' && value.length > 4) expect(JSON.stringify(parsed)).not.toContain(value);
  });
});
