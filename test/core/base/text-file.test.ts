import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeText, readTextFile } from '../../../src/core/base/text-file.ts';
import { positionAt } from '../../../src/core/base/text-position.ts';
import { temporaryFolder } from '../connections/support.ts';

const text = 'größe: 1\n';
const bytes = (...parts: (number[] | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const utf16 = Buffer.from(text, 'utf16le');

test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a byte order mark', bytes([0xef, 0xbb, 0xbf], Buffer.from(text))],
  ['UTF-16 as Windows writes it', bytes([0xff, 0xfe], utf16)],
  ['UTF-16 the other way round', bytes([0xfe, 0xff], Buffer.from(utf16).swap16())],
])('%s is read', (_name, encoded) => {
  expect(decodeText(encoded)).toBe(text);
});

test.each([
  ['UTF-16 without a byte order mark', utf16, 'it is UTF-16 without a byte order mark; save it as UTF-8'],
  ['the same the other way round', Buffer.from(utf16).swap16(), 'it is UTF-16 without a byte order mark'],
  ['UTF-32', bytes([0xff, 0xfe, 0, 0], [0x61, 0, 0, 0]), 'it is UTF-32; save it as UTF-8'],
  ['a code page', Buffer.from(text, 'latin1'), 'it is not UTF-8; save it as UTF-8'],
  ['half of UTF-16', bytes([0xff, 0xfe], [0x00, 0xd8]), 'it is not UTF-16LE; save it as UTF-8'],
])('%s is named as what it is', (_name, encoded, words) => {
  expect(() => decodeText(encoded)).toThrow(words);
});

test('no text and a single character are text', () => {
  expect(decodeText(Buffer.from(''))).toBe('');
  expect(decodeText(Buffer.from('a'))).toBe('a');
});

test('what is no file says so, and what is too large is not read', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  writeFileSync(file, 'x'.repeat(2_000));
  mkdirSync(join(folder, 'inner'));
  const read = (path: string, maxBytes = 10_000) => readTextFile(path, { maxBytes });
  await expect(read(join(folder, 'none'))).rejects.toThrow('it does not exist');
  await expect(read(join(folder, 'inner'))).rejects.toThrow('it is a folder, not a file');
  await expect(read(join(file, 'below'))).rejects.toThrow('a part of the path is a file, not a folder');
  await expect(read('/dev/zero')).rejects.toThrow('it is not a regular file');
  await expect(read(file, 1_024)).rejects.toThrow('it is larger than 1 KiB');
  expect(await read(file, 2_000)).toHaveLength(2_000);
});

test('places count lines and columns from 1', () => {
  expect(positionAt('{bad', 1)).toBe('line 1, column 2');
  expect(positionAt('{\n  bad', 4)).toBe('line 2, column 3');
});
