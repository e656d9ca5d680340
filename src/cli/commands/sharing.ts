import { type Command, Option } from 'commander';
import { AppError } from '../../core/base/errors.ts';
import { type SharedAccess, sharedAccesses } from '../../core/record/sharing.ts';
import { type AnswerFlags, isAgent } from '../ask-terminal.ts';
import { withCommonOptions } from '../common-options.ts';
import { exampleHelp } from '../examples.ts';
import type { CommonFlags } from '../flags.ts';
import type { OutputFlags } from '../output/output-format.ts';

type Run = (work: (signal: AbortSignal) => Promise<number>) => Promise<void>;

export interface OwnerFlags extends CommonFlags {
  /** Whose connection it is; by default that of the person at this machine. */
  readonly owner?: string;
  /** What a bot passes with what a model wrote: it shares nothing. */
  readonly agent?: boolean;
}

export interface ShareFlags extends OwnerFlags {
  readonly with: readonly string[];
  readonly access: SharedAccess;
}

export interface ListFlags extends CommonFlags, OutputFlags {
  /** The connections of everybody. */
  readonly all?: boolean;
  readonly owner?: string;
}

/** `tenantry connections share` and `unshare`: with whom connections are shared, for the person at the terminal only. */
export function addSharingCommands(group: Command, run: Run): void {
  const add = (word: string, description: string) =>
    withCommonOptions(group.command(`${word} <name>`))
      .description(description)
      .requiredOption(
        '--with <whom>',
        'everyone who signs in, group:<object id> or user:<object id>; repeatable',
        (whom: string, others: readonly string[] = []) => [...others, whom],
      )
      .option('--owner <id>', 'whose connection: <tenant id>/<object id> (default: yours)')
      .addOption(new Option('--agent').hideHelp())
      .addHelpText('after', exampleHelp(`connections ${word}`));
  add('share', 'let others who sign in over HTTP use a connection')
    .addOption(
      new Option('--access <access>', 'read: as a read-only connection; write: with its own access')
        .choices(sharedAccesses)
        .default('read'),
    )
    .action((name: string, flags: ShareFlags) =>
      run(async (signal) => {
        requireOperator(flags);
        return (await import('../run-sharing.ts')).shareConnection(name, flags, signal);
      }),
    );
  add('unshare', 'take back what share has given').action((name: string, flags: ShareFlags) =>
    run(async (signal) => {
      requireOperator(flags);
      return (await import('../run-sharing.ts')).unshareConnection(name, flags, signal);
    }),
  );
}

/** Throws `refused` where a model speaks. */
export function requireOperator(flags: AnswerFlags): void {
  if (!isAgent(flags)) return;
  throw new AppError('refused', 'What belongs to others is for the person at the terminal only.', {
    hint: 'Ask the person who runs Tenantry.',
  });
}
