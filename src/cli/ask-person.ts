import type { ReadStream } from 'node:tty';
import { AppError } from '../core/base/errors.ts';
import { Secret } from '../core/secrets/secret.ts';

/** The terminal of the person. Questions go to stderr: stdout carries results only. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>;
  readonly output: Pick<NodeJS.WritableStream, 'write'>;
}

const processTerminal: Terminal = { input: process.stdin, output: process.stderr };

/** More than any secret has. */
const mostCharacters = 64 * 1024;

/**
 * Reads a secret: typed on a terminal without being shown, otherwise everything that comes through stdin. Throws
 * `cancelled` at Ctrl+C, `invalid_argument` when there is nothing or too much.
 */
export async function askSecret(question: string, terminal: Terminal = processTerminal): Promise<Secret> {
  const text = (terminal.input.isTTY ? await typed(question, terminal) : await readAll(terminal)).trim();
  if (text === '') throw invalid('No secret was given.', 'Type or paste it, pipe it in, or use --env or --file.');
  if (text.startsWith('-----BEGIN') && !text.includes('\n')) {
    throw invalid('A text of several lines cannot be typed.', 'Put it into a file and use --file.');
  }
  return new Secret(text);
}

/** Whether the person answers a question with y. Nobody does where there is no terminal. */
export async function askYes(question: string, terminal: Terminal = processTerminal): Promise<boolean> {
  if (!terminal.input.isTTY) return false;
  terminal.output.write(`${question} [y/N] `);
  return /^y(?:es)?$/i.test((await readLine(terminal, true)).trim());
}

async function typed(question: string, terminal: Terminal): Promise<string> {
  terminal.output.write(`${question} (not shown): `);
  return readLine(terminal, false);
}

/** One line, key by key: the terminal shows nothing by itself meanwhile. */
function readLine({ input, output }: Terminal, isShown: boolean): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let line = '';
  const take = (key: string): boolean => {
    if (key === '\r' || key === '\n' || key === '\u0004') {
      resolve(line);
      return true;
    }
    if (key === '\u0003') {
      reject(new AppError('cancelled', 'Cancelled.'));
      return true;
    }
    if (key === '\u007f' || key === '\b') {
      line = [...line].slice(0, -1).join('');
    } else if (line.length < mostCharacters) {
      line += key;
      if (isShown) output.write(key);
    }
    return false;
  };
  const onData = (chunk: Buffer | string) => {
    const hasEnded = [...String(chunk)].some(take);
    if (hasEnded) finish();
  };
  const onEnd = () => {
    resolve(line);
    finish();
  };
  const finish = () => {
    input.off('data', onData);
    input.off('end', onEnd);
    input.setRawMode?.(false);
    input.pause();
    output.write('\n');
  };
  input.setRawMode?.(true);
  input.on('data', onData);
  input.on('end', onEnd);
  input.resume();
  return promise;
}

async function readAll({ input }: Terminal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk));
    length += Buffer.byteLength(chunk);
    if (length > mostCharacters) throw invalid('The secret is longer than 64 KiB.', 'Pipe in the secret alone.');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function invalid(message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint });
}
