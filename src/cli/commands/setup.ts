import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '../../core/base/environment.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { clientConfig, type SetupClient } from '../setup/client-config.ts';
import { mergeConfigFile, renderConfig } from '../setup/merge-config-file.ts';

export interface SetupFlags extends CommonFlags {
  readonly write?: boolean;
}

/** `tenantry setup <client>`: prints the entry for a host, or writes it into the host's file. */
export async function runSetup(client: SetupClient, flags: SetupFlags): Promise<number> {
  const appData = processEnvironment('APPDATA');
  const config = clientConfig(
    client,
    { command: process.execPath, args: [cliPath(), ...serverFlags(flags)] },
    {
      homeDir: homedir(),
      projectDir: process.cwd(),
      platform: process.platform,
      ...(appData === undefined ? {} : { appData }),
    },
  );
  if (!flags.write) {
    process.stdout.write(renderConfig(config));
    process.stderr.write(`Put this into ${config.file}, or repeat the command with --write. ${config.next}\n`);
    return exitCodes.success;
  }
  const { backup } = await mergeConfigFile(config);
  process.stderr.write(`Wrote ${config.file}${backup ? `; the old file is now ${backup}` : ''}. ${config.next}\n`);
  return exitCodes.success;
}

/** The file that started this process: the host starts the same one. */
function cliPath(): string {
  return process.argv[1] ?? fileURLToPath(import.meta.url);
}

/** Paths are made absolute: the host may start the server in any folder. */
function serverFlags(flags: SetupFlags): string[] {
  return [
    ...(flags.sandbox ? ['--sandbox'] : []),
    ...(flags.readOnly ? ['--read-only'] : []),
    ...(flags.toolsets ? ['--toolsets', flags.toolsets] : []),
    ...(flags.users ? ['--users', String(flags.users)] : []),
    ...(flags.config ? ['--config', resolve(flags.config)] : []),
    ...(flags.home ? ['--home', resolve(flags.home)] : []),
    ...(flags.logLevel ? ['--log-level', flags.logLevel] : []),
  ];
}
