import { expect, test } from 'vitest';
import { UsageError } from '../../src/cli/exit-codes.ts';
import { readArgument } from '../../src/cli/read-argument.ts';

const { signal } = new AbortController();

test.each([
  ['{bad', 'The arguments are not JSON: invalid symbol at line 1, column 2.'],
  ['{"a":1,\n "b":}', 'The arguments are not JSON: value expected at line 2, column 6.'],
  ['{"a":1,}', 'The arguments are not JSON: property name expected at line 1, column 8.'],
])('%j is not JSON, and nothing of it is quoted', async (text, message) => {
  await expect(readArgument(text, signal)).rejects.toThrow(message);
});

test.each([
  ['/no/such/file', 'it does not exist'],
  ['/', 'it is a folder, not a file'],
  ['/etc/passwd/below', 'a part of the path is a file, not a folder'],
])('the file %s is named with the reason', async (path, reason) => {
  const reading = readArgument(`@${path}`, signal);
  await expect(reading).rejects.toThrow(`The file ${path} cannot be read: ${reason}.`);
  await expect(reading).rejects.toBeInstanceOf(UsageError);
});
