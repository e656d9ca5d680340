import type { WriteStream } from 'node:tty';
import { maxArgumentBytes, readFileAtMost, readStreamAtMost } from '../core/base/bounded-file.ts';
import type { ProgressUpdate } from '../core/base/call-context.ts';
import { shownLine } from '../core/base/clean-text.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { runTool } from '../server/run-tool.ts';
import type { ToolResult } from '../server/tool-result.ts';
import { tools } from '../tools/registry.ts';
import { whyNotOffered } from '../tools/toolsets.ts';
import { viewAnswer } from './answer-view.ts';
import { type AnswerFlags, isAgent, terminalAuthority } from './ask-terminal.ts';
import { exitCodes, UsageError, unknownWord } from './exit-codes.ts';
import type { CommonFlags } from './flags.ts';
import { processTerminal } from './hidden-input.ts';
import { startTenantry } from './start-tenantry.ts';
import { createTerminalPrompt } from './terminal-prompt.ts';
import { untilSignal, within } from './until.ts';

/** How an answer goes to stdout. */
export type ShowResult = (result: ToolResult) => string;

/** The whole answer as JSON: indented for a person, on one line for a program. */
export const showJson: ShowResult = ({ structured, text }) =>
  process.stdout.isTTY ? JSON.stringify(structured, null, 2) : text;

/** The same with request ids, attempts, pages and time. */
const showVerbosely: ShowResult = ({ structured, diagnostics }) =>
  JSON.stringify({ ...structured, diagnostics }, null, process.stdout.isTTY ? 2 : 0);

/** How much an answer says. */
export interface AmountFlags {
  /** Also how the answer came about, and all that the service said about an error. */
  readonly verbose?: boolean;
}

/** Runs one tool and prints its answer. SIGINT cancels it. */
export async function runCall(
  toolName: string,
  input: unknown,
  flags: CommonFlags & AnswerFlags & AmountFlags,
  show: ShowResult = flags.verbose === true ? showVerbosely : showJson,
): Promise<number> {
  const tenantry = await startTenantry(flags, {
    onDeviceCode: ({ message }) => process.stderr.write(`${message}\n`),
    secretPrompt: createTerminalPrompt(processTerminal()),
  });
  const tool = tenantry.tools.callable.find((one) => one.name === toolName);
  if (!tool) {
    await tenantry.close();
    const known = tenantry.tools.callable.map(({ name }) => name);
    const reason = whyNotOffered(tools, toolName);
    if (reason !== undefined) throw new UsageError(reason, `tenantry call ${toolName} --toolsets all`);
    throw await unknownWord('tool', toolName, known, 'tenantry tools');
  }
  const cancel = new AbortController();
  const stop = untilSignal();
  void stop.signalled.then(() => cancel.abort());
  const bar = createProgressBar(process.stderr);
  try {
    const { signal } = cancel;
    const authority = isAgent(flags) ? undefined : terminalAuthority({ ...flags, signal, onAsking: bar.end });
    const who = { caller: 'local', channel: 'terminal' as const, ...withoutUndefined({ authority }) };
    const options = { ...who, signal, progress: bar.update, verbose: flags.verbose === true };
    const result = await runTool(tool, input, options, tenantry.runtime);
    bar.end();
    process.stdout.write(`${show(result)}\n`);
    if (cancel.signal.aborted || isCancelled(result)) return exitCodes.interrupted;
    return result.isError ? exitCodes.toolError : exitCodes.success;
  } finally {
    bar.end();
    await within(2_000, tenantry.close());
    stop.forget();
  }
}

/** Ctrl-C while something is asked ends the call before its signal arrives. */
function isCancelled({ isError, structured }: ToolResult): boolean {
  return viewAnswer(isError, structured).at('response.error.code') === 'cancelled';
}

interface ProgressBar {
  update(update: ProgressUpdate): void;
  /** Clears the line. */
  end(): void;
}

const width = 24;

/** A bar on one line of a terminal; nothing where the output is not a terminal. */
function createProgressBar(stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }): ProgressBar {
  if (!stream.isTTY) return { update: () => undefined, end: () => undefined };
  let drawn = false;
  return {
    update({ progress, total, message }) {
      drawn = true;
      stream.write(`\r\u001b[2K${bar(progress, total)} ${shownLine(message ?? String(progress))}`);
    },
    end() {
      if (drawn) stream.write('\r\u001b[2K');
      drawn = false;
    },
  };
}

function bar(progress: number, total: number | undefined): string {
  if (!total) return '…';
  const filled = Math.min(width, Math.round((progress / total) * width));
  return `[${'#'.repeat(filled)}${' '.repeat(width - filled)}]`;
}

const callExample = `tenantry call graph_query '{"connection":"sandbox","endpoint":"/users","limit":5}' --sandbox`;

/** The JSON arguments of `tenantry call`: a literal, `@file`, or `-` for stdin. */
export async function readArgument(argument: string | undefined): Promise<unknown> {
  if (argument === undefined) return {};
  const text = await readText(argument);
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.slice(0, 200) : 'it cannot be read';
    throw new UsageError(`The arguments are not JSON: ${reason}`, callExample);
  }
}

async function readText(argument: string): Promise<string> {
  if (argument === '-') return textOf(await readStreamAtMost(process.stdin, maxArgumentBytes), 'What stdin has');
  if (!argument.startsWith('@')) return argument;
  const file = argument.slice(1);
  const bytes = await readFileAtMost(file, maxArgumentBytes).catch(() => {
    throw new UsageError(`The file ${file} cannot be read.`, fileExample);
  });
  return textOf(bytes, `The file ${file}`);
}

const fileExample = 'tenantry call graph_query @query.json';

function textOf(bytes: Buffer | undefined, what: string): string {
  if (bytes === undefined) throw new UsageError(`${what} is larger than 16 MiB, the most for arguments.`, fileExample);
  return bytes.toString('utf8');
}
