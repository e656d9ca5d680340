import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPrivateFile, readPrivateFile, replacePrivateFile } from '../../../src/core/base/private-file.ts';
import {
  createGuard,
  inspectFoldersAbove,
  inspectHome,
  inspectPath,
  type PathFinding,
} from '../../../src/core/base/private-paths.ts';
import { failureOf, temporaryFolder } from '../connections/support.ts';

const me = { uid: 1_000 };
const outcomeOf = (findings: readonly PathFinding[]) =>
  findings.some(({ isRefused }) => isRefused) ? 'refused' : findings.length > 0 ? 'warning' : 'fine';
const isRoot = process.getuid?.() === 0;

describe('a path', () => {
  test.each([
    // owner, mode, as a folder or database, as a key
    [1_000, 0o700, 'fine', 'fine'],
    [0, 0o700, 'fine', 'fine'],
    [1_000, 0o755, 'fine', 'refused'],
    [1_000, 0o644, 'fine', 'refused'],
    [1_000, 0o640, 'fine', 'warning'],
    [1_000, 0o660, 'warning', 'warning'],
    [1_000, 0o770, 'warning', 'warning'],
    [1_000, 0o602, 'refused', 'refused'],
    [1_000, 0o777, 'refused', 'refused'],
    [1_000, 0o1777, 'refused', 'refused'],
    [0, 0o666, 'refused', 'refused'],
    [1_001, 0o700, 'refused', 'refused'],
    [1_001, 0o600, 'refused', 'refused'],
    [65_534, 0o600, 'refused', 'refused'],
  ])('of %i with mode %o is %s, and as a key %s', (uid, mode, plain, key) => {
    const path = '/nowhere/x';
    expect(outcomeOf(inspectPath({ path, noun: 'home folder' }, { uid, mode }, me))).toBe(plain);
    expect(outcomeOf(inspectPath({ path, noun: 'master key', isSecret: true }, { uid, mode }, me))).toBe(key);
  });

  test('says what is wrong, and the command that makes it right', () => {
    const problems = (path: string, mode: number, uid = 1_000) =>
      inspectPath({ path, noun: 'home folder' }, { uid, mode }, me).map(({ problem, fix }) => `${problem} ${fix}`);
    expect(problems('/home/ada', 0o702)).toEqual([
      'The home folder /home/ada can be changed by other users. Run: chmod o-w /home/ada',
    ]);
    expect(problems("/home/it's", 0o700, 7)).toEqual([
      "The home folder /home/it's belongs to another user (id 7). Run Tenantry as that user or, if it is yours: sudo chown 1000 '/home/it'\\''s'",
    ]);
  });

  test('is not looked at where there are no owners, on Windows', () => {
    expect(inspectPath({ path: '/x', noun: 'x', isSecret: true }, { uid: 5, mode: 0o777 }, null)).toEqual([]);
    expect(inspectHome('/tmp', null)).toEqual([]);
    expect(inspectFoldersAbove('/tmp/x', 'x', null)).toEqual([]);
  });
});

describe('the folders above', () => {
  test('are refused where everybody may rename, unless only in their own things', () => {
    const top = temporaryFolder();
    const home = join(top, 'open', 'home');
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const outcome = (mode: number) => {
      chmodSync(join(top, 'open'), mode);
      return outcomeOf(inspectHome(home));
    };
    expect([outcome(0o755), outcome(0o777), outcome(0o1777), outcome(0o775)]).toEqual([
      'fine',
      'refused',
      'fine',
      'fine',
    ]);
  });

  test('are looked at on both ways, by the link and by what it leads to', () => {
    const top = temporaryFolder();
    mkdirSync(join(top, 'open', 'real'), { recursive: true });
    mkdirSync(join(top, 'shut'), { mode: 0o700 });
    symlinkSync(join(top, 'open', 'real'), join(top, 'shut', 'link'));
    chmodSync(join(top, 'open'), 0o777);
    expect(outcomeOf(inspectHome(join(top, 'shut', 'link')))).toBe('refused');
    chmodSync(join(top, 'open'), 0o700);
    chmodSync(join(top, 'shut'), 0o777);
    expect(outcomeOf(inspectHome(join(top, 'shut', 'link')))).toBe('refused');
  });

  test('are looked at before a home exists', () => {
    const top = temporaryFolder();
    chmodSync(top, 0o777);
    expect(outcomeOf(inspectFoldersAbove(join(top, 'a', 'b'), 'home folder'))).toBe('refused');
  });

  test('of a stranger are a warning, since what the stranger puts there is refused by its owner', ({ skip }) => {
    if (!isRoot) skip('only root can give a folder away');
    const top = temporaryFolder();
    const home = join(top, 'theirs', 'home');
    mkdirSync(home, { recursive: true, mode: 0o700 });
    chownSync(join(top, 'theirs'), 12_345, 12_345);
    expect(outcomeOf(inspectHome(home))).toBe('warning');
    chownSync(home, 12_345, 12_345);
    expect(outcomeOf(inspectHome(home))).toBe('refused');
  });
});

describe('a guard', () => {
  const refused: PathFinding = { problem: 'P', fix: 'F', isRefused: true };

  test('refuses with the fix, and names the way out for volumes without modes', async () => {
    const failure = await failureOf(() => createGuard('refuse')([{ ...refused, isRefused: false }, refused]));
    expect(failure).toMatchObject({ code: 'configuration', message: 'P' });
    expect(failure.hint).toMatch(/^F .*TENANTRY_HOME_CHECK=warn/);
  });

  test('that only warns tells each thing once', () => {
    const told: string[] = [];
    const guard = createGuard('warn', ({ problem }) => told.push(problem));
    guard([refused, { ...refused, isRefused: false, problem: 'G' }]);
    guard([refused]);
    expect(told).toEqual(['P']);
  });
});

describe('a private file', () => {
  const guard = createGuard('refuse');

  test('is made once, for its owner only, and replaced as a whole', async () => {
    const path = join(temporaryFolder(), 'key');
    const file = { path, noun: 'master key' };
    expect(await readPrivateFile(file, guard)).toBeUndefined();
    const made = await Promise.all(['a', 'b', 'c'].map((text) => createPrivateFile(path, text)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await replacePrivateFile(path, 'new\n');
    expect(await readPrivateFile(file, guard)).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('is checked as it was opened: a link leads to what is checked', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'open'), 'x');
    chmodSync(join(folder, 'open'), 0o666);
    symlinkSync(join(folder, 'open'), join(folder, 'link'));
    const read = readPrivateFile({ path: join(folder, 'link'), noun: 'master key' }, guard);
    expect(await failureOf(read)).toMatchObject({ code: 'configuration' });
  });

  test('holds nothing where it is a folder, a pipe or too large', async () => {
    const folder = temporaryFolder();
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
    mkdirSync(join(folder, 'folder'), { mode: 0o700 });
    writeFileSync(join(folder, 'large'), 'x'.repeat(5_000), { mode: 0o600 });
    for (const name of ['pipe', 'folder', 'large']) {
      expect(await readPrivateFile({ path: join(folder, name), noun: 'master key' }, guard)).toBe('');
    }
  });
});
