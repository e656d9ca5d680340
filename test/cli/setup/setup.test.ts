import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientConfig, setupClients } from '../../../src/cli/setup/client-config.ts';
import { mergeConfigFile, renderConfig } from '../../../src/cli/setup/merge-config-file.ts';

const server = { command: '/usr/bin/node', args: ['/opt/tenantry/dist/cli.js'] };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-setup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function place() {
  return { homeDir: join(folder, 'home'), projectDir: join(folder, 'project'), platform: 'linux' as const };
}

describe('setup', () => {
  test.each(setupClients)('writes an entry for %s that starts this server', async (client) => {
    const config = clientConfig(client, server, place());
    await mergeConfigFile(config);
    const written: Record<string, Record<string, unknown>> = JSON.parse(await readFile(config.file, 'utf8'));
    expect(written[config.key]?.['tenantry']).toMatchObject(server);
    expect(JSON.parse(renderConfig(config))).toEqual(written);
  });

  test('keeps the other servers and settings of the file, and the old file beside it', async () => {
    const config = clientConfig('cursor', server, place());
    await mergeConfigFile(config);
    const before = JSON.stringify({ theme: 'dark', mcpServers: { other: { command: 'other' } } });
    await writeFile(config.file, before);
    const { backup } = await mergeConfigFile(config);
    expect(JSON.parse(await readFile(config.file, 'utf8'))).toEqual({
      theme: 'dark',
      mcpServers: { other: { command: 'other' }, tenantry: server },
    });
    expect(await readFile(backup ?? '', 'utf8')).toBe(before);
  });

  test('reads a file in UTF-16 or with a byte order mark, and writes UTF-8', async () => {
    const config = clientConfig('cursor', server, place());
    await mergeConfigFile(config);
    const before = '{"theme":"größe"}';
    for (const text of [Buffer.from(`\ufeff${before}`, 'utf16le'), Buffer.from(`\ufeff${before}`)]) {
      await writeFile(config.file, text);
      await mergeConfigFile(config);
      expect(JSON.parse(await readFile(config.file, 'utf8'))).toMatchObject({ theme: 'größe' });
    }
  });

  test('says what is in the place of the file', async () => {
    const config = clientConfig('cursor', server, place());
    await mkdir(config.file, { recursive: true });
    const message = `${config.file} was not changed: it is a folder, not a file.`;
    await expect(mergeConfigFile(config)).rejects.toMatchObject({ message });
  });

  test.each(['{ // a comment\n}', '[]', '{"mcpServers": []}'])(
    'leaves a file alone that it cannot merge: %s',
    async (text) => {
      const config = clientConfig('cursor', server, place());
      await mergeConfigFile(config);
      await writeFile(config.file, text);
      await expect(mergeConfigFile(config)).rejects.toMatchObject({ code: 'configuration' });
      expect(await readFile(config.file, 'utf8')).toBe(text);
      expect((await readdir(join(config.file, '..'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
  );

  test('names the place of Claude Desktop on each platform', () => {
    const file = (platform: NodeJS.Platform) =>
      clientConfig('claude-desktop', server, { ...place(), platform, appData: 'C:/AppData' }).file;
    expect(file('darwin')).toContain('Application Support');
    expect(file('win32')).toContain('C:/AppData');
    expect(file('linux')).toContain('.config');
  });
});
