import type { Command } from 'commander';
import { shownLine } from '../../core/base/clean-text.ts';
import type { ToolResult } from '../../server/tool-result.ts';
import { completeConnection } from '../../tools/connections/complete-connection.ts';
import { convertConnection } from '../../tools/connections/convert-connection.ts';
import { createConnection } from '../../tools/connections/create-connection.ts';
import { validateConnection } from '../../tools/connections/validate-connection.ts';
import type { ToolDefinition } from '../../tools/define-tool.ts';
import { viewAnswer } from '../answer-view.ts';
import { exampleHelp, exampleOf, withCommonOptions } from '../common-options.ts';
import type { CommonFlags } from '../flags.ts';
import { runCall, type ShowResult, showJson } from '../run-call.ts';
import { toolFlags } from '../tool-flags.ts';

type Run = (work: () => Promise<number>) => Promise<void>;

/** A command that takes the arguments of a tool as flags. */
interface ToolCommand {
  readonly word: string;
  readonly tool: ToolDefinition;
  /** The argument that the command takes as its name. */
  readonly positional: string;
  readonly description: string;
  readonly examples: readonly [string, ...string[]];
  readonly words?: Readonly<Record<string, string>>;
}

const toolCommands: readonly ToolCommand[] = [
  {
    word: 'validate',
    tool: validateConnection,
    positional: 'connection',
    description: 'check token, identity, clock, permissions, roles, linked services and expiry',
    examples: ['tenantry connections validate contoso --checks token,expiry'],
  },
  {
    word: 'create',
    tool: createConnection,
    positional: 'name',
    description: 'create a connection, without an identity yet',
    examples: [exampleOf('connections')],
  },
  {
    word: 'complete',
    tool: completeConnection,
    positional: 'connection',
    description: 'give a connection its identity and secret, or rotate the secret',
    examples: ['tenantry connections complete contoso --tenant-id … --client-id … --client-secret-env CONTOSO_SECRET'],
  },
  {
    word: 'convert',
    tool: convertConnection,
    positional: 'connection',
    description: 'convert from a secret or certificate to workload identity federation, or back within seven days',
    examples: [
      'tenantry connections convert contoso --federated-token file:/var/run/secrets/tokens/azure-identity-token',
      'tenantry connections convert contoso --revert',
    ],
    words: {
      issuer: 'issuer of the tokens to trust (default: that of the token)',
      subject: 'subject of the tokens to trust (default: that of the token)',
      audience: 'audience of the tokens (default: the token exchange of the cloud)',
      federated_token: 'federated token (default: that of the CI platform)',
      admin_connection: 'connection whose rights change the app (default: its own)',
      remove_secret: 'also remove the secret from the app registration, for good',
      revert: 'go back to the secret, within seven days',
    },
  },
];

/** `tenantry connections …`: runs the connection tools. */
export function addConnectionsCommand(program: Command, run: Run): void {
  const group = program
    .command('connections')
    .description('manage connections (the same as the connection tools)')
    .addHelpText('after', exampleHelp('connections'));
  withCommonOptions(group.command('list'))
    .description('list all connections with status and health')
    .action((flags: CommonFlags) => run(() => runCall('list_connections', {}, flags, showTable)));
  withCommonOptions(group.command('show <name>'))
    .description('show one connection with its last checks')
    .action((name: string, flags: CommonFlags) => run(() => runCall('list_connections', { name }, flags)));
  withCommonOptions(group.command('remove <name>'))
    .description('delete a connection and its secrets')
    .action((name: string, flags: CommonFlags) => run(() => runCall('delete_connection', { connection: name }, flags)));
  for (const one of toolCommands) addToolCommand(group, one, run);
}

function addToolCommand(
  group: Command,
  { word, tool, positional, description, examples, words }: ToolCommand,
  run: Run,
): void {
  const { options, read } = toolFlags(tool, { positional, example: examples[0], words });
  const command = withCommonOptions(group.command(`${word} <name>`)).description(description);
  for (const option of options) command.addOption(option);
  command
    .addHelpText('after', `\nExample:\n${examples.map((example) => `  ${example}`).join('\n')}`)
    .action((name: string, flags: CommonFlags & Readonly<Record<string, unknown>>) =>
      run(() => runCall(tool.name, { [positional]: name, ...read(flags) }, flags)),
    );
}

/** A table where a person reads, JSON otherwise. */
const showTable: ShowResult = (result) => {
  const rows = process.stdout.isTTY && !result.isError ? rowsOf(result) : undefined;
  return rows ? table(['NAME', 'STATUS', 'HEALTH', 'ACCESS', 'CLOUD', 'TENANT'], rows) : showJson(result);
};

function rowsOf(result: ToolResult): string[][] {
  const answer = viewAnswer(result.isError, result.structured);
  const keys = ['name', 'status', 'health', 'access', 'cloud', 'identity.tenant_id'];
  return answer
    .list('response.data.value')
    .map((_, index) => keys.map((key) => shownLine(String(answer.at(`response.data.value.${index}.${key}`) ?? ''))));
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
