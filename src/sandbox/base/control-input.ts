import * as z from 'zod';
import type { Fault } from '../sandbox.ts';

const faultSchema = z.strictObject({
  match: z.string().min(1).max(2_000).optional(),
  service: z
    .enum(['login', 'graph', 'arm', 'devops', 'upload', 'monitor', 'storage', 'servicebus', 'search'])
    .optional(),
  status: z.int().min(200).max(599).optional(),
  times: z.int().min(1).max(1_000_000).optional(),
  retry_after: z.union([z.string().max(100), z.number().min(0)]).optional(),
  reset: z.enum(['before', 'after']).optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string()).optional(),
  delay_ms: z.int().min(0).max(600_000).optional(),
  kind: z.enum(['loop_next_link', 'foreign_next_link', 'duplicate_page', 'empty_page', 'expire_page_token']).optional(),
  tenant: z.string().min(1).max(100).optional(),
});

const schemas = {
  fault: faultSchema.refine((fault) => fault.body === undefined || fault.status !== undefined, {
    message: 'body needs a status',
    path: ['body'],
  }),
  clock: z.strictObject({
    advance: z
      .number()
      .min(0)
      .max(10 * 366 * 86_400),
  }),
  object: z.strictObject({
    service: z.enum(['graph', 'arm', 'devops']),
    type: z.string().min(1).max(100),
    object: z.record(z.string(), z.unknown()),
    tenant: z.string().min(1).max(100).optional(),
  }),
};

type ControlKind = keyof typeof schemas;
type ControlInput<Kind extends ControlKind> = Kind extends 'fault' ? Fault : z.infer<(typeof schemas)[Kind]>;

/** Invalid input to a control. The message says what is valid. */
export class ControlInputError extends Error {}

/** Checks the input of a control. Throws `ControlInputError` with each invalid field and its valid values. */
export function parseControl<Kind extends ControlKind>(kind: Kind, input: unknown): ControlInput<Kind> {
  const parsed = schemas[kind].safeParse(input);
  if (!parsed.success) {
    const keys = Object.keys(schemas[kind].shape).join(', ');
    throw new ControlInputError(`${describeProblems(parsed.error, kind)}. Valid: { ${keys} }.`);
  }
  // The schema of the same name has just accepted it. Zod does not set absent optional fields to undefined.
  return parsed.data as ControlInput<Kind>;
}

/** Each invalid field with its problem; `name` stands for the whole input. */
export function describeProblems(error: z.ZodError, name: string): string {
  return error.issues.map((issue) => `${issue.path.join('.') || name}: ${issue.message}`).join('; ');
}
