import { pathSegments } from '../../core/apis/graph/advanced/directory-path.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { headers, listOf, shortText, text } from '../params.ts';

// Parameters and checks that the Graph tools share.

/** Paths stay far below this; long filters belong into a batch or into several calls. */
const maxEndpointLength = 16_000;

export const endpoint = shortText(maxEndpointLength).describe(
  '/users, users?$top=5, or an absolute URL of the same cloud.',
);

/** Most requests of one batch: 100 envelopes. */
export const maxBatchRequests = 2_000;

/** What the items of graph_batch and graph_write have in common. */
export const batchItemShape = {
  id: text(/^[\x21-\x7e]{1,100}$/, 'use up to 100 printable characters without spaces')
    .optional()
    .describe('Unique; default its position, from 1.'),
  headers: headers.optional(),
  depends_on: listOf(shortText(100), 20).optional().describe('Ids that must succeed first.'),
};

/** A hand-made envelope would pass by everything that is checked, planned and paced per request. */
export function refuseEnvelope(address: string): void {
  if (pathSegments(address.trim()).at(-1) !== '$batch') return;
  throw invalidArgument(
    'endpoint: $batch is not called directly.',
    'Pass the requests themselves: reads to graph_batch, writes to graph_write; both are sent as $batch.',
  );
}

interface DependentItem {
  readonly id?: string | undefined;
  readonly depends_on?: readonly string[] | undefined;
}

/**
 * Gives every item its id and checks that ids differ and that dependencies lead backwards, before anything is sent.
 * The service compares ids without regard to case.
 */
export function withIds<T extends DependentItem>(items: readonly T[]): ReadonlyArray<T & { readonly id: string }> {
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
