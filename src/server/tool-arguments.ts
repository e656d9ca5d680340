import type { z } from 'zod';
import { counted } from '../core/base/counted.ts';
import { invalidArgument } from '../core/base/errors.ts';
import { explainIssues, joinPath } from '../core/base/explain-issues.ts';
import { withoutNulls } from '../core/base/schema-shape.ts';
import { Secret } from '../core/secrets/secret.ts';
import type { Runtime } from '../runtime/runtime.ts';

/**
 * Arguments as the schema understands them, or an `invalid_argument` that names every problem. Secrets among them are
 * remembered, so that no answer shows them.
 */
export async function parseArguments(schema: z.ZodType, input: unknown, known: Runtime['secrets']): Promise<unknown> {
  const given = input ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalidArgument('arguments: expected a JSON object.', 'Pass the arguments as an object with named fields.');
  }
  const found: Findings = { values: 0, nulls: 0, broken: 0 };
  measure(given, [], found);
  const whole = found.broken === 0 ? given : wellFormed(given);
  const meant = found.nulls === 0 ? whole : withoutNulls(schema, whole);
  const parsed = schema.safeParse(meant);
  if (!parsed.success) throw await explainIssues(schema, meant, parsed.error.issues);
  rememberSecrets(parsed.data, known);
  return parsed.data;
}

/** Limits that are checked before any schema, so that no input can make a schema work hard. */
const inputBounds = { stringLength: 100_000, depth: 32, values: 100_000 } as const;

/** What is in the arguments. */
interface Findings {
  values: number;
  nulls: number;
  /** Texts with half of a surrogate pair. */
  broken: number;
}

/** The same arguments with U+FFFD for what is no Unicode: it could not be sent as it is. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key.toWellFormed(), wellFormed(child)]));
}

/** Throws `invalid_argument` where the arguments are too large, and counts what is in them. */
function measure(value: unknown, path: Step[], found: Findings): void {
  found.values += 1;
  if (value === null) found.nulls += 1;
  if (found.values > inputBounds.values) {
    throw invalidArgument(
      `The arguments hold more than ${inputBounds.values} values.`,
      'Split the work into several calls.',
    );
  }
  if (typeof value === 'string') {
    checkLength(value, inputBounds.stringLength - 1, path);
    if (!value.isWellFormed()) found.broken += 1;
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw invalidArgument(
      `${nameOf(path)}: a whole number beyond 2^53, whose last digits are lost on the way here.`,
      'Pass it as text, such as "12345678901234567890".',
    );
  }
  if (typeof value !== 'object' || value === null) return;
  if (path.length >= inputBounds.depth) {
    throw invalidArgument(
      `${nameOf(path)}: nested more than ${inputBounds.depth} levels deep.`,
      `Pass JSON of at most ${inputBounds.depth} levels.`,
    );
  }
  for (const [key, child] of Object.entries(value)) {
    checkLength(key, 1_000, path);
    if (!key.isWellFormed()) found.broken += 1;
    if (key === '__proto__') {
      // Code that copies an object may set its prototype instead.
      throw invalidArgument(`${nameOf(path)}: __proto__ cannot be the name of a field.`, 'Leave it out.');
    }
    path.push({ key, inArray: Array.isArray(value) });
    measure(child, path, found);
    path.pop();
  }
}

function checkLength(text: string, most: number, path: readonly Step[]): void {
  if (text.length <= most) return;
  throw invalidArgument(
    `${nameOf(path)}: a text of ${counted(text.length, 'character')}.`,
    `Pass texts shorter than ${inputBounds.stringLength} characters and keys of at most 1000.`,
  );
}

/** One step on the way to a value; put into words only for an error. */
interface Step {
  readonly key: string;
  readonly inArray: boolean;
}

function nameOf(path: readonly Step[]): string {
  return path.reduce((text, { key, inArray }) => joinPath(text, key, inArray), '') || 'arguments';
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
