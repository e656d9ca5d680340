import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTerminalPrompt } from '../../src/cli/terminal-prompt.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import type { PromptAnswer, PromptRequest } from '../../src/core/connections/secret-prompt.ts';
import { clientId, failureOf, tenantId, testRecord } from '../core/connections/support.ts';
import { testPem } from '../core/connections/test-pem.ts';
import { testCall } from '../support/call.ts';
import { certificateText, passphrase } from '../support/certificates/read.ts';

/** A terminal whose keys a test presses. */
function fakeTerminal(isTTY = true) {
  const input = Object.assign(new PassThrough(), {
    isTTY,
    modes: [] as boolean[],
    setRawMode(mode: boolean) {
      input.modes.push(mode);
      return input;
    },
  });
  const output = new PassThrough();
  let interrupts = 0;
  const prompt = createTerminalPrompt({
    // A stream that does what a terminal does as far as the prompt uses it.
    input: input as unknown as NodeJS.ReadStream,
    output,
    interrupt: () => {
      interrupts += 1;
    },
  });
  return { prompt, input, shown: () => String(output.read() ?? ''), interrupts: () => interrupts };
}

let answers: PromptAnswer[];

function request(overrides: Partial<PromptRequest> = {}): PromptRequest {
  const record = testRecord({ status: 'pending' });
  return {
    record,
    caller: localCaller,
    input: { secrets: {} },
    fields: ['client_secret'],
    asksPassphrase: false,
    asked: {},
    changes: {},
    granted: [],
    replacesIdentity: false,
    reload: async () => record,
    complete: async (answer) => {
      answers.push(answer);
      return record;
    },
    validate: () => Promise.reject(new Error('Nothing is validated.')),
    ...overrides,
  };
}

const typedSecret = () => answers[0]?.secrets.client_secret?.reveal();

beforeEach(() => {
  answers = [];
});

describe('at a terminal', () => {
  test.each([
    ['keys', ['s', '3', 'c', 'r', 'e', 't', '\r'], 's3cret'],
    ['a corrected key', ['s4\u007f3cret\r'], 's3cret'],
    ['a line taken back', ['wrong\u0015s3cret\r'], 's3cret'],
    ['a bracketed paste', ['\u001b[200~s3cret\u001b[201~', '\r'], 's3cret'],
    ['white space around it', ['  s3cret \n'], 's3cret'],
  ])('a secret is read and not shown: %s', async (_name, keys, secret) => {
    const terminal = fakeTerminal();
    const asking = terminal.prompt.ask(request(), testCall());
    for (const key of keys) terminal.input.write(key);
    await asking;
    expect(typedSecret()).toBe(secret);
    expect(terminal.shown()).toBe('client secret of prod, not shown: \n');
    expect(terminal.input.modes).toEqual([true, false]);
  });

  test.each(['\u0003', '\u0004', 'half\u0003'])('%j interrupts, and the terminal is put back first', async (keys) => {
    const terminal = fakeTerminal();
    const asking = failureOf(terminal.prompt.ask(request(), testCall()));
    terminal.input.write(keys);
    expect((await asking).code).toBe('cancelled');
    expect([terminal.input.modes, terminal.interrupts(), answers]).toEqual([[true, false], 1, []]);
  });

  test('the end of the call puts the terminal back', async () => {
    const terminal = fakeTerminal();
    const cancel = new AbortController();
    const asking = failureOf(terminal.prompt.ask(request(), testCall({ signal: cancel.signal })));
    cancel.abort();
    expect((await asking).code).toBe('cancelled');
    expect(terminal.input.modes).toEqual([true, false]);
  });

  test('a PEM is read to its last line', async () => {
    const terminal = fakeTerminal();
    const asking = terminal.prompt.ask(request({ fields: ['certificate'] }), testCall());
    const pem = testPem();
    terminal.input.write(pem);
    await asking;
    expect(answers[0]?.secrets.certificate?.reveal()).toBe(pem.trim());
  });

  test.each([
    ['an encrypted PEM', () => certificateText('rsa-encrypted.pem')],
    ['its older form', () => certificateText('rsa-encrypted-traditional.pem')],
    // Enter on an empty line ends what is no PEM.
    ['a PFX in base64', () => `${certificateText('rsa-aes.pfx')}\r\r`],
  ])('%s is followed by the question for its passphrase', async (_name, keys) => {
    const terminal = fakeTerminal();
    const asking = terminal.prompt.ask(request({ fields: ['certificate'] }), testCall());
    terminal.input.write(keys());
    await new Promise((resolve) => setImmediate(resolve));
    terminal.input.write(`${passphrase}\r`);
    await asking;
    expect(answers[0]?.passphrase?.reveal()).toBe(passphrase);
    expect(terminal.shown()).toContain('passphrase of the certificate of prod (empty if it has none), not shown: ');
  });

  test('only the passphrase is asked for, where the certificate is named', async () => {
    const terminal = fakeTerminal();
    const asking = terminal.prompt.ask(request({ fields: [], asksPassphrase: true }), testCall());
    terminal.input.write(`${passphrase}\r`);
    await asking;
    expect(answers).toMatchObject([{ secrets: {} }]);
    expect(answers[0]?.passphrase?.reveal()).toBe(passphrase);
  });

  test('an id that cannot be right is asked for again', async () => {
    const terminal = fakeTerminal();
    const record = testRecord({ status: 'pending', identity: { tenant_id: tenantId } });
    const asking = terminal.prompt.ask(request({ record }), testCall());
    for (const line of ['not-a-guid\r', `${clientId}\r`, 's3cret\r']) {
      terminal.input.write(line);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await asking;
    expect(answers[0]?.identity).toEqual({ client_id: clientId });
    expect(terminal.shown()).toContain('That is not it: ');
  });

  test('missing identity is asked for first, and shown', async () => {
    const terminal = fakeTerminal();
    const record = testRecord({ status: 'pending', identity: { tenant_id: tenantId } });
    const asking = terminal.prompt.ask(request({ record }), testCall());
    terminal.input.write(`${clientId}\r`);
    await new Promise((resolve) => setImmediate(resolve));
    terminal.input.write('s3cret\r');
    await asking;
    expect(answers[0]?.identity).toEqual({ client_id: clientId });
    expect(typedSecret()).toBe('s3cret');
    expect(terminal.shown()).toContain('client id: ');
  });
});

test('without a terminal the error names the flags', async () => {
  const record = testRecord({ status: 'pending', identity: {} });
  const { message, hint, code } = await failureOf(fakeTerminal(false).prompt.ask(request({ record }), testCall()));
  expect([code, message, hint]).toEqual([
    'invalid_argument',
    'The connection prod still needs tenant_id, client_id, client_secret, and stdin is not a terminal where it could be asked for.',
    'Pass --tenant-id, --client-id, --client-secret-env NAME (or --client-secret-file PATH), or run it in a terminal.',
  ]);
});
