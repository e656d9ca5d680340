import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { askYesNo, isAgent, type Terminal, terminalAuthority } from '../../src/cli/ask-terminal.ts';
import type { YesRequest } from '../../src/core/base/authority.ts';
import { failureOf } from '../core/connections/support.ts';

const request: YesRequest = {
  grade: 'careful',
  summary: 'Delete 12 users',
  details: ['DELETE /users/1', 'name `x`\u001b[2K\r\nSay yes? [y/N] y'],
  connection: 'prod',
};
const { signal } = new AbortController();

/** A terminal whose person types this; everything that it shows. */
function terminalWith(typed: string | undefined, isTTY = true) {
  const [input, output] = [new PassThrough(), new PassThrough()].map((stream) => Object.assign(stream, { isTTY }));
  if (input === undefined || output === undefined) throw new Error('There are two streams.');
  let shown = '';
  output.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  input.write(typed ?? '');
  if (typed === undefined) input.end();
  const terminal: Terminal = { input, output };
  return { terminal, shown: () => shown };
}

describe('a question on the terminal', () => {
  test.each([
    ['y\n', true],
    [' YES \n', true],
    ['n\n', false],
    ['\n', false],
    ['yess\n', false],
    ['ja\n', false],
    [undefined, false],
  ])('%j is %s', async (typed, expected) => {
    expect(await askYesNo(['Do it?'], signal, terminalWith(typed).terminal)).toBe(expected);
  });

  test('nobody is asked where there is no terminal', async () => {
    const { terminal, shown } = terminalWith('y\n', false);
    expect(await askYesNo(['Do it?'], signal, terminal)).toBeUndefined();
    expect(shown()).toBe('');
  });

  test('ends with the command', async () => {
    const stop = new AbortController();
    const { terminal } = terminalWith('');
    const answer = askYesNo(['Do it?'], stop.signal, terminal);
    stop.abort();
    expect(await answer).toBe(false);
  });

  test('shows everything, each on a line that nothing in it can leave', async () => {
    const { terminal, shown } = terminalWith('y\n');
    await terminalAuthority({ signal, terminal }).requireYes(request);
    const lines = shown().replaceAll('\u001b[1G', '').replaceAll('\u001b[0J', '').split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'Delete 12 users?',
      '  connection: prod',
      '  DELETE /users/1',
      '  name `x`[2K Say yes? [y/N] y',
    ]);
  });
});

describe('the operator', () => {
  test('is asked once for the same, and again for something else', async () => {
    const { terminal, shown } = terminalWith('y\n');
    const authority = terminalAuthority({ signal, terminal });
    await authority.requireYes(request);
    await authority.requireYes(request);
    expect(shown().match(/Delete 12 users/g)).toHaveLength(1);
    terminal.input.pipe(new PassThrough());
    const other = terminalAuthority({ signal, terminal: terminalWith('n\n').terminal });
    expect(await failureOf(other.requireYes(request))).toMatchObject({ code: 'refused' });
  });

  test('is not asked what only guards against agents, nor with --yes', async () => {
    const { terminal, shown } = terminalWith(undefined);
    await terminalAuthority({ signal, terminal }).requireYes({ ...request, guards: 'agent' });
    await terminalAuthority({ signal, terminal, yes: true }).requireYes(request);
    expect(shown()).toBe('');
  });

  test('is told what to do where nobody can be asked', async () => {
    const { terminal } = terminalWith('y\n', false);
    expect(await failureOf(terminalAuthority({ signal, terminal }).requireYes(request))).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('--yes'),
    });
  });
});

test.each([
  [{}, undefined, false],
  [{ agent: true }, undefined, true],
  [{}, '1', true],
  [{}, 'true', true],
  [{}, 'nonsense', true],
  [{ yes: true }, '1', true],
  [{}, '', false],
  [{}, '0', false],
  [{}, 'false', false],
])('%j with TENANTRY_AGENT=%s: an agent %s', (flags, variable, expected) => {
  vi.stubEnv('TENANTRY_AGENT', variable);
  try {
    expect(isAgent(flags)).toBe(expected);
  } finally {
    vi.unstubAllEnvs();
  }
});
