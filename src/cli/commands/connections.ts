import type { Command } from 'commander';
import { withCommonOptions } from '../common-options.ts';
import { exampleHelp } from '../examples.ts';
import type { CommonFlags } from '../flags.ts';
import { runCall, type ShowResult, showJson } from '../run-call.ts';
import { UsageError } from '../usage-error.ts';
import { addConvert } from './convert-connection.ts';

type Run = (work: () => Promise<number>) => Promise<void>;

interface CreateFlags extends CommonFlags {
  readonly scopes?: string;
  readonly cloud?: string;
  readonly access?: string;
  readonly authType?: string;
  readonly scopeLevel?: string;
  readonly settings?: string;
}

/** Options of `complete` that are passed on as they are: flag, and argument of the tool. */
const identityOptions = [
  ['--tenant-id <id>', 'tenant_id', 'directory (tenant) id'],
  ['--client-id <id>', 'client_id', 'application (client) id'],
  ['--subscription-id <id>', 'subscription_id', 'subscription id'],
  ['--default-location <name>', 'default_location', 'default Azure location'],
  ['--organization <name>', 'organization', 'Azure DevOps organization'],
  ['--management-group-id <id>', 'management_group_id', 'management group'],
  ['--resource-group <name>', 'resource_group', 'resource group of the ML workspace'],
  ['--workspace-name <name>', 'workspace_name', 'ML workspace'],
] as const;

const completeExample =
  'tenantry connections complete contoso --tenant-id … --client-id … --client-secret-env CONTOSO_SECRET';

const secretKinds = ['client_secret', 'certificate', 'federated_token', 'token'] as const;

/** `tenantry connections …`: the same code as the connection tools. */
export function addConnectionsCommand(program: Command, run: Run): void {
  const group = program
    .command('connections')
    .description('manage connections; the same as the connection tools')
    .addHelpText('after', exampleHelp('connections'));
  withCommonOptions(group.command('list'))
    .description('all connections, with status and health')
    .action((flags: CommonFlags) => run(() => runCall('list_connections', {}, flags, showTable)));
  withCommonOptions(group.command('show <name>'))
    .description('one connection, with its last checks')
    .action((name: string, flags: CommonFlags) => run(() => runCall('list_connections', { name }, flags)));
  withCommonOptions(group.command('validate <name>'))
    .description('check token, identity, clock, permissions, roles, linked services and expiry')
    .option('--checks <names>', 'only these checks, separated by commas')
    .action((name: string, flags: CommonFlags & { checks?: string }) =>
      run(() => runCall('validate_connection', { connection: name, checks: flags.checks?.split(',') }, flags)),
    );
  withCommonOptions(group.command('remove <name>'))
    .description('delete a connection and its secrets')
    .action((name: string, flags: CommonFlags) => run(() => runCall('delete_connection', { connection: name }, flags)));
  addCreate(group, run);
  addComplete(group, run);
  addConvert(group, run);
}

function addCreate(group: Command, run: Run): void {
  withCommonOptions(group.command('create <name>'))
    .description('a new connection, still without identity')
    .option('--scopes <names>', 'what it is for, separated by commas (default directory,resources)')
    .option('--cloud <name>', 'public, usgov, usdod, china or a configured one')
    .option('--access <access>', 'read_only (default) or read_write')
    .option('--auth-type <type>', 'azure (client secret, default), certificate, workload_identity, …')
    .option('--scope-level <level>', 'subscription (default), management_group or ml_workspace')
    .option('--settings <json>', 'how requests behave, as JSON')
    .addHelpText('after', exampleHelp('connections'))
    .action((name: string, flags: CreateFlags) =>
      run(() => {
        const { scopes, cloud, access, authType, scopeLevel, settings } = flags;
        return runCall(
          'create_connection',
          {
            name,
            scopes: scopes?.split(','),
            cloud,
            access,
            auth_type: authType,
            scope_level: scopeLevel,
            settings: settings === undefined ? undefined : parseSettings(settings),
          },
          flags,
        );
      }),
    );
}

function addComplete(group: Command, run: Run): void {
  const command = withCommonOptions(group.command('complete <name>')).description(
    'identity and secret of a connection, or a new secret for it',
  );
  for (const [flag, , description] of identityOptions) command.option(flag, description);
  for (const kind of secretKinds) {
    const name = kind.replaceAll('_', '-');
    command.option(`--${name}-env <variable>`, `environment variable that holds the ${kind.replaceAll('_', ' ')}`);
    command.option(`--${name}-file <path>`, `file that holds the ${kind.replaceAll('_', ' ')}`);
  }
  command
    .option('--replace-identity', 'allow another tenant or app than before')
    .addHelpText('after', `\nExample:\n  ${completeExample}`)
    .action((name: string, flags: CommonFlags & Readonly<Record<string, unknown>>) =>
      run(() => runCall('complete_connection', { connection: name, ...completionOf(flags) }, flags)),
    );
}

function completionOf(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const identity = identityOptions.map(([, argument]) => [argument, flags[camel(argument)]]);
  const secrets = secretKinds.map((kind) => {
    const [env, file] = [flags[`${camel(kind)}Env`], flags[`${camel(kind)}File`]];
    if (env !== undefined && file !== undefined) {
      const name = kind.replaceAll('_', '-');
      throw new UsageError(`--${name}-env and --${name}-file exclude each other.`, completeExample);
    }
    return [kind, env === undefined ? file && { file } : { env }];
  });
  return {
    ...Object.fromEntries([...identity, ...secrets].filter(([, value]) => value !== undefined)),
    ...(flags['replaceIdentity'] ? { replace_identity: true } : {}),
  };
}

function camel(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function parseSettings(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('--settings is not JSON.', `--settings '{"max_concurrent_requests":8}'`);
  }
}

/** A table where a person reads, JSON otherwise. */
const showTable: ShowResult = (result) => {
  const rows = process.stdout.isTTY && !result.isError ? rowsOf(result.structured) : undefined;
  return rows ? table(['NAME', 'STATUS', 'HEALTH', 'ACCESS', 'CLOUD', 'TENANT'], rows) : showJson(result);
};

function rowsOf(structured: unknown): string[][] {
  return listOf(fieldOf(fieldOf(fieldOf(structured, 'response'), 'data'), 'value')).map((one) => [
    ...['name', 'status', 'health', 'access', 'cloud'].map((key) => String(fieldOf(one, key) ?? '')),
    String(fieldOf(fieldOf(one, 'identity'), 'tenant_id') ?? ''),
  ]);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}

function fieldOf(value: unknown, key: string): unknown {
  // Only looked into when it is an object; what is not there is undefined.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
