import { z } from 'zod';
import { invalidArgument } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { BatchItem } from '../../core/http/batch/batch-item.ts';
import { endpoint, headers, listOf, mostMembers, params, recordWithin, shortText, text } from '../params.ts';

// The requests of graph_batch and graph_write.

/** Most requests in one batch: 100 envelopes. */
export const maxBatchRequests = 2_000;

/** What reads and writes have in common. */
const itemShape = {
  id: text(/^[\x21-\x7e]{1,100}$/, 'use up to 100 printable characters without spaces')
    .optional()
    .describe('Unique; default its position, from 1.'),
  headers: headers.optional().describe('E.g. {"Prefer":"return=minimal"}.'),
  depends_on: listOf(shortText(100), 20).optional().describe('Ids that must succeed first.'),
};

export const readRequestSchema = z.strictObject({
  ...itemShape,
  url: endpoint.describe('Relative, e.g. /users/{id}?$select=id.'),
});

export const writeRequestSchema = z.strictObject({
  ...itemShape,
  method: z.enum(['POST', 'PATCH', 'PUT', 'DELETE']),
  endpoint: endpoint.describe('E.g. /users/{id}.'),
  params: params.optional().describe('Query options.'),
  body: z
    .union([recordWithin(z.string(), z.unknown(), mostMembers), z.string()])
    .optional()
    .describe('JSON object; null clears a property.'),
});

type WithId<Request> = Request & { readonly id: string };
export type WriteRequest = WithId<z.output<typeof writeRequestSchema>> & {
  /** Of the call; an address may have its own. */
  readonly apiVersion?: string | undefined;
  /** It goes on with what the request before began, for the same object. */
  readonly isPart?: boolean;
};

/** A read as an item of a batch. */
export function readItem({ id, url, headers, depends_on }: WithId<z.output<typeof readRequestSchema>>): BatchItem {
  return withoutUndefined({ id, method: 'GET' as const, url, headers, dependsOn: depends_on });
}

/** A write that is sent by itself. */
export function requestOf({ method, endpoint, params, headers, body, apiVersion }: WriteRequest): ApiRequest {
  return withoutUndefined({ method, path: endpoint, params, headers, body, apiVersion });
}

/** A write as an item of a batch. */
export function writeItem({ endpoint, depends_on, id, method, params, headers, body }: WriteRequest): BatchItem {
  return withoutUndefined({ id, method, url: endpoint, params, headers, body, dependsOn: depends_on });
}

interface DependentItem {
  readonly id?: string | undefined;
  readonly depends_on?: readonly string[] | undefined;
}

/**
 * Gives every item its id. Checks before anything is sent that ids differ and that dependencies point backwards; the
 * service ignores the case of ids.
 */
export function withIds<T extends DependentItem>(items: readonly T[]): ReadonlyArray<WithId<T>> {
  const seen = new Set<string>();
  return items.map((item, index) => {
    const id = item.id ?? String(index + 1);
    for (const dependency of item.depends_on ?? []) {
      if (!seen.has(dependency.toLowerCase())) {
        throw invalidArgument(
          `requests[${index}].depends_on: there is no earlier request "${dependency}".`,
          'Name the id of a request that comes before this one; the default ids are "1", "2", …',
        );
      }
    }
    if (seen.has(id.toLowerCase())) {
      throw invalidArgument(
        `requests[${index}].id: "${id}" is taken by an earlier request.`,
        'Give every request an id of its own, or leave the ids out.',
      );
    }
    seen.add(id.toLowerCase());
    return { ...item, id };
  });
}
