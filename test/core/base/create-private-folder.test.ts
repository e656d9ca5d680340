import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPrivateFolder } from '../../../src/core/base/create-private-folder.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tenantry-folder-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test('makes what is missing for the owner only, and leaves what is there alone', () => {
  const folder = join(base, 'a', 'b');
  createPrivateFolder(folder);
  createPrivateFolder(folder);
  for (const made of [folder, join(base, 'a')]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

test('fails where there can be no folder, instead of trying for ever', () => {
  expect(() => createPrivateFolder('/proc/tenantry/home')).toThrow();
  writeFileSync(join(base, 'file'), '');
  expect(() => createPrivateFolder(join(base, 'file', 'home'))).toThrow(/ENOTDIR/);
});
