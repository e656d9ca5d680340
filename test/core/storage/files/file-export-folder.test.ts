import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, readlink, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExportFolder } from '../../../../src/core/storage/export-folder.ts';
import { createFileExportFolder } from '../../../../src/core/storage/files/file-export-folder.ts';
import { temporaryFolder } from '../../connections/support.ts';

const run = promisify(execFile);
const worker = join(import.meta.dirname, 'export-worker.ts');
const users = { stem: 'users', format: 'csv' } as const;

let home: string;
let directory: string;
beforeEach(() => {
  home = temporaryFolder();
  directory = join(home, 'exports');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = (limits?: { readonly mostBytes: number; readonly mostBytesTogether: number }): ExportFolder =>
  createFileExportFolder({ directory, ...(limits === undefined ? {} : { limits }) });

async function save(text: string, folder = open()): Promise<string> {
  const file = await folder.create(users);
  await file.write(text);
  return file.finish();
}

async function* upperCase(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  for await (const piece of pieces) yield Buffer.from(piece.toString('utf8').toUpperCase());
}

test('a file is its owner’s alone, and so is its folder', async () => {
  const path = await save('a');
  expect(path).toBe(join(directory, 'users.csv'));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test('what is rewritten replaces what was there, and counts', async () => {
  const file = await open().create(users);
  await file.write('a'.repeat(300_000));
  await file.rewrite(upperCase);
  await file.write('b');
  expect(file.bytes).toBe(300_001);
  expect(readFileSync(await file.finish(), 'utf8')).toBe(`${'A'.repeat(300_000)}b`);
  expect(await readdir(directory)).toEqual(['users.csv']);
});

describe('an existing file', () => {
  test('is never replaced: the next gets a number', async () => {
    const paths = [await save('1'), await save('2'), await save('3')];
    expect(paths.map((path) => basename(path))).toEqual(['users.csv', 'users-2.csv', 'users-3.csv']);
    expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['1', '2', '3']);
  });

  test('with every number is a conflict, and leaves nothing', async () => {
    mkdirSync(directory, { mode: 0o700 });
    for (let number = 1; number <= 999; number++) {
      writeFileSync(join(directory, `users${number === 1 ? '' : `-${number}`}.csv`), '');
    }
    const file = await open().create(users);
    await expect(file.finish()).rejects.toMatchObject({ code: 'conflict' });
    await file.discard();
    expect(await readdir(directory)).toHaveLength(999);
  });

  test('is not replaced by processes that save at once either: each gets a name of its own', async () => {
    const many = await Promise.all(
      Array.from({ length: 4 }, () => run(process.execPath, [worker, directory, 'users', 'finish'])),
    );
    const names = many.map(({ stdout }) => basename(stdout)).sort();
    expect(names).toEqual(['users-2.csv', 'users-3.csv', 'users-4.csv', 'users.csv']);
    expect((await readdir(directory)).sort()).toEqual(names);
  });
});

describe('nothing half-written', () => {
  test('stands under its name before the end, or stays when it is discarded', async () => {
    const file = await open().create(users);
    await file.write('half');
    expect((await readdir(directory)).filter((name) => !name.startsWith('.'))).toEqual([]);
    await file.discard();
    expect(await readdir(directory)).toEqual([]);
  });

  test('stays when it is discarded after it was rewritten', async () => {
    const file = await open().create(users);
    await file.write('half');
    await file.rewrite(upperCase);
    await file.discard();
    expect(await readdir(directory)).toEqual([]);
  });

  test('of a process that was killed stays: the next one removes it, and lets those of others be', async () => {
    await expect(run(process.execPath, [worker, directory, 'users', 'die', '5000'])).rejects.toMatchObject({
      signal: 'SIGKILL',
    });
    const [left = ''] = await readdir(directory);
    expect(left).toMatch(/^\..*\.part$/);
    // The same from another machine, about whose processes nothing is known.
    const [pid, since] = left.slice(1).split('-');
    const elsewhere = `.${pid}-${since}-00000000-abc.part`;
    writeFileSync(join(directory, elsewhere), '');
    const running = await open().create(users);
    await save('1');
    expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toHaveLength(2);
    await running.discard();
    expect((await readdir(directory)).sort()).toEqual([elsewhere, 'users.csv']);
  });

  test.skipIf(process.platform === 'win32')('stays when the system refuses to write more', async () => {
    // The shell's limit on the size of files, with the signal for it ignored: writing fails as on a full disk.
    const script = 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"';
    const { stdout } = await run('sh', ['-c', script, process.execPath, worker, directory, 'users', 'finish', '50000']);
    expect(stdout).toMatch(/^configuration Nothing can be saved in .*exports: /);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a link', () => {
  test('in the place of the folder is refused', async () => {
    const elsewhere = join(home, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, directory);
    await expect(open().create(users)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('a link'),
    });
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test('in the place of the file is refused, also one that leads nowhere', async () => {
    mkdirSync(directory, { mode: 0o700 });
    const target = join(home, 'target.csv');
    symlinkSync(target, join(directory, 'users.csv'));
    await expect(open().create(users)).rejects.toMatchObject({ code: 'refused' });
    expect(await readdir(home)).toEqual(['exports']);
  });

  test('that appears meanwhile is not followed', async () => {
    const file = await open().create(users);
    await file.write('1');
    const target = join(home, 'target.csv');
    symlinkSync(target, join(directory, 'users.csv'));
    expect(basename(await file.finish())).toBe('users-2.csv');
    expect(await readlink(join(directory, 'users.csv'))).toBe(target);
    expect(await readdir(home)).toEqual(['exports']);
  });
});

test('a file in the place of the folder is refused', async () => {
  writeFileSync(directory, '');
  await expect(open().create(users)).rejects.toMatchObject({ code: 'refused' });
});

test.skipIf(process.platform === 'win32')('a folder that others may write is refused', async () => {
  mkdirSync(directory, { mode: 0o777 });
  await run('chmod', ['777', directory]);
  await expect(open().create(users)).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('changed by other users'),
  });
});

test('a home that cannot be written says why', async () => {
  writeFileSync(join(home, 'file'), '');
  const folder = createFileExportFolder({ directory: join(home, 'file', 'exports') });
  await expect(folder.create(users)).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('a part of the path is a file'),
  });
});

describe('how much is saved', () => {
  test('is bounded for a file, of which nothing stays', async () => {
    const file = await open({ mostBytes: 10, mostBytesTogether: 100 }).create(users);
    await file.write('123456789');
    await expect(file.write('01')).rejects.toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringContaining('exports.max_mb'),
    });
    await file.discard();
    expect(await readdir(directory)).toEqual([]);
  });

  test('is bounded for all together, without removing anybody’s file', async () => {
    const folder = open({ mostBytes: 10, mostBytesTogether: 20 });
    await save('1234567890', folder);
    await save('123456', folder);
    const third = await folder.create(users);
    await third.write('1234');
    await expect(third.write('5')).rejects.toMatchObject({ code: 'invalid_argument' });
    await third.finish();
    await expect(folder.create(users)).rejects.toMatchObject({ code: 'configuration' });
    expect(await readdir(directory)).toHaveLength(3);
  });

  test('is nothing where the operator has switched it off', async () => {
    const folder = open({ mostBytes: 0, mostBytesTogether: 20 });
    await expect(folder.create(users)).rejects.toMatchObject({ code: 'refused' });
    expect(await readdir(home)).toEqual([]);
  });
});
