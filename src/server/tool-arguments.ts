import { AppError, invalidArgument } from '../core/base/errors.ts';
import { explainIssues } from '../core/base/explain-issues.ts';
import { isRecord, textOf } from '../core/base/guards.ts';
import { Secret } from '../core/secrets/secret.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import { InputBounds } from './inputs/input-bounds.ts';
import { MeaningReader } from './inputs/read-as-meant.ts';
import { Readings } from './inputs/readings.ts';

/** The arguments of a call, before and after the schema of its tool. */
export interface ToolArguments {
  /** As they were meant, in the spelling of the schema: two spellings of one call are the same here. */
  readonly meant: Readonly<Record<string, unknown>>;
  /** What the handler gets. */
  readonly parsed: unknown;
  /** What was read differently from how it was written. */
  readonly notes: readonly string[];
}

interface ParseOptions {
  /** Remembers the secrets among the arguments. */
  readonly known: Runtime['secrets'];
  /** The valid names, for a connection that is missing or cannot be one. */
  readonly offerConnections: (given: string) => Promise<string>;
}

/**
 * Arguments as the schema understands them, or an `invalid_argument` that names every problem. Secrets among them are
 * remembered, so that no answer shows them.
 */
export async function parseArguments(
  { name, accepts, readPasted }: Pick<ToolDefinition, 'name' | 'accepts' | 'readPasted'>,
  input: unknown,
  { known, offerConnections }: ParseOptions,
): Promise<ToolArguments> {
  const schema = accepts();
  const bounds = new InputBounds();
  const readings = new Readings();
  const spelt = new MeaningReader(bounds, readings).read(schema, bounds.admit(input ?? {}));
  if (!isRecord(spelt)) {
    throw invalidArgument('arguments: expected a JSON object.', 'Pass the arguments as an object with named fields.');
  }
  const meant = readPasted === undefined ? spelt : readPasted(spelt, (sentence) => readings.note(sentence));
  // What was found in texts counts like everything else.
  if (meant !== spelt) new InputBounds().admit(meant);
  if (known.holdsSignIn(JSON.stringify(meant))) throw passedOn();
  const parsed = schema.safeParse(meant);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const error = await explainIssues(schema, meant, issues);
    const field = issues.map(({ path: [first] }) => first).find((one) => namesConnection(one, name));
    throw field === undefined ? error : withConnections(error, await offerConnections(textOf(meant[String(field)])));
  }
  rememberSecrets(parsed.data, known);
  return { meant, parsed: parsed.data, notes: readings.notes() };
}

/** Tokens of callers go to the login host alone, and only by ourselves: a service could use them here. */
function passedOn(): AppError {
  return new AppError('refused', 'The arguments hold a token that somebody has signed in to this server with.', {
    hint: 'Leave it out: a connection signs in by itself. A connection with auth_type on_behalf_of acts for whoever calls.',
  });
}

/** Whether an argument is the name of a connection that has to exist. */
function namesConnection(field: PropertyKey | undefined, tool: string): boolean {
  return field === 'connection' || field === 'admin_connection' || (field === 'name' && tool === 'list_connections');
}

function withConnections({ code, message, hint }: AppError, offer: string): AppError {
  return new AppError(code, message, { hint: hint === undefined ? offer : `${hint} ${offer}` });
}

/** Most literal secrets of one call that are masked: no call may push those of others out of memory. */
const mostSecretsOfCall = 300;

function rememberSecrets(args: unknown, known: Runtime['secrets']): void {
  let left = mostSecretsOfCall;
  const visit = (value: unknown): void => {
    if (left === 0 || typeof value !== 'object' || value === null) return;
    if (value instanceof Secret) {
      known.add(value);
      left -= 1;
      return;
    }
    for (const child of Object.values(value)) visit(child);
  };
  visit(args);
}
