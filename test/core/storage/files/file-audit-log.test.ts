import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { FileAuditLog, type FileAuditLogOptions } from '../../../../src/core/storage/files/file-audit-log.ts';
import { temporaryFolder } from '../../connections/support.ts';
import { auditEntry, readAll } from '../audit-contract.ts';

function openLog(options: Partial<FileAuditLogOptions> = {}): { log: FileAuditLog; directory: string } {
  const directory = options.directory ?? join(temporaryFolder(), 'home', 'audit');
  const log = new FileAuditLog({ directory, gatherMs: 0, ...options });
  onTestFinished(() => log.close());
  return { log, directory };
}

test('makes folder and file with the first line, for the owner only', async () => {
  const { log, directory } = openLog();
  expect(await readAll(log)).toEqual([]);
  expect(existsSync(directory)).toBe(false);
  await log.append(auditEntry());
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, 'audit-000001.ndjson'))).mode & 0o777).toBe(0o600);
});

test('a line is JSON with the time in words of people', async () => {
  const { log, directory } = openLog();
  await log.append(auditEntry());
  expect(await readFile(join(directory, 'audit-000001.ndjson'), 'utf8')).toBe(
    '{"time":"2026-11-20T10:00:00.000Z","caller":"local","actor":"agent","channel":"stdio","connection":"contoso","tool":"graph_write","requests":[{"service":"graph","method":"PATCH","path":"/users/{id}"}],"target_ids":["ada@contoso.example"],"outcome":"success","request_id":"r1"}\n',
  );
});

test('a line never has more than 4096 bytes, and says what it leaves out', async () => {
  const { log, directory } = openLog();
  const requests = Array.from({ length: 40 }, (_, index) => ({
    service: 'arm',
    method: 'PUT',
    path: `/${'ü'.repeat(200)}${index}`,
  }));
  await log.append(auditEntry({ requests, targetIds: Array.from({ length: 40 }, () => '漢'.repeat(500)) }));
  const text = await readFile(join(directory, 'audit-000001.ndjson'), 'utf8');
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
  expect(JSON.parse(text).left_out).toBeGreaterThan(50);
});

test('no id breaks the line or reaches a terminal as a command', async () => {
  const { log, directory } = openLog();
  await log.append(auditEntry({ targetIds: ['a\nb', '\u001b[2Jc', 'd\u202ee', '\ud800'] }));
  const text = await readFile(join(directory, 'audit-000001.ndjson'), 'utf8');
  expect(text.split('\n')).toHaveLength(2);
  expect(JSON.parse(text).target_ids).toEqual(['a b', '[2Jc', 'de', '\ufffd']);
});

test('a full file is followed by the next, and the oldest go', async () => {
  const { log, directory } = openLog({ maxBytes: 1_000, keep: 3 });
  for (let line = 0; line < 60; line += 1) await log.append(auditEntry({ tool: `tool_${line}` }));
  const names = (await readdir(directory)).sort();
  expect(names.length).toBeLessThanOrEqual(4);
  expect(names).not.toContain('audit-000001.ndjson');
  expect((await readAll(log)).at(-1)?.tool).toBe('tool_59');
});

test('what is no line of ours is passed over, and a line that is still being written is not read', async () => {
  const { log, directory } = openLog();
  await log.append(auditEntry());
  const path = join(directory, 'audit-000001.ndjson');
  await appendFile(path, 'nonsense\n{"time":"never"}\n[]\n\n{"time":"2026-11-20T10:0');
  expect(await readAll(log)).toEqual([auditEntry()]);
});

test('a folder that cannot be written fails the line, not the next one', async () => {
  const home = temporaryFolder();
  const directory = join(home, 'audit');
  await writeFile(directory, 'a file in its place');
  const { log } = openLog({ directory });
  await expect(log.append(auditEntry())).rejects.toThrow();
  await chmod(directory, 0o600);
  const { rm } = await import('node:fs/promises');
  await rm(directory);
  await mkdir(directory);
  await log.append(auditEntry());
  expect(await readAll(log)).toHaveLength(1);
});

test('three processes that fill files at the same time lose no line and mix none', async () => {
  const directory = join(temporaryFolder(), 'audit');
  const worker = join(import.meta.dirname, 'audit-worker.ts');
  const names = ['a', 'b', 'c'];
  await Promise.all(names.map((name) => promisify(execFile)(process.execPath, [worker, directory, name, '200'])));
  const { log } = openLog({ directory });
  const entries = await readAll(log);
  for (const name of names) {
    const own = entries.filter(({ caller }) => caller === name).map(({ tool }) => tool);
    expect(own).toEqual(Array.from({ length: 200 }, (_, line) => `line_${line}`));
  }
  expect((await readdir(directory)).length).toBeGreaterThan(10);
});

test('lines that come one after the other are written together, and closing waits for none', async () => {
  const { log, directory } = openLog({ gatherMs: 3_600_000 });
  const written = [log.append(auditEntry({ tool: 'a' })), log.append(auditEntry({ tool: 'b' }))];
  await log.close();
  await Promise.all(written);
  expect((await readFile(join(directory, 'audit-000001.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(2);
});
