import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

const widthOfPage = 110;

/** Every command with the text of its own `--help`. */
export function commandReference(): string {
  const program = createProgram(
    async () => undefined,
    async () => undefined,
  );
  return commandsBelow(program)
    .map((command) => `## ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``)
    .join('\n\n');
}

function commandsBelow(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsBelow)];
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => widthOfPage,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}
