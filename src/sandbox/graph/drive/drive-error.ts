import { GraphError } from '../graph-error.ts';

/**
 * An error response of SharePoint, with camel-case codes and `innererror`. Source: "OneDrive error responses and
 * resource types".
 */
export function driveError(status: number, code: string, message: string, innerCode?: string): GraphError {
  return new GraphError(status, code, message, { sharePoint: innerCode === undefined ? {} : { innerCode } });
}

/** 403 for a caller without the permission, which the log of requests names. */
export function accessDenied(needs: readonly string[]): GraphError {
  return new GraphError(403, 'accessDenied', 'Access denied', { sharePoint: {}, needs });
}

export function itemNotFound(): GraphError {
  return driveError(404, 'itemNotFound', 'The resource could not be found.');
}

export function invalidRequest(message: string): GraphError {
  return driveError(400, 'invalidRequest', message);
}

export function nameAlreadyExists(): GraphError {
  return driveError(409, 'nameAlreadyExists', 'An item with the same name already exists under the parent.');
}
