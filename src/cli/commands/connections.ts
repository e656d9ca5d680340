import type { Command } from 'commander';
import { completeConnection } from '../../tools/connections/complete-connection.ts';
import { convertConnection } from '../../tools/connections/convert-connection.ts';
import { createConnection } from '../../tools/connections/create-connection.ts';
import { validateConnection } from '../../tools/connections/validate-connection.ts';
import type { ToolDefinition } from '../../tools/define-tool.ts';
import { withAnswerOptions, withCommonOptions } from '../common-options.ts';
import { exampleHelp, exampleOf } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import type { AnswerView } from '../output/answer-view.ts';
import { type OutputFlags, withOutputOption } from '../output/output-format.ts';
import { textTable } from '../output/text-table.ts';
import { type CallFlags, runCall } from '../run-call.ts';
import { toolFlags } from '../tool-flags.ts';
import { addSharingCommands, type ListFlags, requireOperator } from './sharing.ts';

type Run = (work: (signal: AbortSignal) => Promise<number>) => Promise<void>;

/** A command that takes the arguments of a tool as flags. */
interface ToolCommand {
  readonly word: string;
  readonly tool: ToolDefinition;
  /** The argument that the command takes as its name. */
  readonly positional: string;
  readonly description: string;
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
  },
  {
    word: 'create',
    tool: createConnection,
    positional: 'name',
    description: 'create a connection, without an identity yet',
  },
  {
    word: 'complete',
    tool: completeConnection,
    positional: 'connection',
    description: 'give a connection its identity and secret, or rotate the secret',
    words: purposeWords,
  },
  {
    word: 'update',
    tool: completeConnection,
    positional: 'connection',
    only: ['scopes', 'access', 'settings', 'default_location'],
    words: purposeWords,
    description: 'change access, scopes or settings of a connection; what is not named stays',
  },
  {
    word: 'convert',
    tool: convertConnection,
    positional: 'connection',
    description: 'convert from a secret or certificate to workload identity federation, or back within seven days',
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
  withOutputOption(withCommonOptions(group.command('list')))
    .description('list your connections with status and health, or those of everybody who uses the store')
    .option('--all', 'those of everybody, with their owners')
    .option('--owner <id>', 'those of one owner: <tenant id>/<object id>, or local')
    .addHelpText('after', exampleHelp('connections list'))
    .action((flags: CallFlags & ListFlags) =>
      run(async (signal) => {
        if (flags.all !== true && flags.owner === undefined) {
          return runCall('list_connections', {}, flags, { signal, table: showTable });
        }
        requireOperator(flags);
        return (await import('../run-sharing.ts')).listEverybodys(flags);
      }),
    );
  withOutputOption(withCommonOptions(group.command('show <name>')))
    .description('show one connection with its last checks')
    .addHelpText('after', exampleHelp('connections show'))
    .action((name: string, flags: CallFlags) =>
      run((signal) => runCall('list_connections', { name }, flags, { signal })),
    );
  withOutputOption(withAnswerOptions(withCommonOptions(group.command('remove <name>'))))
    .description('delete a connection and its secrets')
    .addHelpText('after', exampleHelp('connections remove'))
    .action((name: string, flags: CallFlags) =>
      run((signal) => runCall('delete_connection', { connection: name }, flags, { signal })),
    );
  withOutputOption(withCommonOptions(group.command('checklist <name>')))
    .description('show how to set a connection up, step by step, with the commands to copy')
    .addHelpText('after', exampleHelp('connections checklist'))
    .action((name: string, flags: CommonFlags & OutputFlags) =>
      run(async () => (await import('./checklist.ts')).runChecklist(name, flags)),
    );
  for (const one of toolCommands) addToolCommand(group, one, run);
  addSharingCommands(group, run);
}

function addToolCommand(
  group: Command,
  { word, tool, positional, only, description, words }: ToolCommand,
  run: Run,
): void {
  const example = exampleOf(`connections ${word}`);
  const { options, read } = toolFlags(tool, { positional, only, example, words });
  const plain = withOutputOption(withCommonOptions(group.command(`${word} <name>`)));
  const command = (tool.annotations.readOnlyHint ? plain : withAnswerOptions(plain)).description(description);
  for (const option of options) command.addOption(option);
  command
    .addHelpText('after', exampleHelp(`connections ${word}`))
    .action((name: string, flags: CallFlags & Readonly<Record<string, unknown>>) =>
      run((signal) => {
        const given = read(flags);
        if (only !== undefined && Object.keys(given).length === 0) {
          const valid = options.map(({ long }) => long).join(', ');
          throw new UsageError(`Nothing to ${word}: name at least one of ${valid}.`, example);
        }
        return runCall(tool.name, { [positional]: name, ...given }, flags, { signal, takesFlags: true });
      }),
    );
}

/** A table where a person reads. */
function showTable(answer: AnswerView, width: number | undefined): string {
  const rows = rowsOf(answer);
  if (rows.length === 0) return 'There are no connections yet. Create one with tenantry connections create NAME.';
  return textTable(['NAME', 'STATUS', 'HEALTH', 'ACCESS', 'CLOUD', 'TENANT'], rows, { width });
}

function rowsOf(answer: AnswerView): string[][] {
  const usual: Readonly<Record<string, unknown>> = { cloud: 'public' };
  const keys = ['name', 'status', 'health', 'access', 'cloud'];
  const cellOf = (row: Readonly<Record<string, unknown>>, key: string) => String(row[key] ?? usual[key] ?? '');
  return answer
    .records('response.data.value')
    .map((row) => [
      ...keys.map((key) => cellOf(row, key)),
      cellOf(row, row['tenant'] === undefined ? 'tenant_id' : 'tenant'),
    ]);
}
