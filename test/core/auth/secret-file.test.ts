import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  createWriteStream,
  linkSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { absoluteSecretPath, readSecretFile, UnreadableSecretFile } from '../../../src/core/auth/secret-file.ts';
import { temporaryFolder } from '../connections/support.ts';

/** A home with a secrets folder, and a folder outside. */
function setUp() {
  const folder = temporaryFolder();
  const [home, outside] = [join(folder, 'home'), join(folder, 'outside')];
  const secrets = join(home, 'secrets');
  for (const one of [home, outside, secrets]) mkdirSync(one);
  writeFileSync(join(outside, 'foreign'), 'MARKED-foreign');
  writeFileSync(join(home, 'master.key'), 'MARKED-master');
  const put = (name: string, text = 'material') => writeFileSync(join(secrets, name), text, { mode: 0o600 });
  const readAsAgent = (path: string) => readSecretFile(path, { home, below: [secrets] });
  const readAsOperator = (path: string) => readSecretFile(path, { home });
  return { home, outside, secrets, put, readAsAgent, readAsOperator };
}

const reasonOf = (reading: Promise<string>): Promise<string> =>
  reading.then(
    () => 'it was read',
    (error: unknown) => {
      if (error instanceof UnreadableSecretFile) return error.message;
      throw error;
    },
  );

const isRoot = process.getuid?.() === 0;

describe('a file below the secrets folder', () => {
  test('is read by its name, its path or the path from the user’s folder, without white space around it', async () => {
    const { secrets, put, readAsAgent } = setUp();
    put('app', '  material\n');
    expect(await readAsAgent('app')).toBe('material');
    expect(await readAsAgent('./app')).toBe('material');
    expect(await readAsAgent(join(secrets, 'app'))).toBe('material');
    expect(absoluteSecretPath('~/app', '/nowhere')).toBe(join(homedir(), 'app'));
  });

  test('may be a link to another one below it, as Kubernetes mounts secrets', async () => {
    const { secrets, readAsAgent } = setUp();
    mkdirSync(join(secrets, '..2026_01_01'));
    writeFileSync(join(secrets, '..2026_01_01', 'token'), 'first', { mode: 0o644 });
    symlinkSync('..2026_01_01', join(secrets, '..data'));
    symlinkSync('..data/token', join(secrets, 'token'));
    expect(await readAsAgent('token')).toBe('first');
  });

  test('may lie in a folder that is a link itself', async () => {
    const { home, outside } = setUp();
    symlinkSync(outside, join(home, 'linked'));
    expect(await readSecretFile(join(home, 'linked', 'foreign'), { home, below: [join(home, 'linked')] })).toBe(
      'MARKED-foreign',
    );
  });

  test.each([
    ['a link that leads out', (s: string, o: string) => symlinkSync(join(o, 'foreign'), join(s, 'x')), 'leads out'],
    ['a link to the master key', (s: string) => symlinkSync('../master.key', join(s, 'x')), 'leads out'],
    [
      'a second name of a foreign file',
      (s: string, o: string) => linkSync(join(o, 'foreign'), join(s, 'x')),
      'hard link',
    ],
    ['a folder', (s: string) => mkdirSync(join(s, 'x')), 'regular file'],
    ['a named pipe', (s: string) => execFileSync('mkfifo', [join(s, 'x')]), 'regular file'],
    ['a link to a device', (s: string) => symlinkSync('/dev/zero', join(s, 'x')), 'leads out'],
    ['a link to the environment', (s: string) => symlinkSync('/proc/self/environ', join(s, 'x')), 'leads out'],
    ['a link to itself', (s: string) => symlinkSync('x', join(s, 'x')), 'its links lead in a circle'],
    ['a file that everybody can write', (s: string) => writable(join(s, 'x')), 'can write it'],
    ['a file of 64 KiB and one byte', (s: string) => writeFileSync(join(s, 'x'), 'x'.repeat(65_537)), 'larger'],
    ['an empty file', (s: string) => writeFileSync(join(s, 'x'), ' \n'), 'empty'],
    ['nothing', () => undefined, 'it does not exist'],
  ])('is refused where it is %s', async (_what, make, reason) => {
    const { secrets, outside, readAsAgent } = setUp();
    make(secrets, outside);
    expect(await reasonOf(readAsAgent('x'))).toContain(reason);
  });

  test.runIf(isRoot)('is refused where it belongs to another user', async () => {
    const { secrets, put, readAsAgent, readAsOperator } = setUp();
    put('x');
    chownSync(join(secrets, 'x'), 12_345, 12_345);
    expect(await reasonOf(readAsAgent('x'))).toContain('another user');
    expect(await reasonOf(readAsOperator('x'))).toContain('another user');
  });

  test('of exactly 64 KiB is read', async () => {
    const { put, readAsAgent } = setUp();
    put('x', 'x'.repeat(65_536));
    expect(await readAsAgent('x')).toHaveLength(65_536);
  });
});

function writable(path: string): void {
  writeFileSync(path, 'material');
  chmodSync(path, 0o666);
}

describe('a path that leads elsewhere', () => {
  test.each([
    '../master.key',
    'a/../../master.key',
    '/etc/hostname',
    '~',
    '~/.ssh/id_rsa',
    '/proc/self/environ',
    '/dev/stdin',
    '/',
    '..',
  ])('%s is refused without being touched', async (path) => {
    expect(await reasonOf(setUp().readAsAgent(path))).toBe('it lies in no folder that the configuration allows');
  });

  test.each(['', 'a\0b'])('%j is no path', async (path) => {
    expect(await reasonOf(setUp().readAsAgent(path))).toBe('the path is not valid');
  });

  test('%2e%2e and file: are names like any other', async () => {
    const { readAsAgent } = setUp();
    expect(await reasonOf(readAsAgent('%2e%2e/master.key'))).toBe('it does not exist');
    expect(await reasonOf(readAsAgent('file:///etc/hostname'))).toBe('it does not exist');
  });

  test('a folder whose name begins like an allowed one is another', async () => {
    const { home, secrets, readAsAgent } = setUp();
    mkdirSync(`${secrets}-old`);
    writeFileSync(join(`${secrets}-old`, 'x'), 'MARKED');
    expect(await reasonOf(readAsAgent(join(home, 'secrets-old', 'x')))).toContain('no folder');
  });
});

describe('the operator', () => {
  test('reads any file, by links and second names too', async () => {
    const { home, outside, readAsOperator } = setUp();
    linkSync(join(outside, 'foreign'), join(outside, 'second'));
    symlinkSync(join(outside, 'second'), join(home, 'link'));
    expect(await readAsOperator(join(outside, 'second'))).toBe('MARKED-foreign');
    expect(await readAsOperator(join(home, 'link'))).toBe('MARKED-foreign');
  });

  test.each(['master.key', 'tenantry.db'])('does not read %s of the home', async (name) => {
    const { home, outside, readAsOperator } = setUp();
    writeFileSync(join(home, name), 'MARKED');
    expect(await reasonOf(readAsOperator(join(home, name)))).toContain('only files below secrets');
    symlinkSync(join(home, name), join(outside, 'link'));
    expect(await reasonOf(readAsOperator(join(outside, 'link')))).toContain('only files below secrets');
  });

  test('does not open the home by a secrets folder that leads to it', async () => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    mkdirSync(home);
    writeFileSync(join(home, 'master.key'), 'MARKED');
    symlinkSync('.', join(home, 'secrets'));
    expect(await reasonOf(readSecretFile('master.key', { home }))).toContain('only files below secrets');
    expect(await reasonOf(readSecretFile('master.key', { home, below: [join(home, 'secrets')] }))).toContain(
      'only files below secrets',
    );
  });

  test.each(['/proc/self/environ', '/proc/self/cmdline', '/sys/kernel/mm/transparent_hugepage/enabled', '/dev/zero'])(
    'does not read %s',
    async (path) => {
      expect(await reasonOf(setUp().readAsOperator(path))).toMatch(/file of the system|ENOENT/);
    },
  );
});

describe('a file that changes while it is read', () => {
  test('is refused when a link takes its place between check and read', async () => {
    const { secrets, outside, put, readAsAgent } = setUp();
    // The place changes all the time; no attempt may read what lies outside.
    put('honest', 'honest');
    symlinkSync(join(outside, 'foreign'), join(secrets, 'evil'));
    const seen = new Set<string>();
    for (let round = 0; round < 60; round++) {
      put('x', 'honest');
      const reading = readAsAgent('x').catch(() => 'refused');
      for (let swap = 0; swap < 4; swap++) {
        symlinkSync(join(outside, 'foreign'), join(secrets, 'next'));
        renameSync(join(secrets, 'next'), join(secrets, 'x'));
        if (swap % 2 === round % 2) await Promise.resolve();
        put('next', 'honest');
        renameSync(join(secrets, 'next'), join(secrets, 'x'));
        await new Promise(setImmediate);
      }
      seen.add(await reading);
    }
    expect([...seen].filter((text) => !['honest', 'refused'].includes(text))).toEqual([]);
  });

  test.each([
    ['a foreign file', (path: string) => writeFileSync(path, 'MARKED')],
    ['a named pipe', (path: string) => execFileSync('mkfifo', [path])],
  ])('is decided by what was opened: %s', async (_what, make) => {
    const { secrets, outside, put } = setUp();
    put('x', 'honest');
    make(join(outside, 'instead'));
    vi.resetModules();
    const real = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
    // The file system as an attacker would have it: another file at the very moment of the open.
    vi.doMock('node:fs/promises', () => ({
      ...real,
      open: (path: string, flags: number) => real.open(path.endsWith('x') ? join(outside, 'instead') : path, flags),
    }));
    const { readSecretFile: read } = await import('../../../src/core/auth/secret-file.ts');
    vi.doUnmock('node:fs/promises');
    const reading = read(join(secrets, 'x'), { home: join(secrets, '..'), below: [secrets] });
    await expect(reading).rejects.toThrow(/replaced while it was read|not a regular file/);
  });

  test('is read to 64 KiB at most while it grows', async () => {
    const { secrets, put, readAsAgent } = setUp();
    put('x', 'x');
    const growing = createWriteStream(join(secrets, 'x'), { flags: 'a' });
    const reading = reasonOf(readAsAgent('x'));
    for (let round = 0; round < 40; round++) growing.write('y'.repeat(8_192));
    const reason = await reading;
    await new Promise((resolve) => growing.end(resolve));
    expect(reason).toMatch(/it was read|larger than 64 KiB/);
    truncateSync(join(secrets, 'x'), 200_000);
    expect(await reasonOf(readAsAgent('x'))).toContain('larger than 64 KiB');
  });
});

test('a secret is read in the encodings that editors write, and another one is named', async () => {
  const { secrets, readAsAgent } = setUp();
  const put = (bytes: Buffer) => writeFileSync(join(secrets, 'key'), bytes, { mode: 0o600 });
  put(Buffer.from('\ufeffmaterial\r\n', 'utf16le'));
  expect(await readAsAgent('key')).toBe('material');
  put(Buffer.from('\ufeffmaterial'));
  expect(await readAsAgent('key')).toBe('material');
  put(Buffer.from('material', 'utf16le'));
  expect(await reasonOf(readAsAgent('key'))).toBe('it is UTF-16 without a byte order mark; save it as UTF-8');
  // A zero before a letter beyond ASCII begins like a certificate in binary form.
  put(Buffer.from('0é-passphrase'));
  expect(await readAsAgent('key')).toBe('0é-passphrase');
  put(Buffer.from('feedfeed00000002', 'hex'));
  expect(await reasonOf(readAsAgent('key'))).toMatch(/^it is a Java keystore; convert it: keytool -importkeystore/);
});
