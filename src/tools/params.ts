import { z } from 'zod';
import { pathSegments } from '../core/apis/graph/advanced/directory-path.ts';
import { invalidArgument } from '../core/base/errors.ts';
import { guidPattern } from '../core/base/guid.ts';
import { connectionNameSchema, scopeSchema, settingsSchema } from '../core/record/connection.ts';
import { namesSeveral, problemOfNames } from '../core/record/connection-names.ts';
import { parseSecretArgument, type SecretArgument, secretForms } from '../core/record/secret-argument.ts';

// Parameters that several tools share, so that they mean and accept the same everywhere.
// `null` means absent: nulls are removed before a schema sees them.

// Limits and patterns are refinements, which stay out of the advertised JSON Schema: models read descriptions, and every
// token of a definition costs in every conversation.

/** Text of the form that `pattern` describes; `rule` says what is right, beginning with "use". */
export function text(pattern: RegExp, rule: string) {
  return z.string().refine((value) => pattern.test(value), { error: rule, params: { pattern } });
}

/** Text of 1 to `most` characters. */
export function shortText(most: number) {
  return z.string().refine((value) => value.length > 0 && value.length <= most, `use 1 to ${most} characters`);
}

/** A list of 1 to `most` elements. */
export function listOf<Element extends z.ZodType>(element: Element, most: number) {
  return z.array(element).refine((list) => list.length > 0 && list.length <= most, {
    error: `use 1 to ${most} elements`,
    params: { most },
  });
}

/** A list of up to `most` elements; may be empty. */
export function listWithin<Element extends z.ZodType>(element: Element, most: number) {
  return z.array(element).refine((list) => list.length <= most, {
    error: `use at most ${most} elements`,
    params: { most },
  });
}

/** An object with keys of the caller's choice, `most` of them at most.  */
export function recordWithin<Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  key: Key,
  value: Value,
  most: number,
) {
  return z.record(key, value).refine((given) => Object.keys(given).length <= most, {
    error: `use at most ${most} keys`,
    params: { most },
  });
}

/** Text with a rule of core, which stays out of the advertised schema like the others. */
export function ruledBy(schema: z.ZodType<string, string>) {
  return z.string().superRefine((value, context) => {
    const [issue] = schema.safeParse(value).error?.issues ?? [];
    if (issue === undefined) return;
    const pattern = issue.code === 'invalid_format' ? issue.pattern : undefined;
    context.addIssue({ code: 'custom', message: issue.message, params: { pattern }, input: undefined });
  });
}

/** Most members of a request body, counting only the outermost. */
export const mostMembers = 10_000;

/** The name of a connection. */
export const connectionName = ruledBy(connectionNameSchema);

/** Names the connection that the call works on. Required wherever it appears, and explained once, in `instructions`. */
export const connection = z.string().superRefine((value, context) => {
  if (namesSeveral(value)) {
    const message = 'it names several, which only graph_query and resource_graph_query read';
    context.addIssue({ code: 'custom', message, params: { hint: 'the name of one connection' }, input: undefined });
    return;
  }
  const message = problemOfNames(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message, input: undefined });
});

/** Names the connections that a read works on: one, several, or `*`. */
export const connectionNames = z
  .string()
  .superRefine((value, context) => {
    const message = problemOfNames(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: undefined });
  })
  .describe('"a,b" or "*" reads several.');

/** The scopes of create_connection, without repeating them in the advertised schema. */
export const connectionScope = z.string().pipe(scopeSchema);

/** Settings of a connection. */
export const connectionSettings = recordWithin(z.string(), z.unknown(), 100).pipe(settingsSchema);

export const guid = text(guidPattern, 'use a GUID such as 00000000-0000-0000-0000-000000000001');

/** Query options of a service request. */
export const params = recordWithin(shortText(200), z.union([z.string(), z.number(), z.boolean()]), 100).describe(
  'Query options, e.g. {"$select":"id,displayName","$top":5}. Not encoded.',
);

/** Tenantry sets the headers for identity, routing and framing itself. */
const reservedHeaders = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Extra request headers. */
export const headers = recordWithin(
  text(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'use a header name such as Prefer').refine(
    (name) => !reservedHeaders.has(name.toLowerCase()),
    'leave it out: Tenantry sets it',
  ),
  text(/^[\t\x20-\x7e\x80-\xff]{0,8000}$/, 'use up to 8000 characters of Latin text on one line'),
  50,
).describe('E.g. {"Prefer":"outlook.body-content-type=text"}.');

/** A path of Microsoft Graph. Real ones are far shorter; long filters belong in a batch or in several calls. */
export const endpoint = shortText(16_000).describe('/users, users?$top=5 or a whole URL.');

/** A hand-made envelope would bypass everything that is checked, planned and paced per request. */
export function refuseEnvelope(address: string): void {
  if (pathSegments(address.trim()).at(-1) !== '$batch') return;
  throw invalidArgument(
    'endpoint: $batch is not called directly.',
    'Pass the requests themselves: reads to graph_batch, writes to graph_write; both are sent as $batch.',
  );
}

/** A link of an earlier answer carries its own options and a token, so it is sent byte for byte. */
export function isServiceLink(address: string): boolean {
  return /^https?:\/\/[^?]*\?(?:.*&)?(?:\$|%24)(?:skip|delta)token=/i.test(address.trim());
}

/** Version root of Microsoft Graph. */
export const graphApiVersion = z.enum(['v1.0', 'beta']).describe('Default v1.0.');

/** Show at most this many items. */
export const limit = z
  .number()
  .refine(
    (items) => Number.isInteger(items) && items >= 1 && items <= 1_000_000,
    'use a whole number from 1 to 1000000',
  )
  .describe('Most items to answer, after project.');

export const autoPaginate = z.boolean().describe('Default true; false reads one page.');

/** JMESPath on `response.data`. */
export const project = shortText(4_000).describe('JMESPath, e.g. value[].{id:id}.');

/** JMESPath on each item of `response.data.value`. */
export const countBy = shortText(1_000).describe('JMESPath on items.');

/** The name is checked where the file is made; a long one must not fill an error. */
export const saveAs = shortText(200).describe('E.g. users.csv.');

export const format = z.enum(['json', 'csv']).describe('Default json.');

/** A cursor that an earlier answer gave. */
export const cursor = shortText(1_000).describe('Goes on.');

/** Confirms a call that was refused with a preview. Tools whose annotations are destructive take it; the dispatcher reads it. */
export const confirm = shortText(4_000).optional().describe('error.confirm of a refusal.');

/** The parameters that shape a list. */
export const listParams = {
  limit: limit.optional(),
  project: project.optional(),
  count_by: countBy.optional(),
  format: format.optional(),
  save_as: saveAs.optional(),
  cursor: cursor.optional(),
};

/** A reference has one member; what it may be is decided behind the schema. */
const reference = z.looseObject({}).refine((given) => Object.keys(given).length <= 10, {
  error: 'use a reference such as {"secret":"name"}',
  params: { most: 10 },
});

/**
 * A secret among the arguments. A literal becomes a `Secret` while it is parsed, so that it appears in no error, log or
 * result. The forms of a reference are described in words: their schema would be repeated for every kind of secret.
 */
export const secretArgument = z.union([reference, z.string()]).transform((value, context): SecretArgument => {
  const parsed = parseSecretArgument(value);
  if ('argument' in parsed) return parsed.argument;
  // The value stays out of the issue: it may be a secret in the wrong place.
  context.addIssue({
    code: 'custom',
    message: `it ${parsed.problem}`,
    params: { hint: secretForms },
    input: undefined,
  });
  return z.NEVER;
});
