import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { BatchItem } from '../../core/http/batch/batch-item.ts';
import { params } from '../params.ts';
import { batchItemShape, endpoint } from './graph-params.ts';

/** One write of graph_write. */
export const writeRequestSchema = z.strictObject({
  ...batchItemShape,
  method: z.enum(['POST', 'PATCH', 'PUT', 'DELETE']),
  endpoint,
  params: params.optional(),
  body: z
    .union([z.record(z.string(), z.unknown()), z.string()])
    .optional()
    .describe('JSON object; null clears a property.'),
});

export type WriteRequest = z.output<typeof writeRequestSchema> & { readonly id: string };

/** The request of one item. */
export function requestOf({ method, endpoint, params, headers, body }: WriteRequest): ApiRequest {
  return withoutUndefined({ method, path: endpoint, params, headers, body });
}

/** The same as an item of a batch. */
export function batchItemOf({ endpoint, depends_on, id, method, params, headers, body }: WriteRequest): BatchItem {
  return withoutUndefined({ id, method, url: endpoint, params, headers, body, dependsOn: depends_on });
}
