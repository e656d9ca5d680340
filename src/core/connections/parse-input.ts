import type { z } from 'zod';
import { AppError } from '../base/errors.ts';

/** Parses what a caller passed; the error names the field and what is valid, and never repeats the value. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown, name: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = [name, ...(issue?.path ?? [])]
    .filter((part) => part !== '')
    .map(String)
    .join('.');
  throw new AppError('invalid_argument', `${path} is not valid.`, {
    hint: issue === undefined ? 'Correct the value.' : `${issue.message[0]?.toUpperCase()}${issue.message.slice(1)}.`,
    detail: { field: path },
  });
}
