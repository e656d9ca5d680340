import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const page = await readFile(resolve(root, 'docs/security.md'), 'utf8');
const threats = /<!-- threats -->([\s\S]*?)<!-- \/threats -->/.exec(page)?.[1] ?? '';
const rows = threats.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:---|what )/.test(line));

test('every row of the threat table says what is tried, what stops it, and which tests show it', () => {
  expect(rows.length).toBeGreaterThanOrEqual(15);
  for (const row of rows) {
    const [, tried = '', stopped = '', shown = ''] = row.split('|').map((cell) => cell.trim());
    expect(tried.length, row).toBeGreaterThan(10);
    expect(stopped.length, row).toBeGreaterThan(10);
    expect(shown, row).toMatch(/^`test\/[^`]+`(?:, `test\/[^`]+`)*$/);
  }
});

test('every test that the page names exists', () => {
  const named = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(resolve(root, path)))).toEqual([]);
});
