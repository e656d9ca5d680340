import { readFile } from 'node:fs/promises';
import { UsageError } from './usage-error.ts';

const example = `tenantry call graph_query '{"connection":"sandbox","endpoint":"/users","limit":5}' --sandbox`;

/** The JSON arguments of `tenantry call`: a literal, `@file`, or `-` for stdin. */
export async function readArgument(argument: string | undefined): Promise<unknown> {
  if (argument === undefined) return {};
  const text = await readText(argument);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.slice(0, 200) : 'it cannot be read';
    throw new UsageError(`The arguments are not JSON: ${reason}`, example);
  }
}

async function readText(argument: string): Promise<string> {
  if (argument === '-') return readStdin();
  if (!argument.startsWith('@')) return argument;
  try {
    return await readFile(argument.slice(1), 'utf8');
  } catch {
    throw new UsageError(`The file ${argument.slice(1)} cannot be read.`, 'tenantry call graph_query @query.json');
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
