import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { askSecret, type Terminal } from '../../src/cli/hidden-input.ts';
import { runProgram } from '../../src/cli/program.ts';
import { failureOf, temporaryFolder } from '../core/connections/support.ts';
import { certificateBytes, certificateText } from '../support/certificates/read.ts';

const material = 'MARKED-material-of-a-person';

/** Runs `tenantry secrets …` in this process; every run has the same home. */
function openCommandLine() {
  const folder = temporaryFolder();
  const file = join(folder, 'material');
  writeFileSync(file, `${material}\n`, { mode: 0o600 });
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  vi.stubEnv('TENANTRY_VAULT', 'file');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return {
    folder,
    file,
    async run(...args: readonly string[]) {
      [out, err] = ['', ''];
      const code = await runProgram(['secrets', ...args, '--home', join(folder, 'home'), '--log-level', 'silent']);
      return { code, out, err };
    },
  };
}

const workspace = '/subscriptions/x/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw';

describe('tenantry secrets', () => {
  test('sets a secret from a file, lists what it is for, shows it after --yes, and removes it', async () => {
    const { file, run } = openCommandLine();
    const set = await run(
      'set',
      'openai-key',
      '--file',
      file,
      '--to',
      `holder=${workspace},target=https://a.example/x,y`,
    );
    expect(set).toMatchObject({ code: 0, out: '', err: expect.stringContaining('{"secret":"openai-key"}') });
    const listed = await run('list');
    expect(JSON.parse(listed.out).secrets).toMatchObject([
      {
        name: 'openai-key',
        use: ['export'],
        to: [{ holder: workspace, target: 'https://a.example/x,y' }],
        cloud: 'public',
      },
    ]);
    expect(set.err + listed.out + listed.err).not.toContain('MARKED');
    expect(await run('show', 'openai-key', '--yes')).toMatchObject({ code: 0, out: `${material}\n`, err: '' });
    expect(await run('remove', 'openai-key')).toMatchObject({ code: 0 });
    expect(await run('show', 'openai-key', '--yes')).toMatchObject({ code: 1, out: '' });
  });

  test('takes a variable of any name, and a path from the current folder', async () => {
    const { folder, run } = openCommandLine();
    vi.stubEnv('ANY_NAME', material);
    expect((await run('set', 'one', '--env', 'ANY_NAME', '--use', 'sign_in')).code).toBe(0);
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
    expect((await run('set', 'two', '--file', 'material')).code).toBe(0);
    expect((await run('show', 'two', '--yes')).out).toBe(`${material}\n`);
    expect(JSON.parse((await run('list')).out).secrets).toMatchObject([{ use: ['sign_in'] }, { use: ['sign_in'] }]);
  });

  test('shows nothing where nobody can say yes', async () => {
    const { file, run } = openCommandLine();
    await run('set', 'app', '--file', file);
    const shown = await run('show', 'app');
    expect(shown).toMatchObject({ code: 1, out: '', err: expect.stringContaining('nobody said yes') });
  });

  test.each([
    ['list', '--agent'],
    ['show', 'app', '--yes', '--agent'],
    ['set', 'app', '--env', 'PATH', '--agent'],
    ['remove', 'app', '--agent'],
  ])('%s %s is refused for an agent', async (...args) => {
    const { run } = openCommandLine();
    expect(await run(...args)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('person at the terminal'),
    });
    vi.stubEnv('TENANTRY_AGENT', '1');
    expect(await run(...args.slice(0, -1))).toMatchObject({ code: 1, out: '' });
  });

  test.each([
    [['set', 'app', '--env', 'A', '--file', 'b'], 'cannot be combined'],
    [['set', 'app', '--env', 'PATH', '--use', 'everything'], '--use takes'],
    [['set', 'app', '--env', 'PATH', '--to', 'everywhere'], '--to takes'],
    [['set', 'app', '--env', 'PATH', '--to', 'holder=/'], '--to takes'],
    [['set', 'app', '--env', 'PATH', '--to', 'holder=a/b,holder=c/d'], '--to takes'],
    [['set', 'app', '--env', 'PATH', '--use', 'export'], 'a place for each export'],
    [['set', 'app', '--env', 'PATH', '--cloud', 'nowhere'], 'There is no cloud'],
    [['set', 'a/b', '--env', 'PATH'], 'name is not valid'],
    [['set', 'app', '--env', 'NOT_SET_ANYWHERE'], 'NOT_SET_ANYWHERE is not set'],
    [['set', 'app', '--file', '/nowhere/x'], '/nowhere/x cannot be read'],
  ])('%j is wrong usage', async (args, text) => {
    const { run } = openCommandLine();
    expect(await run(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(text) });
  });
});

describe('a person at a terminal', () => {
  function openTerminal(isTTY: boolean) {
    const shown: string[] = [];
    const raw: boolean[] = [];
    const input = Object.assign(new PassThrough(), {
      isTTY,
      setRawMode(on: boolean) {
        raw.push(on);
        return this;
      },
    });
    const terminal = {
      input,
      output: { write: (text: string) => shown.push(text) > 0 },
      interrupt: () => undefined,
    } as unknown as Terminal;
    return { terminal, input, shown, raw };
  }

  test('types a secret that is not shown, and may correct it', async () => {
    const { terminal, input, shown, raw } = openTerminal(true);
    const asked = askSecret('Secret app', new AbortController().signal, terminal);
    for (const key of ['MARKX', '\u007f', 'ED', '\r']) input.write(key);
    expect((await asked).reveal()).toBe('MARKED');
    expect(shown.join('')).toBe('Secret app (not shown): \n');
    expect(raw).toEqual([true, false]);
  });

  test('gives up with Ctrl+C, and the terminal is as before', async () => {
    const { terminal, input, raw } = openTerminal(true);
    const asked = askSecret('Secret app', new AbortController().signal, terminal);
    input.write('MARK\u0003');
    expect(await failureOf(asked)).toMatchObject({ code: 'cancelled' });
    expect(raw).toEqual([true, false]);
  });

  test('pipes a secret in, of several lines too', async () => {
    const { terminal, input } = openTerminal(false);
    const asked = askSecret('Secret app', new AbortController().signal, terminal);
    input.end('-----BEGIN X-----\na\n-----END X-----\n');
    expect((await asked).reveal()).toBe('-----BEGIN X-----\na\n-----END X-----');
  });

  test.each([
    ['nothing', ''],
    ['too much', 'x'.repeat(70_000)],
  ])('is told when it was %s', async (_what, text) => {
    const { terminal, input } = openTerminal(false);
    const asked = failureOf(askSecret('Secret app', new AbortController().signal, terminal));
    input.end(text);
    expect(await asked).toMatchObject({ code: 'invalid_argument' });
  });

  test('may be a .pfx file, which is kept in base64', async () => {
    const { terminal, input } = openTerminal(false);
    const asked = askSecret('Secret app', new AbortController().signal, terminal);
    input.end(certificateBytes('rsa-aes.pfx'));
    expect((await asked).reveal()).toBe(certificateText('rsa-aes.pfx'));
  });

  test('is told that a certificate cannot be typed', async () => {
    const { terminal, input } = openTerminal(true);
    const asked = failureOf(askSecret('Secret app', new AbortController().signal, terminal));
    input.write('-----BEGIN CERTIFICATE-----\rMII');
    expect(await asked).toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('--file') });
  });
});
