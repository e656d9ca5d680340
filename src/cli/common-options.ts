import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { logLevels } from '../core/telemetry/logger.ts';

/** Adds the flags that most commands take. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--sandbox', 'work on a sandbox tenant inside this process, with a ready connection named "sandbox"')
    .option('--users <number>', 'number of users in the sandbox tenant (default 240)', parseUsers)
    .option('--read-only', 'offer and run only tools that read')
    .option('--max-access <access>', 'most that connections made by an agent may do: read_only or read_write')
    .option('--toolsets <names>', 'toolsets to offer, separated by commas')
    .option('--config <file>', 'configuration file (default: tenantry.yaml in the home folder)')
    .option('--home <dir>', 'folder for connections, vault and stored results')
    .option('--log-level <level>', `one of ${logLevels.join(', ')}`);
}

export function parseUsers(text: string): number {
  const users = Number(text);
  if (Number.isInteger(users) && users >= 1 && users <= 200_000) return users;
  throw new InvalidArgumentError('Use a whole number from 1 to 200000.');
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Use a port number from 0 to 65535; 0 picks a free one.');
}

export function parseLines(text: string): number {
  const lines = Number(text);
  if (/^\d+$/.test(text) && lines <= 1_000_000) return lines;
  throw new InvalidArgumentError('Use a whole number from 0 to 1000000.');
}

/** One working example of each command, shown in its help and after a mistake. */
const examples: Readonly<Record<string, string>> = {
  stdio: 'tenantry stdio --read-only --toolsets graph',
  http: 'tenantry http --port 3000 --sandbox',
  call: `tenantry call graph_query '{"connection":"sandbox","endpoint":"/users","limit":5}' --sandbox`,
  tools: 'tenantry tools --toolsets graph',
  connections: 'tenantry connections create contoso --scopes directory --access read_write',
  sandbox: 'tenantry sandbox --port 4000 --users 5000',
  demo: 'tenantry demo',
  doctor: 'tenantry doctor',
  audit: 'tenantry audit --denied -n 20',
  setup: 'tenantry setup claude-code --write',
};

export function exampleOf(command: string | undefined): string {
  return examples[command ?? 'stdio'] ?? 'tenantry --help';
}

/** Text for the end of a command's help. */
export function exampleHelp(command: string): string {
  return `\nExample:\n  ${exampleOf(command)}`;
}
