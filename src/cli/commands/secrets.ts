import { type Command, Option } from 'commander';
import { AppError } from '../../core/base/errors.ts';
import { isAgent } from '../ask-terminal.ts';
import { exampleHelp, withCommonOptions } from '../common-options.ts';
import type { CommonFlags } from '../flags.ts';

type Run = (work: () => Promise<number>) => Promise<void>;

export interface SecretsFlags extends CommonFlags {
  /** What a bot passes with what a model wrote: it gets nothing here. */
  readonly agent?: boolean;
}

export interface SetSecretFlags extends SecretsFlags {
  readonly env?: string;
  readonly file?: string;
  readonly use?: string;
  readonly to?: readonly string[];
  readonly cloud?: string;
}

/** `tenantry secrets …`: named secrets, for the person at the terminal only. */
export function addSecretsCommand(program: Command, run: Run): void {
  const group = program
    .command('secrets')
    .description(
      'manage named secrets, which calls name instead of carrying them (for the person at the terminal only)',
    )
    .addHelpText('after', exampleHelp('secrets'));
  const add = (usage: string, description: string) =>
    withCommonOptions(group.command(usage)).description(description).addOption(new Option('--agent').hideHelp());
  const work = (flags: SecretsFlags, start: (commands: typeof import('../run-secrets.ts')) => Promise<number>) =>
    run(async () => {
      refuseAgent(flags);
      return start(await import('../run-secrets.ts'));
    });
  add('list', 'list named secrets: what each is for, never what it is')
    .option('--json', 'as JSON')
    .action((flags: SecretsFlags & { json?: boolean }) => work(flags, (commands) => commands.listSecrets(flags)));
  add('set <name>', 'set or replace a secret: typed without being shown, piped in, or from a variable or file')
    .option('--env <variable>', 'environment variable that holds it')
    .option('--file <path>', 'file that holds it')
    .option(
      '--use <uses>',
      'sign_in, export or both, separated by a comma (default: export with --to, otherwise sign_in)',
    )
    .option(
      '--to <place>',
      'a place that it may be handed to: holder=ARM id or organization/project, and for workspace connections target=address; repeatable',
      (place: string, places: readonly string[] = []) => [...places, place],
    )
    .option('--cloud <name>', 'the cloud whose services may see it (default: public)')
    .addHelpText('after', exampleHelp('secrets set'))
    .action((name: string, flags: SetSecretFlags) => work(flags, (commands) => commands.setSecret(name, flags)));
  add('show <name>', 'print a secret, after a question')
    .option('--yes', 'without the question')
    .action((name: string, flags: SecretsFlags & { yes?: boolean }) =>
      work(flags, (commands) => commands.showSecret(name, flags)),
    );
  add('remove <name>', 'destroy a secret').action((name: string, flags: SecretsFlags) =>
    work(flags, (commands) => commands.removeSecret(name, flags)),
  );
}

function refuseAgent(flags: SecretsFlags): void {
  if (!isAgent(flags)) return;
  throw new AppError('refused', 'Named secrets are for the person at the terminal only.', {
    hint: 'Ask the person who runs Tenantry.',
  });
}
