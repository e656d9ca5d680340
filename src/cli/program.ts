import { Argument, Command, CommanderError, Option } from 'commander';
import { shownText } from '../core/base/clean-text.ts';
import { AppError } from '../core/base/errors.ts';
import { version } from '../server/version.ts';
import type { AnswerFlags } from './ask-terminal.ts';
import type { ApproveFlags } from './commands/approve.ts';
import type { AuditFlags } from './commands/audit.ts';
import { addConnectionsCommand } from './commands/connections.ts';
import type { DoctorFlags } from './commands/doctor.ts';
import type { HttpFlags } from './commands/http.ts';
import { addSecretsCommand } from './commands/secrets.ts';
import type { SetupFlags } from './commands/setup.ts';
import {
  exampleHelp,
  exampleOf,
  parseLines,
  parsePort,
  parseUsers,
  withAnswerOptions,
  withCommonOptions,
} from './common-options.ts';
import { exitCodes, UsageError, unknownWord } from './exit-codes.ts';
import type { CommonFlags } from './flags.ts';
import type { AmountFlags } from './run-call.ts';
import { type SetupClient, setupClients } from './setup/client-config.ts';
import { suggestionFor } from './suggestion.ts';

type Run = (work: () => Promise<number>) => Promise<void>;

/** Parses the command line and runs the command; resolves with the exit code. Commands are loaded when they are run. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let code: number = exitCodes.success;
  const program = createProgram(async (work) => {
    code = await work();
  });
  try {
    await refuseUnknownCommand(program, argv[0]);
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, argv[0], await suggestionFor(error, program, argv));
  }
}

/** The default command takes no arguments, so an unknown word is a mistyped command. */
async function refuseUnknownCommand(program: Command, word: string | undefined): Promise<void> {
  const known = [...program.commands.map((command) => command.name()), 'help'];
  if (word === undefined || word.startsWith('-') || known.includes(word)) return;
  throw await unknownWord('command', word, known, 'tenantry --help');
}

/** The whole command line; `run` gets the work of the command that was chosen. */
export function createProgram(run: Run): Command {
  const program = new Command('tenantry')
    .description(
      'MCP server and command line for Microsoft Graph, Azure resources, Azure Machine Learning workspace connections and Azure DevOps service connections, through named, validated connections.',
    )
    .version(version)
    .exitOverride()
    // A refusal repeats the words of the command line, which may come from a script or from a model.
    .configureOutput({
      writeOut: (text) => void process.stdout.write(shownText(text)),
      writeErr: (text) => void process.stderr.write(shownText(text)),
    })
    // Its own suggestions lead astray: those of explain() are near.
    .showSuggestionAfterError(false)
    .showHelpAfterError('Add --help for the options.')
    .addHelpText('after', '\nExample:\n  tenantry --sandbox              an MCP server on stdio with a sandbox tenant');
  const add = (name: string, description: string) =>
    program
      .command(name, { isDefault: name === 'stdio' })
      .description(description)
      .addHelpText('after', exampleHelp(name));
  withCommonOptions(add('stdio', 'serve MCP over stdio (default)')).action((flags: CommonFlags) =>
    run(async () => (await import('./commands/stdio.ts')).runStdio(flags)),
  );
  withCommonOptions(add('http', 'serve MCP over streamable HTTP at /mcp, on loopback'))
    .option('--host <address>', 'loopback address to listen on', '127.0.0.1')
    .option('--port <number>', 'port; 0 picks a free one', parsePort, 3000)
    .addOption(
      new Option('--socket <path>', 'Unix socket for this user only, instead of a port and its token').conflicts([
        'host',
        'port',
      ]),
    )
    .action((flags: HttpFlags) => run(async () => (await import('./commands/http.ts')).runHttp(flags)));
  withAnswerOptions(withCommonOptions(add('call', 'run one tool and print its answer as JSON')))
    .argument('<tool>', 'name of the tool, see tenantry tools')
    .argument('[arguments]', 'JSON, @file, or - for stdin')
    .option(
      '--verbose',
      'also request ids, attempts, requests, pages and time, and all that the service said about an error',
    )
    .action((tool: string, argument: string | undefined, flags: CommonFlags & AnswerFlags & AmountFlags) =>
      run(async () => {
        const { readArgument, runCall } = await import('./run-call.ts');
        return runCall(tool, await readArgument(argument), flags);
      }),
    );
  withCommonOptions(add('tools', 'list the advertised tools, with an estimate of the tokens they take'))
    .option('--json', 'the definitions as clients get them')
    .action((flags: CommonFlags & { json?: boolean }) =>
      run(async () => (await import('./commands/tools.ts')).runTools(flags)),
    );
  addConnectionsCommand(program, run);
  withAnswerOptions(withCommonOptions(add('approve', 'show what waits for a person’s yes, or answer it')))
    .argument('[code]', 'code of a refusal; without it, everything that waits')
    .option('--decline', 'say no')
    .action((code: string | undefined, flags: ApproveFlags) =>
      run(async () => (await import('./commands/approve.ts')).runApprove(code, flags)),
    );
  addSecretsCommand(program, run);
  add('sandbox', 'serve the sandbox tenant on a loopback port; prints one line of JSON when ready')
    .option('--port <number>', 'port; 0 picks a free one', parsePort, 0)
    .option('--users <number>', 'number of users in the tenant (default 240)', parseUsers)
    .action((flags: { port: number; users?: number }) =>
      run(async () => (await import('./commands/sandbox.ts')).runSandbox(flags)),
    );
  add('demo', 'take a guided tour against the sandbox; exits with an error if any step fails').action(() =>
    run(async () => (await import('./commands/demo.ts')).runDemoCommand()),
  );
  withCommonOptions(add('doctor', 'check Node, configuration, home, store and the health of connections'))
    .option('--json', 'findings as JSON')
    .option('--validate', 'validate every connection now, which talks to its services')
    .action((flags: DoctorFlags) => run(async () => (await import('./commands/doctor.ts')).runDoctor(flags)));
  withCommonOptions(add('audit', 'show the audit log: who did what to which objects, newest last'))
    .option('-n, --lines <number>', 'how many of the newest lines', parseLines, 50)
    .option('--follow', 'go on with new lines until interrupted')
    .option('--connection <name>', 'only calls over this connection')
    .option('--tool <name>', 'only calls of this tool')
    .option('--denied', 'only calls that were refused: by a rule, for lack of permission, or without a sign-in')
    .action((flags: AuditFlags) => run(async () => (await import('./commands/audit.ts')).runAudit(flags)));
  withCommonOptions(add('setup', 'print or write the configuration of an MCP host'))
    .addArgument(new Argument('<client>', 'the host').choices([...setupClients]))
    .option('--write', "merge it into the host's file and keep a backup")
    .action((client: SetupClient, flags: SetupFlags) =>
      run(async () => (await import('./commands/setup.ts')).runSetup(client, flags)),
    );
  return program;
}

/** Says on stderr what went wrong, and returns the exit code. */
function explain(error: unknown, command: string | undefined, suggestion: string): number {
  if (error instanceof CommanderError) {
    // The library has printed its message, or the help that was asked for.
    if (error.exitCode === 0) return exitCodes.success;
    // The help of a group without its command ends with the example.
    if (error.code === 'commander.help') return exitCodes.usage;
    process.stderr.write(`${suggestion}For example: ${exampleOf(command?.startsWith('-') ? undefined : command)}\n`);
    return exitCodes.usage;
  }
  if (error instanceof UsageError || error instanceof AppError) {
    const more = error instanceof UsageError ? `\nFor example: ${error.example}` : error.hint ? ` ${error.hint}` : '';
    process.stderr.write(`error: ${shownText(`${error.message}${more}`)}\n`);
    return exitCodes.usage;
  }
  const name = error instanceof Error ? error.name : 'unknown';
  process.stderr.write(`error: an unexpected failure (${name}).\n`);
  return exitCodes.toolError;
}
