import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { logLevels } from '../core/telemetry/logger.ts';

/** Adds the flags that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--sandbox', 'work on a sandbox tenant inside this process, with the ready connection "sandbox"')
    .option('--users <number>', 'users of the sandbox tenant (default 240)', parseUsers)
    .option('--read-only', 'offer and run reading tools only')
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
  throw new InvalidArgumentError('Use a port number from 0 to 65535; 0 takes any free one.');
}
