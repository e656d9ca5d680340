import type { Command } from 'commander';
import { Option } from 'commander';

/** `table` is for people: aligned columns, or lines. */
export const outputFormats = ['table', 'json', 'csv', 'ndjson'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface OutputFlags {
  readonly output?: OutputFormat;
  /** The older way to say `-o json`. */
  readonly json?: boolean;
}

/** Adds the flag that chooses how a command shows its answer. */
export function withOutputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'table on a terminal by default, otherwise json').choices([...outputFormats]),
  );
}

export function formatOf({ output, json }: OutputFlags): OutputFormat {
  if (output !== undefined) return output;
  return json === true || !process.stdout.isTTY ? 'json' : 'table';
}
