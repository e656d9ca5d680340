import { z } from 'zod';
import { connectionNameSchema } from '../core/connections/connection.ts';

// Parameters that several tools share, so that they mean and accept the same everywhere.
// `null` means absent: the dispatcher takes nulls out before a schema sees them.

/** Names the connection that the call works on. Required wherever it appears. */
export const connection = connectionNameSchema.describe('Connection name, from list_connections.');

/** The most characters that any single string of the input may have, before a schema gets to see it. */
export const maxStringLength = 100_000;

const guidPattern = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** Where the service wants a GUID, nothing else is sent. */
export const guid = z.string().regex(guidPattern, 'use a GUID such as 00000000-0000-0000-0000-000000000001');

/** Query options of a service request. */
export const params = z
  .record(z.string().min(1).max(200), z.union([z.string(), z.number(), z.boolean()]))
  .describe('Query options, e.g. {"$select":"id,displayName","$top":5}. Not encoded.');

/** Headers that decide about identity, routing or framing are ours and cannot be set. */
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
export const headers = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'use a header name such as Prefer')
      .refine((name) => !reservedHeaders.has(name.toLowerCase()), 'this header is set by Tenantry'),
    z
      .string()
      .max(8_000)
      .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'use a header value without line breaks or control characters'),
  )
  .describe('Extra request headers, e.g. {"Prefer":"outlook.body-content-type=text"}.');

/** Version root of Microsoft Graph. */
export const graphApiVersion = z.enum(['v1.0', 'beta']).describe('Default v1.0.');

/** Show at most this many items. */
export const limit = z.int().min(1).max(1_000_000).describe('Most items to return; a cursor leads to the rest.');

/** JMESPath on `response.data`. */
export const project = z
  .string()
  .min(1)
  .max(4_000)
  .describe('JMESPath on the data, e.g. value[].{id:id,name:displayName}.');

export const format = z.enum(['json', 'csv']).describe('csv is smaller for flat lists. Default json.');

/** A cursor that an earlier answer gave. */
export const cursor = z
  .string()
  .min(1)
  .max(20_000)
  .describe('meta.cursor of an earlier answer, with the same arguments.');

/** Deadline of the call in seconds. */
export const timeout = z.number().positive().max(3_600).describe('Seconds until the call gives up.');

/** Sent as `client-request-id` with every request of the call. */
export const correlationId = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,128}$/, 'use up to 128 letters, digits, ., _ and -')
  .describe('Sent as client-request-id.');

/** Statuses that count as success. */
export const expectedOutcomes = z
  .array(z.int().min(300).max(599))
  .max(20)
  .describe('Statuses that count as success, e.g. [404] on a delete.');

/** The parameters that every tool with a deadline and a correlation id takes. */
export const callParams = { timeout: timeout.optional(), correlation_id: correlationId.optional() };

/** The parameters that shape a list. */
export const listParams = {
  limit: limit.optional(),
  project: project.optional(),
  format: format.optional(),
  cursor: cursor.optional(),
};
