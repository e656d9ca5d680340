import { addAbortSignal } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { secretText } from '../core/auth/certificates/certificate-bytes.ts';
import { AppError, cancelled } from '../core/base/errors.ts';
import { UnreadableText } from '../core/base/text-file.ts';
import { Secret } from '../core/secrets/secret.ts';

/** Where a person types, and what shows the questions. */
export interface Terminal {
  readonly input: ReadStream | (NodeJS.ReadStream & { readonly isTTY?: boolean });
  /** Not stdout, which carries results only. */
  readonly output: NodeJS.WritableStream;
  /** Ends the process as Ctrl-C does elsewhere: a terminal that hides what is typed sends no signal. */
  readonly interrupt: () => void;
}

/** The terminal that the process was started from. */
export function processTerminal(): Terminal {
  return { input: process.stdin, output: process.stderr, interrupt: () => process.kill(process.pid, 'SIGINT') };
}

/** Ctrl-C ends the question; nothing else is under way that it would have to end. */
function quietTerminal(): Terminal {
  return { ...processTerminal(), interrupt: () => undefined };
}

/** More than any secret has. */
const mostCharacters = 64 * 1024;

/**
 * Reads a secret: typed on a terminal without being shown, otherwise everything that comes through stdin. Throws
 * `cancelled` at Ctrl-C, `invalid_argument` when there is nothing or too much.
 */
export async function askSecret(question: string, signal: AbortSignal, terminal = quietTerminal()): Promise<Secret> {
  const isLine = (keys: string) => keys.endsWith('\n');
  const text = terminal.input.isTTY
    ? await readHidden(`${question} (not shown): `, isLine, terminal, signal)
    : await readAll(terminal, signal);
  if (text === '') throw invalid('No secret was given.', 'Type or paste it, pipe it in, or use --env or --file.');
  if (text.startsWith('-----BEGIN') && !text.includes('-----END')) {
    throw invalid('A text of several lines cannot be typed.', 'Put it into a file and use --file.');
  }
  return new Secret(text);
}

/** What a terminal sends around pasted text. */
const pasteMarks = ['\u001b[200~', '\u001b[201~'];

/** The text after some keys, as far as `isWhole` wants it; undefined for Ctrl-C and Ctrl-D. */
function typed(before: string, keys: string, isWhole: (text: string) => boolean): string | undefined {
  let text = before;
  // Enter is a carriage return in this mode.
  const plain = pasteMarks.reduce((rest, mark) => rest.replaceAll(mark, ''), keys).replaceAll('\r', '\n');
  for (const key of plain) {
    if (key === '\u0003' || key === '\u0004') return undefined;
    if (key === '\u0015') {
      text = '';
    } else {
      text = key === '\u007f' || key === '\b' ? text.slice(0, -1) : `${text}${key}`;
    }
    if (isWhole(text)) break;
  }
  return text;
}

/** Reads without echo until `isWhole`. Ctrl-C, Ctrl-D and the end of the call put the terminal back first. */
export function readHidden(
  question: string,
  isWhole: (text: string) => boolean,
  { input, output, interrupt }: Terminal,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const end = () => {
      input.off('data', onData);
      signal.removeEventListener('abort', onAbort);
      input.setRawMode?.(false);
      input.pause();
      output.write('\n');
    };
    const onAbort = () => {
      end();
      reject(cancelled());
    };
    const onData = (chunk: Buffer | string) => {
      const next = typed(text, String(chunk), isWhole);
      if (next === undefined) {
        onAbort();
        interrupt();
        return;
      }
      text = next;
      if (!isWhole(text)) return;
      end();
      resolve(text.trim());
    };
    if (signal.aborted) {
      reject(cancelled());
      return;
    }
    output.write(question);
    input.setRawMode?.(true);
    input.on('data', onData);
    input.resume();
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function readAll({ input }: Terminal, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of addAbortSignal(signal, input)) {
    chunks.push(Buffer.from(chunk));
    length += Buffer.byteLength(chunk);
    if (length > mostCharacters) throw invalid('The secret is longer than 64 KiB.', 'Pipe in the secret alone.');
  }
  try {
    return secretText(Buffer.concat(chunks));
  } catch (error) {
    if (!(error instanceof UnreadableText)) throw error;
    throw invalid(`The secret cannot be read: ${error.message}.`, 'Pipe in text as UTF-8, or a .pfx file as it is.');
  }
}

function invalid(message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint });
}
