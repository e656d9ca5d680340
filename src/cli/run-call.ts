import { localCaller } from '../core/base/caller.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { runTool } from '../server/run-tool.ts';
import type { ToolResult } from '../server/tool-result.ts';
import { tools } from '../tools/registry.ts';
import { whyNotOffered } from '../tools/toolsets.ts';
import { type AnswerFlags, isAgent, terminalAuthority } from './ask-terminal.ts';
import { exitCodes, UsageError, unknownWord } from './exit-codes.ts';
import type { CommonFlags } from './flags.ts';
import { processTerminal } from './hidden-input.ts';
import { viewAnswer } from './output/answer-view.ts';
import { formatOf, type OutputFlags } from './output/output-format.ts';
import { createProgressBar } from './output/progress-bar.ts';
import { type ShowAnswerOptions, showAnswer } from './output/show-answer.ts';
import { startTenantry } from './start-tenantry.ts';
import { createTerminalPrompt } from './terminal-prompt.ts';
import { within } from './until.ts';

export interface CallFlags extends CommonFlags, AnswerFlags, OutputFlags {
  /** Also how the answer came about, and all that the service said about an error. */
  readonly verbose?: boolean;
}

export interface RunCallOptions extends Pick<ShowAnswerOptions, 'table' | 'takesFlags'> {
  /** Cancels the call. */
  readonly signal: AbortSignal;
}

/** Runs one tool and prints its answer. A validation that is failing counts as an error. */
export async function runCall(
  toolName: string,
  input: unknown,
  flags: CallFlags,
  { signal, table, takesFlags }: RunCallOptions,
): Promise<number> {
  const format = formatOf(flags);
  const tenantry = await startTenantry(flags, {
    onDeviceCode: ({ message }) => process.stderr.write(`${message}\n`),
    secretPrompt: createTerminalPrompt(processTerminal()),
  });
  const bar = createProgressBar(process.stderr);
  try {
    if (tenantry.runtime.configurationError) throw tenantry.runtime.configurationError;
    const tool = tenantry.tools.callable.find((one) => one.name === toolName);
    if (!tool) {
      const reason = whyNotOffered(tools, toolName);
      if (reason !== undefined) throw new UsageError(reason, `tenantry call ${toolName} --toolsets all`);
      const known = tenantry.tools.callable.map(({ name }) => name);
      throw await unknownWord('tool', toolName, known, 'tenantry tools');
    }
    const isFromAgent = isAgent(flags);
    const authority = isFromAgent ? undefined : terminalAuthority({ ...flags, signal, onAsking: bar.end });
    const who = { caller: localCaller, channel: 'terminal' as const, ...withoutUndefined({ authority }) };
    const verbose = flags.verbose === true;
    // JSON is for programs and models, which go on with cursors; a table or a file is for people.
    const whole = !isFromAgent && format !== 'json';
    const how = { signal, progress: bar.update, verbose, whole };
    const result = await runTool(tool, input, { ...who, ...how }, tenantry.runtime);
    bar.end();
    const shown = verbose ? withDiagnostics(result) : result;
    const keepsNothing = flags.sandbox === true && flags.home === undefined;
    const looks = { format, isAgent: isFromAgent, keepsNothing, ...withoutUndefined({ table, takesFlags }) };
    const { out, err } = await showAnswer(shown, looks);
    if (out !== undefined) process.stdout.write(`${out}\n`);
    if (err !== undefined) process.stderr.write(`${err}\n`);
    return codeOf(result);
  } finally {
    bar.end();
    await within(2_000, tenantry.close());
  }
}

function withDiagnostics(result: ToolResult): ToolResult {
  const structured = { ...result.structured, diagnostics: result.diagnostics };
  return { ...result, structured, text: JSON.stringify(structured) };
}

function codeOf(result: ToolResult): number {
  const answer = viewAnswer(result.isError, result.structured);
  // Ctrl-C while something is asked ends the call before its signal arrives.
  if (result.isError && answer.at('response.error.code') === 'cancelled') return exitCodes.interrupted;
  const isFailing = answer.at('response.data.health') === 'failing' && answer.list('response.data.checks').length > 0;
  return result.isError || isFailing ? exitCodes.toolError : exitCodes.success;
}
