import { type Command, CommanderError } from 'commander';
import { commandAt } from './help-command.ts';

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
