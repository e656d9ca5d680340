import type { Command } from 'commander';
import { shownLine } from '../../core/base/clean-text.ts';
import type { ToolResult } from '../../server/tool-result.ts';
import { completeConnection } from '../../tools/connections/complete-connection.ts';
import { convertConnection } from '../../tools/connections/convert-connection.ts';
import { createConnection } from '../../tools/connections/create-connection.ts';
import { validateConnection } from '../../tools/connections/validate-connection.ts';
import type { ToolDefinition } from '../../tools/define-tool.ts';
import { viewAnswer } from '../answer-view.ts';
import type { AnswerFlags } from '../ask-terminal.ts';
import { exampleHelp, exampleOf, withAnswerOptions, withCommonOptions } from '../common-options.ts';
import { formatConnectionAnswer } from '../connection-text.ts';
import { UsageError } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { runCall, type ShowResult, showJson } from '../run-call.ts';
import { textTable } from '../text-table.ts';
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
  /** Arguments of the tool that the command takes; default all. */
  readonly only?: readonly string[];
  readonly words?: Readonly<Record<string, string>>;
}

const purposeWords = {
  scopes: 'What it is for, all of it.',
  access: 'What it may do.',
  settings: 'Settings to change; the others stay.',
};

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
    words: purposeWords,
  },
  {
    word: 'update',
    tool: completeConnection,
    positional: 'connection',
    only: ['scopes', 'access', 'settings', 'default_location'],
    words: purposeWords,
    description: 'change access, scopes or settings of a connection; what is not named stays',
    examples: [
      'tenantry connections update contoso --access read_write',
      `tenantry connections update contoso --settings '{"max_concurrent_requests":8}'`,
    ],
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
    .action((name: string, flags: CommonFlags) =>
      run(() => runCall('list_connections', { name }, flags, showConnection)),
    );
  withAnswerOptions(withCommonOptions(group.command('remove <name>')))
    .description('delete a connection and its secrets')
    .action((name: string, flags: CommonFlags & AnswerFlags) =>
      run(() => runCall('delete_connection', { connection: name }, flags, showConnection)),
    );
  withCommonOptions(group.command('checklist <name>'))
    .description('show how to set a connection up, step by step, with the commands to copy')
    .addHelpText('after', '\nExample:\n  tenantry connections checklist contoso')
    .action((name: string, flags: CommonFlags) =>
      run(async () => (await import('./checklist.ts')).runChecklist(name, flags)),
    );
  for (const one of toolCommands) addToolCommand(group, one, run);
}

function addToolCommand(
  group: Command,
  { word, tool, positional, only, description, examples, words }: ToolCommand,
  run: Run,
): void {
  const { options, read } = toolFlags(tool, { positional, only, example: examples[0], words });
  const plain = withCommonOptions(group.command(`${word} <name>`));
  const command = (tool.annotations.readOnlyHint ? plain : withAnswerOptions(plain)).description(description);
  for (const option of options) command.addOption(option);
  command
    .addHelpText('after', `\nExample:\n${examples.map((example) => `  ${example}`).join('\n')}`)
    .action((name: string, flags: CommonFlags & AnswerFlags & Readonly<Record<string, unknown>>) =>
      run(() => {
        const given = read(flags);
        if (only !== undefined && Object.keys(given).length === 0) {
          const valid = options.map(({ long }) => long).join(', ');
          throw new UsageError(`Nothing to ${word}: name at least one of ${valid}.`, examples[0]);
        }
        return runCall(tool.name, { [positional]: name, ...given }, flags, showConnection);
      }),
    );
}

/** Words where a person reads, JSON otherwise. */
const showConnection: ShowResult = (result) =>
  process.stdout.isTTY ? formatConnectionAnswer(result) : showJson(result);

/** A table where a person reads, JSON otherwise. */
const showTable: ShowResult = (result) => {
  if (!process.stdout.isTTY || result.isError) return showConnection(result);
  const rows = rowsOf(result);
  if (rows.length === 0) return 'There are no connections yet. Create one with tenantry connections create NAME.';
  return textTable(['NAME', 'STATUS', 'HEALTH', 'ACCESS', 'CLOUD', 'TENANT'], rows);
};

function rowsOf(result: ToolResult): string[][] {
  const answer = viewAnswer(result.isError, result.structured);
  const usual: Readonly<Record<string, unknown>> = { cloud: 'public' };
  const cellOf = (row: Readonly<Record<string, unknown>>, key: string) =>
    shownLine(String(row[key] ?? usual[key] ?? ''));
  const keys = ['name', 'status', 'health', 'access', 'cloud'];
  return answer
    .records('response.data.value')
    .map((row) => [
      ...keys.map((key) => cellOf(row, key)),
      cellOf(row, row['tenant'] === undefined ? 'tenant_id' : 'tenant'),
    ]);
}
