import type { z } from 'zod';
import { counted } from '../core/base/counted.ts';
import { type AppError, invalidArgument } from '../core/base/errors.ts';
import { explainIssues, joinPath } from '../core/base/explain-issues.ts';
import { withoutNulls } from '../core/base/schema-shape.ts';
import { type KnownSecrets, Secret } from '../core/secrets/secret.ts';

/**
 * Arguments as the schema understands them, or an `invalid_argument` that names every problem. Secrets among them are
 * made known, since they must not go out again, in whatever answer they turn up.
 */
export async function parseArguments(
  schema: z.ZodType,
  input: unknown,
  known: Pick<KnownSecrets, 'add'>,
): Promise<unknown> {
  const given = input ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalidArgument('arguments: expected a JSON object.', 'Pass the arguments as an object with named fields.');
  }
  const oversize = findOversize(given, [], { values: 0 });
  if (oversize) throw oversize;
  const meant = withoutNulls(schema, given);
  const parsed = schema.safeParse(meant);
  if (!parsed.success) throw await explainIssues(schema, meant, parsed.error.issues);
  rememberSecrets(parsed.data, known);
  return parsed.data;
}

/** Limits on arguments that hold before any schema looks at them, so that no schema can be made to work hard. */
const inputBounds = { stringLength: 100_000, depth: 32, values: 100_000 } as const;

/** What is wrong with the size of the arguments, or undefined. */
function findOversize(value: unknown, path: Step[], counter: { values: number }): AppError | undefined {
  counter.values += 1;
  if (counter.values > inputBounds.values) {
    return invalidArgument(
      `The arguments hold more than ${inputBounds.values} values.`,
      'Split the work into several calls.',
    );
  }
  if (typeof value === 'string') return value.length < inputBounds.stringLength ? undefined : tooLong(path, value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length >= inputBounds.depth) {
    return invalidArgument(
      `${nameOf(path)}: nested more than ${inputBounds.depth} levels deep.`,
      `Pass JSON of at most ${inputBounds.depth} levels.`,
    );
  }
  for (const [key, child] of Object.entries(value)) {
    if (key.length > 1_000) return tooLong(path, key);
    if (key === '__proto__') return prototypeKey(path);
    path.push({ key, inArray: Array.isArray(value) });
    const found = findOversize(child, path, counter);
    if (found) return found;
    path.pop();
  }
  return undefined;
}

/** Some copies of an object take it for its prototype: it would get lost, or do worse. */
function prototypeKey(path: readonly Step[]): AppError {
  return invalidArgument(`${nameOf(path)}: __proto__ cannot be the name of a field.`, 'Leave it out.');
}

function tooLong(path: readonly Step[], text: string): AppError {
  return invalidArgument(
    `${nameOf(path)}: a text of ${counted(text.length, 'character')}.`,
    `Pass texts shorter than ${inputBounds.stringLength} characters and keys of at most 1000.`,
  );
}

interface Step {
  readonly key: string;
  readonly inArray: boolean;
}

/** Where a value is; put into words only when it is needed. */
function nameOf(path: readonly Step[]): string {
  return path.reduce((text, { key, inArray }) => joinPath(text, key, inArray), '') || 'arguments';
}

/** So many literal secrets of one call are masked at most: no call may push those of others out of the memory. */
const mostSecretsOfCall = 300;

function rememberSecrets(args: unknown, known: Pick<KnownSecrets, 'add'>): void {
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
