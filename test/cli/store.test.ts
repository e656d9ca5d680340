import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { temporaryFolder } from '../core/connections/support.ts';

async function run(home: string, ...args: readonly string[]) {
  let said = '';
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  onTestFinished(() => stderr.mockRestore());
  vi.stubEnv('TENANTRY_VAULT', 'file');
  onTestFinished(() => void vi.unstubAllEnvs());
  const code = await runProgram(['store', ...args, '--home', home, '--log-level', 'silent']);
  return { code, said };
}

test('store migrate, export and import say what they did', async () => {
  const folder = temporaryFolder();
  const [home, file] = [join(folder, 'home'), join(folder, 'export.ndjson')];
  expect(await run(home, 'migrate')).toMatchObject({ code: 0, said: expect.stringContaining('Made the tables') });
  expect(await run(home, 'migrate')).toMatchObject({ code: 0, said: expect.stringContaining('already') });
  const exported = await run(home, 'export', file);
  expect(exported).toMatchObject({ code: 0, said: expect.stringContaining('connections 0') });
  expect(exported.said).toContain('Delta positions');
  const imported = await run(home, 'import', file);
  expect(imported).toMatchObject({ code: 0, said: expect.stringContaining('Imported: 0 added') });
  expect(await run(home, 'export', file)).toMatchObject({ code: 2, said: expect.stringContaining('already') });
});

test('store is not for a model', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'export.ndjson');
  const { code, said } = await run(join(folder, 'home'), 'export', file, '--agent');
  expect(code).not.toBe(0);
  expect(said).toContain('for the person at the terminal only');
  expect(existsSync(file)).toBe(false);
});
