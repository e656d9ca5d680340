import type { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { ApiResponse } from './api-client.ts';

/** What is looked at of an answer. */
export type Answer = Pick<ApiResponse, 'status' | 'body'> & Partial<Pick<ApiResponse, 'requestId'>>;

/** The body of an answer, parsed; throws `upstream_error` when something else answered, such as a gateway. */
export function readAnswer<Schema extends z.ZodType>(schema: Schema, response: Answer, what: string): z.output<Schema> {
  const parsed = schema.safeParse(response.body);
  if (parsed.success) return parsed.data;
  throw new AppError('upstream_error', `The answer about ${what} is not in the documented form.`, {
    hint: 'Call again; if it persists, check whether a proxy answers instead of the service.',
    status: response.status,
    retryable: true,
    ...(response.requestId === undefined ? {} : { upstream: { requestId: response.requestId } }),
  });
}
