import { type Command, Option } from 'commander';
import { AppError } from '../../core/base/errors.ts';
import { isAgent } from '../ask-terminal.ts';
import { withCommonOptions } from '../common-options.ts';
import { exampleHelp } from '../examples.ts';
import type { CommonFlags } from '../flags.ts';

type Run = (work: (signal: AbortSignal) => Promise<number>) => Promise<void>;
type Commands = typeof import('../run-store.ts');

export interface StoreFlags extends CommonFlags {
  /** What a bot passes with what a model wrote: it gets nothing here. */
  readonly agent?: boolean;
}

/** `tenantry store …`: the store as a whole, for the person at the terminal only. */
export function addStoreCommand(program: Command, run: Run): void {
  const group = program
    .command('store')
    .description('bring the store up to date, carry it from SQLite to PostgreSQL and back, or rotate its master key')
    .addHelpText('after', exampleHelp('store'));
  const add = (usage: string, description: string) =>
    withCommonOptions(group.command(usage))
      .description(description)
      .addOption(new Option('--agent').hideHelp())
      .addHelpText('after', exampleHelp(`store ${usage.replace(/ .*/, '')}`));
  const work = (flags: StoreFlags, start: (commands: Commands, signal: AbortSignal) => Promise<number>) =>
    run(async (signal) => {
      refuseAgent(flags);
      return start(await import('../run-store.ts'), signal);
    });
  add('migrate', 'make the tables of the configured store, or bring them to this version').action((flags: StoreFlags) =>
    work(flags, (commands) => commands.migrateStore(flags)),
  );
  add('export <file>', 'write connections, their secrets, named secrets and receipts into a new file').action(
    (file: string, flags: StoreFlags) => work(flags, (commands, signal) => commands.exportStore(file, flags, signal)),
  );
  add('import <file>', 'carry an export into the configured store: all of it, or nothing')
    .option('--replace', 'also over other connections and secrets with the same names')
    .action((file: string, flags: StoreFlags & { readonly replace?: boolean }) =>
      work(flags, (commands, signal) => commands.importStore(file, flags, signal)),
    );
  add('rotate-key', 'bring everything under a new master key; where it was interrupted it goes on').action(
    (flags: StoreFlags) => work(flags, (commands, signal) => commands.rotateKey(flags, signal)),
  );
}

function refuseAgent(flags: StoreFlags): void {
  if (!isAgent(flags)) return;
  throw new AppError('refused', 'The store as a whole is for the person at the terminal only.', {
    hint: 'Ask the person who runs Tenantry.',
  });
}
