import { Argument, Command, CommanderError, Option } from 'commander';
import { shownText } from '../core/base/clean-text.ts';
import { version } from '../server/version.ts';
import type { ApproveFlags } from './commands/approve.ts';
import type { AuditFlags } from './commands/audit.ts';
import { addConnectionsCommand } from './commands/connections.ts';
import type { DoctorFlags } from './commands/doctor.ts';
import type { HttpFlags } from './commands/http.ts';
import type { RegisterFlags } from './commands/http-register.ts';
import type { SandboxFlags } from './commands/sandbox.ts';
import { addSecretsCommand } from './commands/secrets.ts';
import type { SelfcheckFlags } from './commands/selfcheck.ts';
import type { SetupFlags } from './commands/setup.ts';
import { addStoreCommand } from './commands/store.ts';
import type { UndoFlags } from './commands/undo.ts';
import {
  parseLines,
  parsePort,
  parseReceipt,
  parseTenants,
  parseUsers,
  withAnswerOptions,
  withCommonOptions,
} from './common-options.ts';
import { exampleHelp, exampleOf } from './examples.ts';
import { exitCodes, UsageError, unknownWord } from './exit-codes.ts';
import { explainFailure, suggestionFor } from './explain-failure.ts';
import type { CommonFlags } from './flags.ts';
import { withFlagsBehind } from './flags-in-front.ts';
import { commandAt, helpCommand } from './help-command.ts';
import { type OutputFlags, withOutputOption } from './output/output-format.ts';
import type { CallFlags } from './run-call.ts';
import { type SetupClient, setupClients } from './setup/client-config.ts';
import { interruptible } from './until.ts';

type Run = (work: (signal: AbortSignal) => Promise<number>) => Promise<void>;
type Serve = (work: () => Promise<number>) => Promise<void>;

/** Parses the command line and runs the command; resolves with the exit code. Commands are loaded when they are run. */
export async function runProgram(given: readonly string[]): Promise<number> {
  let code: number = exitCodes.success;
  const program = createProgram(
    async (work) => {
      code = await interruptible(work);
    },
    async (serve) => {
      code = await serve();
    },
  );
  const argv = withFlagsBehind(
    given,
    program.commands.map((command) => command.name()),
  );
  try {
    await refuseUnknownCommand(program, argv[0]);
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, program, argv, await suggestionFor(error, program, argv));
  }
}

/** The default command takes no arguments, so an unknown word is a mistyped command. */
async function refuseUnknownCommand(program: Command, word: string | undefined): Promise<void> {
  const known = program.commands.map((command) => command.name());
  if (word === undefined || word.startsWith('-') || known.includes(word)) return;
  throw await unknownWord('command', word, known, 'tenantry --help');
}

/**
 * The whole command line; `run` gets the work of the command that was chosen, and `serve` that of a command which goes on
 * until it is told to stop.
 */
export function createProgram(run: Run, serve: Serve): Command {
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
  const parts = { add, run, serve };
  // In the order of the help.
  addStdio(parts);
  addHttp(parts);
  addCalls(parts);
  addConnectionsCommand(program, run);
  addApproval(parts);
  addSecretsCommand(program, run);
  addStoreCommand(program, run);
  addSandbox(parts);
  addCare(parts);
  return program.helpCommand(false).addCommand(helpCommand(program));
}

interface Parts {
  readonly add: (name: string, description: string) => Command;
  readonly run: Run;
  readonly serve: Serve;
}

function addStdio({ add, serve }: Parts): void {
  withCommonOptions(add('stdio', 'serve MCP over stdio (default)')).action((flags: CommonFlags) =>
    serve(async () => (await import('./commands/stdio.ts')).runStdio(flags)),
  );
}

function addHttp({ add, run, serve }: Parts): void {
  withCommonOptions(add('http', 'serve MCP over streamable HTTP at /mcp'))
    .option(
      '--host <address>',
      'address to listen on (default: http.host, or 127.0.0.1); others than loopback need sign-in',
    )
    .option('--port <number>', 'port; 0 picks a free one (default: http.port, or 3000)', parsePort)
    .addOption(
      new Option('--socket <path>', 'Unix socket for this user only, instead of a port and its token').conflicts([
        'host',
        'port',
      ]),
    )
    .option('--register', 'print the commands that register the app by which people sign in, and serve nothing')
    .option('--public-url <url>', 'with --register: how clients will reach the server')
    .option('--tenant <id>', 'with --register: the tenant to register it in')
    .action((flags: HttpFlags & RegisterFlags & { readonly register?: boolean }) =>
      flags.register
        ? run(async () => (await import('./commands/http-register.ts')).runRegister(flags))
        : serve(async () => {
            for (const name of ['publicUrl', 'tenant'] as const) refuseWithout(flags, name);
            return (await import('./commands/http.ts')).runHttp(flags);
          }),
    );
}

/** A server that is not what the flag asks for would look as if it were. */
function refuseWithout(flags: RegisterFlags, name: 'publicUrl' | 'tenant'): void {
  if (flags[name] === undefined) return;
  const [flag, key] = name === 'tenant' ? ['--tenant', 'sign_in.tenants'] : ['--public-url', 'public_url'];
  throw new UsageError(
    `${flag} goes with --register. A server takes http.${key} from tenantry.yaml.`,
    'tenantry http --port 3000',
  );
}

function addCalls({ add, run }: Parts): void {
  withOutputOption(withAnswerOptions(withCommonOptions(add('call', 'run one tool and print its answer'))))
    .argument('<tool>', 'name of the tool, see tenantry tools')
    .argument('[arguments]', 'JSON, @file, or - for stdin')
    .option(
      '--verbose',
      'also request ids, attempts, requests, pages and time, and all that the service said about an error',
    )
    .action((tool: string, argument: string | undefined, flags: CallFlags) =>
      run(async (signal) => {
        const { readArgument } = await import('./read-argument.ts');
        const input = await readArgument(argument, signal);
        return (await import('./run-call.ts')).runCall(tool, input, flags, { signal });
      }),
    );
  withOutputOption(
    withCommonOptions(add('tools', 'list the advertised tools, with an estimate of the tokens they take')),
  )
    .option('--json', 'the definitions as clients get them, the same as -o json')
    .action((flags: CommonFlags & OutputFlags) =>
      run(async () => (await import('./commands/tools.ts')).runTools(flags)),
    );
}

function addApproval({ add, run }: Parts): void {
  withOutputOption(
    withAnswerOptions(withCommonOptions(add('approve', 'show what waits for a person’s yes, or answer it'))),
  )
    .argument('[code]', 'code of a refusal; without it, everything that waits')
    .option('--decline', 'say no')
    .action((code: string | undefined, flags: ApproveFlags) =>
      run(async (signal) => (await import('./commands/approve.ts')).runApprove(code, flags, signal)),
    );
}

function addSandbox({ add, run, serve }: Parts): void {
  add('sandbox', 'serve the sandbox tenant on a loopback port; prints one line of JSON when ready')
    .option('--port <number>', 'port; 0 picks a free one', parsePort, 0)
    .option('--users <number>', 'number of users in each tenant (default 240)', parseUsers)
    .option('--tenants <number>', 'number of tenants behind the same addresses (default 1)', parseTenants)
    .option('--tls', 'serve https; the line names the certificate that clients have to trust')
    .option('--home <dir>', 'home folder for commands that use it, empty or new (default: one for this run)')
    .action((flags: SandboxFlags) => serve(async () => (await import('./commands/sandbox.ts')).runSandbox(flags)));
  add('demo', 'take a guided tour against the sandbox; exits with an error if any step fails').action(() =>
    run(async (signal) => (await import('./commands/demo.ts')).runDemoCommand(signal)),
  );
}

function addCare({ add, run, serve }: Parts): void {
  withOutputOption(
    withCommonOptions(add('doctor', 'check Node, configuration, home, store and the health of connections')),
  )
    .option('--json', 'the same as -o json')
    .option('--validate', 'validate every connection now, which talks to its services')
    .action((flags: DoctorFlags) =>
      run(async (signal) => (await import('./commands/doctor.ts')).runDoctor(flags, signal)),
    );
  withOutputOption(
    withCommonOptions(
      add('selfcheck', 'compare what the services of a connection answer with what Tenantry assumes, with reads only'),
    ),
  )
    .argument('<connection>', 'name of the connection')
    .option('--out <file>', 'file for the report (default: tenantry-selfcheck-DATE.json in this folder)')
    .action((connection: string, flags: SelfcheckFlags) =>
      run(async (signal) => (await import('./commands/selfcheck.ts')).runSelfcheckCommand(connection, flags, signal)),
    );
  withOutputOption(
    withAnswerOptions(
      withCommonOptions(
        add('audit', 'show the audit log: who did what to which objects, newest last; or undo a write'),
      ),
    ),
  )
    .option('-n, --lines <number>', 'how many of the newest lines', parseLines, 50)
    .option('--follow', 'go on with new lines until interrupted')
    .option('--connection <name>', 'only calls over this connection')
    .option('--tool <name>', 'only calls of this tool')
    .option('--caller <id>', 'only calls of one caller: local, or <tenant id>/<object id>')
    .option('--denied', 'only calls that were refused: by a rule, for lack of permission, or without a sign-in')
    .addOption(
      new Option('--undo <id>', 'show how the write of this receipt is undone, and do so after a yes')
        .conflicts('follow')
        .argParser(parseReceipt),
    )
    .option('--force', 'with --undo --yes: also over what was changed since the write')
    .action((flags: AuditFlags & UndoFlags & { readonly undo?: string }) => {
      const { undo } = flags;
      return undo === undefined
        ? serve(async () => (await import('./commands/audit.ts')).runAudit(flags))
        : run(async (signal) => (await import('./commands/undo.ts')).runUndo(undo, flags, signal));
    });
  withCommonOptions(add('setup', 'print or write the configuration of an MCP host'))
    .addArgument(new Argument('<client>', `the host: ${setupClients.join(', ')}`))
    .option('--write', "merge it into the host's file and keep a backup")
    .action((client: string, flags: SetupFlags) =>
      run(async () => (await import('./commands/setup.ts')).runSetup(clientOf(client), flags)),
    );
}

function clientOf(word: string): SetupClient {
  const client = setupClients.find((one) => one === word);
  if (client !== undefined) return client;
  const valid = setupClients.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  throw new UsageError(`There is no client ${JSON.stringify(word.slice(0, 100))}; use ${valid}.`, exampleOf('setup'));
}

/** Says on stderr what went wrong, and returns the exit code. */
function explain(error: unknown, program: Command, argv: readonly string[], suggestion: string): number {
  if (!(error instanceof CommanderError)) return explainFailure(error);
  // The library has printed its message, or the help that was asked for.
  if (error.exitCode === 0) return exitCodes.success;
  // The help of a group without its command ends with the example.
  if (error.code === 'commander.help') return exitCodes.usage;
  const { path } = commandAt(program, argv);
  process.stderr.write(`${suggestion}For example: ${exampleOf(path.length === 0 ? 'stdio' : path.join(' '))}\n`);
  return exitCodes.usage;
}
