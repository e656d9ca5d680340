import { addAbortSignal } from 'node:stream';
import { AppError } from '../core/base/errors.ts';
import { decodeText, readTextFile } from '../core/base/text-file.ts';
import { UsageError } from './exit-codes.ts';

/** Arguments are bounded after parsing as well; this keeps a wrong file out of memory. */
const maxBytes = 16 * 1024 * 1024;

const example = `tenantry call graph_query '{"connection":"sandbox","endpoint":"/users","limit":5}' --sandbox`;

/** The JSON arguments of `tenantry call`: a literal, `@file`, or `-` for stdin. */
export async function readArgument(argument: string | undefined, signal: AbortSignal): Promise<unknown> {
  if (argument === undefined) return {};
  const text = await readText(argument, signal);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${sourceOf(argument)} not JSON: ${await jsonProblem(text)}.`, example);
  }
}

function sourceOf(argument: string): string {
  if (argument === '-') return 'What came through stdin is';
  return argument.startsWith('@') ? `The file ${argument.slice(1)} is` : 'The arguments are';
}

async function readText(argument: string, signal: AbortSignal): Promise<string> {
  try {
    if (argument === '-') return decodeText(await readStdin(signal));
    return argument.startsWith('@') ? await readTextFile(argument.slice(1), { maxBytes, allowPipe: true }) : argument;
  } catch (error) {
    if (signal.aborted || error instanceof AppError) throw error;
    const what = argument === '-' ? 'Stdin' : `The file ${argument.slice(1)}`;
    const reason = error instanceof Error ? error.message : 'the reason is unknown';
    throw new UsageError(`${what} cannot be read: ${reason}.`, 'tenantry call graph_query @query.json');
  }
}

async function readStdin(signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of addAbortSignal(signal, process.stdin)) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxBytes) throw new Error('it is larger than 16 MiB');
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** Where the text stops being JSON. The parser's own message would quote it, and it may hold something private. */
async function jsonProblem(text: string): Promise<string> {
  const { parse, printParseErrorCode } = await import('jsonc-parser');
  const { positionAt } = await import('../core/base/text-position.ts');
  const errors: import('jsonc-parser').ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors.toSorted((a, b) => a.offset - b.offset)[0];
  if (first === undefined) return 'it cannot be read';
  const words = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return `${words} at ${positionAt(text, first.offset)}`;
}
