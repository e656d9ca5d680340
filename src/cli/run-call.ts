import { runTool } from '../server/run-tool.ts';
import type { ToolResult } from '../server/tool-result.ts';
import { exitCodes } from './exit-codes.ts';
import type { CommonFlags } from './flags.ts';
import { createProgressBar } from './progress-bar.ts';
import { startTenantry } from './start-tenantry.ts';
import { untilSignal, within } from './until.ts';
import { UsageError } from './usage-error.ts';

/** How an answer goes to stdout. */
export type ShowResult = (result: ToolResult) => string;

/** The whole answer as JSON: indented for a person, on one line for a program. */
export const showJson: ShowResult = (result) =>
  process.stdout.isTTY ? JSON.stringify(result.structured, null, 2) : result.text;

/** Runs one tool and prints its answer. SIGINT cancels it. */
export async function runCall(
  toolName: string,
  input: unknown,
  flags: CommonFlags,
  show: ShowResult = showJson,
): Promise<number> {
  const tenantry = await startTenantry(flags, { onDeviceCode: ({ message }) => process.stderr.write(`${message}\n`) });
  const tool = tenantry.tools.callable.find((one) => one.name === toolName);
  if (!tool) {
    await tenantry.close();
    throw await unknownTool(
      toolName,
      tenantry.tools.callable.map((one) => one.name),
    );
  }
  const cancel = new AbortController();
  const stop = untilSignal();
  void stop.signalled.then(() => cancel.abort());
  const bar = createProgressBar(process.stderr);
  try {
    const options = { caller: 'local', signal: cancel.signal, progress: bar.update };
    const result = await runTool(tool, input, options, tenantry.runtime);
    bar.end();
    process.stdout.write(`${show(result)}\n`);
    if (cancel.signal.aborted) return exitCodes.interrupted;
    return result.isError ? exitCodes.toolError : exitCodes.success;
  } finally {
    bar.end();
    await within(2_000, tenantry.close());
    stop.forget();
  }
}

async function unknownTool(name: string, known: readonly string[]): Promise<UsageError> {
  const { closest } = await import('fastest-levenshtein');
  const nearest = known.length > 0 ? `; did you mean ${closest(name.slice(0, 100), [...known])}?` : '.';
  return new UsageError(`There is no tool ${JSON.stringify(name.slice(0, 100))}${nearest}`, 'tenantry tools');
}
