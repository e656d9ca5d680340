import { type Command, Option } from 'commander';
import { AppError } from '../../core/base/errors.ts';
import { isAgent } from '../ask-terminal.ts';
import { withCommonOptions } from '../common-options.ts';
import { exampleHelp } from '../examples.ts';
import type { CommonFlags } from '../flags.ts';
import { type OutputFlags, withOutputOption } from '../output/output-format.ts';

type Run = (work: (signal: AbortSignal) => Promise<number>) => Promise<void>;
type Commands = typeof import('../run-secrets.ts');

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
    withCommonOptions(group.command(usage))
      .description(description)
      .addOption(new Option('--agent').hideHelp())
      .addHelpText('after', exampleHelp(`secrets ${usage.replace(/ .*/, '')}`));
  const work = (flags: SecretsFlags, start: (commands: Commands, signal: AbortSignal) => Promise<number>) =>
    run(async (signal) => {
      refuseAgent(flags);
      return start(await import('../run-secrets.ts'), signal);
    });
  withOutputOption(add('list', 'list named secrets: what each is for, never what it is'))
    .option('--json', 'the same as -o json')
    .action((flags: SecretsFlags & OutputFlags) => work(flags, (commands) => commands.listSecrets(flags)));
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
    .action((name: string, flags: SetSecretFlags) =>
      work(flags, (commands, signal) => commands.setSecret(name, flags, signal)),
    );
  add('show <name>', 'print a secret, after a question')
    .option('--yes', 'without the question')
    .action((name: string, flags: SecretsFlags & { yes?: boolean }) =>
      work(flags, (commands, signal) => commands.showSecret(name, flags, signal)),
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
