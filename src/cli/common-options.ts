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

/** Adds the flags that answer questions. */
export function withAnswerOptions(command: Command): Command {
  return command
    .option('--yes', 'answer questions with yes: for scripts')
    .option('--agent', 'the arguments come from a model: --yes does not count (same as TENANTRY_AGENT=1)');
}

export function parseUsers(text: string): number {
  const users = Number(text);
  if (Number.isInteger(users) && users >= 1 && users <= 200_000) return users;
  throw new InvalidArgumentError('Use a whole number from 1 to 200000.');
}

export function parseTenants(text: string): number {
  const tenants = Number(text);
  if (Number.isInteger(tenants) && tenants >= 1 && tenants <= 100) return tenants;
  throw new InvalidArgumentError('Use a whole number from 1 to 100.');
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

/** Refuses an option that stands where the id should. */
export function parseReceipt(text: string): string {
  if (!text.startsWith('-')) return text;
  throw new InvalidArgumentError('Pass the id of a receipt; tenantry audit shows them.');
}
