import { Command } from 'commander';
import { unknownWord } from './exit-codes.ts';

/** `tenantry help secrets set`: the library's own help command knows only the first word. */
export function helpCommand(program: Command): Command {
  return new Command('help')
    .description('show the help of a command')
    .argument('[command...]', 'such as: secrets set')
    .action((words: readonly string[]) => showHelp(program, words));
}

async function showHelp(program: Command, words: readonly string[]): Promise<void> {
  const { command, path } = commandAt(program, words);
  const unknown = words[path.length];
  if (unknown !== undefined) {
    const known = command.commands.map((one) => one.name());
    throw await unknownWord(
      'command',
      [...path, unknown].join(' '),
      known.map((name) => [...path, name].join(' ')),
      'tenantry --help',
    );
  }
  command.outputHelp();
}

/** The command that the first words name, as far as they do. */
export function commandAt(program: Command, words: readonly string[]): { command: Command; path: readonly string[] } {
  const [word, ...rest] = words;
  const below = program.commands.find((one) => one.name() === word);
  if (below === undefined || word === undefined) return { command: program, path: [] };
  const found = commandAt(below, rest);
  return { command: found.command, path: [word, ...found.path] };
}
