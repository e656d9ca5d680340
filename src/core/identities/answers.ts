import type { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { ApiResponse } from '../http/api-client.ts';

/** The body of an answer in the shape that is relied on; throws `upstream_error` when a gateway answered something else. */
export function readAnswer<Schema extends z.ZodType>(
  schema: Schema,
  response: ApiResponse,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(response.body);
  if (parsed.success) return parsed.data;
  throw new AppError('upstream_error', `The answer about ${what} is not what the service documents.`, {
    hint: 'Call again; if it stays, look whether a proxy answers in place of the service.',
    status: response.status,
    retryable: true,
    ...(response.requestId === undefined ? {} : { upstream: { requestId: response.requestId } }),
  });
}

/** Manages the apps that the caller made, and no others. https://learn.microsoft.com/graph/permissions-reference */
export const manageOwnApps = 'Application.ReadWrite.OwnedBy';

/** A refusal with the least permission that would do in its hint, unless the hint names it already. */
export function withLeastPermission(error: unknown, permission: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'permission_denied' || error.hint?.includes(permission)) {
    return error;
  }
  return error.with({
    hint: `The least permission for this is ${permission}, granted by an administrator. ${error.hint ?? ''}`.trim(),
  });
}
