import { z } from 'zod';
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
  return {
    method,
    path: endpoint,
    ...(params === undefined ? {} : { params }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  };
}

/** The same as an item of a batch. */
export function batchItemOf({ id, method, endpoint, params, headers, body, depends_on }: WriteRequest): BatchItem {
  return {
    id,
    method,
    url: endpoint,
    ...(params === undefined ? {} : { params }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    ...(depends_on === undefined ? {} : { dependsOn: depends_on }),
  };
}
