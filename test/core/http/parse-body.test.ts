import { expect, test } from 'vitest';
import { parseBody } from '../../../src/core/http/parse-body.ts';

function parse(body: string | Buffer, contentType: string, { status = 200, wirePath = '/users' } = {}): unknown {
  return parseBody(Buffer.from(body), { status, contentType, wirePath }).body;
}

test('JSON is parsed, with a BOM and with parameters of its type', () => {
  expect(parse('\ufeff{"a":1}', 'application/json;odata.metadata=minimal;charset=utf-8')).toEqual({ a: 1 });
  expect(parse('[1]', 'application/problem+json')).toEqual([1]);
  expect(parse(' {"a":1}', '')).toEqual({ a: 1 });
});

test('nothing, and nothing but white space, is no body', () => {
  expect(parse('', 'application/json')).toBeUndefined();
  expect(parse(' \r\n', 'application/json', { status: 202 })).toBeUndefined();
});

test('a count is a number, with a BOM too; other digits are text', () => {
  expect(parse('\ufeff240', 'text/plain', { wirePath: '/users/$count' })).toBe(240);
  expect(parse('007', 'text/plain', { wirePath: '/me/mobilePhone/$value' })).toBe('007');
});

test('text and CSV are strings, in their character set', () => {
  expect(parse('\ufeffname,id\r\nAda,1\r\n', 'application/csv')).toBe('name,id\r\nAda,1\r\n');
  expect(parse(Buffer.from('fü', 'latin1'), 'text/plain; charset=iso-8859-1')).toBe('fü');
  expect(parse('x', 'text/plain; charset=no-such')).toBe('x');
});

test('anything else is bytes', () => {
  expect(parse(Buffer.from([0, 255]), 'image/jpeg')).toEqual({
    contentType: 'image/jpeg',
    sizeBytes: 2,
    base64: 'AP8=',
  });
});

test('a page of a failed request is its title, also when it is called JSON', () => {
  expect(parse('<html><title> A\u200b \n B </title>', 'text/html', { status: 502 })).toEqual({ title: 'A B' });
  expect(parse('<h1>Gone</h1>', 'application/json', { status: 502 })).toEqual({ title: 'Gone' });
  expect(parse('<p>', 'text/html', { status: 502 })).toEqual({ title: '' });
});

test('a page of a success is its text', () => {
  expect(parse('<p>Hello</p>', 'text/html')).toBe('<p>Hello</p>');
});

test('broken JSON is an error of a success, and nothing of a failure', () => {
  expect(() => parse('{"a":', 'application/json')).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  expect(parse('{"a":', 'application/json', { status: 500 })).toBeUndefined();
});

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

test('an answer that is nested too deeply is an error that says so; of a failure, nothing is left', () => {
  expect(() => parse(nested(10_000), 'application/json')).toThrow(
    expect.objectContaining({ code: 'upstream_error', message: expect.stringContaining('nested') }),
  );
  expect(() => parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'application/json')).toThrow(
    expect.objectContaining({ code: 'upstream_error' }),
  );
  expect(parse(nested(10_000), 'application/json', { status: 500 })).toBeUndefined();
  expect(parse(nested(99), 'application/json')).toBeDefined();
});

test('bytes come along only where characters stand as themselves: a search for a secret in them would miss others', () => {
  const bytesOf = (body: string) =>
    parseBody(Buffer.from(body), { status: 200, contentType: 'application/json', wirePath: '/users' }).json?.toString();
  expect(bytesOf('{"a":"b/c \\"d\\" é"}')).toBe('{"a":"b/c \\"d\\" é"}');
  expect(bytesOf('{"a":"b\\/c"}')).toBeUndefined();
  expect(bytesOf('{"a":"b\\u043fc"}')).toBeUndefined();
});
