import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readBounded, readTextFile } from '../../../src/core/base/text-file.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenantry-bounded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file', () => {
  test.each([0, 1, 65_535, 65_536, 65_537, 200_000])(
    'of %i bytes is read whole, and not if one is too many',
    async (size) => {
      const file = join(folder, `of-${size}`);
      writeFileSync(file, 'x'.repeat(size));
      expect((await readTextFile(file, { maxBytes: size })).length).toBe(size);
      if (size > 0) await expect(readTextFile(file, { maxBytes: size - 1 })).rejects.toThrow('it is larger than');
    },
  );

  test('without an end is read no further than the most', async () => {
    let given = 0;
    const endless = {
      read: async (buffer: Uint8Array) => {
        given += buffer.length;
        return { bytesRead: buffer.length, buffer };
      },
    };
    await expect(readBounded(endless as never, 1_000_000)).rejects.toThrow('it is larger than');
    expect(given).toBeLessThan(1_100_000);
  });
});

const endlessFile = '/proc/self/pagemap';

describe.skipIf(!existsSync(endlessFile))('a file of the system without a size', () => {
  test('as configuration is refused', async () => {
    const { error } = await loadConfig({ flags: { home: folder, config: endlessFile }, environment: () => undefined });
    expect(error?.code).toBe('configuration');
  });

  test('as arguments is refused within little memory', async () => {
    const script = `
      import { readArgument } from './src/cli/read-argument.ts';
      const reason = await readArgument('@${endlessFile}', new AbortController().signal).catch((error) => error.message);
      console.log(JSON.stringify({ reason, mib: process.resourceUsage().maxRSS / 1024 }));`;
    const args = ['--no-warnings', '--input-type=module', '-e', script];
    const { stdout } = await new Promise<{ stdout: string }>((resolve, reject) => {
      execFile(process.execPath, args, (error, out) => (error ? reject(error) : resolve({ stdout: out })));
    });
    const { reason, mib } = JSON.parse(stdout);
    expect(reason).toBe(`The file ${endlessFile} cannot be read: it is larger than 16 MiB.`);
    expect(mib).toBeLessThan(300);
  });
});
