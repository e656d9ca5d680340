import { AppError } from '../base/errors.ts';

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
