import { type Command, CommanderError } from 'commander';
import { shownText } from '../core/base/clean-text.ts';
import { AppError } from '../core/base/errors.ts';
import { exitCodes, UsageError } from './exit-codes.ts';
import { commandAt } from './help-command.ts';
import { inCommandWords } from './output/command-words.ts';

/** Says on stderr why a command did not do its work, and returns the exit code. */
export function explainFailure(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${shownText(`${error.message}\nFor example: ${error.example}`)}\n`);
    return exitCodes.usage;
  }
  if (error instanceof AppError) {
    process.stderr.write(`${errorText(error)}\n`);
    return codeOf(error);
  }
  const name = error instanceof Error ? error.name : 'unknown';
  process.stderr.write(`error: an unexpected failure (${name}).\n`);
  return exitCodes.toolError;
}

/** Message and next step, in words of the command line. */
export function errorText({ message, hint }: AppError): string {
  return `error: ${shownText(inCommandWords(hint === undefined ? message : `${message} ${hint}`))}`;
}

/** Wrong usage and configuration have their own code; the rest is an answer. */
function codeOf({ code }: AppError): number {
  if (code === 'cancelled') return exitCodes.interrupted;
  return code === 'configuration' || code === 'invalid_argument' ? exitCodes.usage : exitCodes.toolError;
}

/** `Did you mean --toolsets?` on a line of its own, for a flag or a command that does not exist; empty for anything else. */
export async function suggestionFor(error: unknown, program: Command, argv: readonly string[]): Promise<string> {
  if (!(error instanceof CommanderError)) return '';
  const [, kind, word = ''] = /unknown (option|command) '([^']*)'/.exec(error.message) ?? [];
  if (kind === undefined) return '';
  const command = commandOf(program, argv);
  const known =
    kind === 'option' ? command.options.flatMap(({ long }) => long ?? []) : command.commands.map((one) => one.name());
  // Loaded when something is wrong.
  const { nearest } = await import('../core/base/nearest.ts');
  const meant = nearest(word.replace(/=.*$/s, ''), known);
  return meant === undefined ? '' : `Did you mean ${meant}?\n`;
}

/** The command that the first words name; the default one where they name none. */
function commandOf(program: Command, argv: readonly string[]): Command {
  const { command } = commandAt(program, argv);
  return command === program ? (program.commands.find((one) => one.name() === 'stdio') ?? program) : command;
}
