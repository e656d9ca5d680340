import type { z } from 'zod';
import { invalidArgument } from '../core/base/errors.ts';
import { findOversize } from './bound-input.ts';
import { describeIssues } from './describe-issues.ts';
import { withoutNulls } from './schema-shape.ts';

/** Arguments as the schema understands them, or an `invalid_argument` that names every problem. */
export async function parseInput(schema: z.ZodType, input: unknown): Promise<unknown> {
  const given = input ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalidArgument('arguments: expected a JSON object.', 'Pass the arguments as an object with named fields.');
  }
  const oversize = findOversize(given);
  if (oversize) throw oversize;
  const meant = withoutNulls(schema, given);
  const parsed = schema.safeParse(meant);
  if (parsed.success) return parsed.data;
  throw await describeIssues(schema, meant, parsed.error.issues);
}
