import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';

export interface GraphErrorDetail {
  readonly code: string;
  readonly target?: string;
  readonly message: string;
}

export interface GraphErrorOptions {
  readonly details?: readonly GraphErrorDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Files answer in SharePoint's spelling: `innererror`, which may carry a code of its own. */
  readonly sharePoint?: { readonly innerCode?: string };
}

/** A refusal of Microsoft Graph; the Graph service turns it into the error body with its inner error. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly GraphErrorDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly sharePoint: GraphErrorOptions['sharePoint'];

  constructor(status: number, code: string, message: string, options: GraphErrorOptions = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = options.details;
    this.headers = options.headers ?? {};
    this.sharePoint = options.sharePoint;
  }
}

/** 400 with the code that most of the query checks give. */
export function badRequest(message: string): GraphError {
  return new GraphError(400, 'BadRequest', message);
}

export function requestBadRequest(message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message);
}

/** 400 for a property whose value cannot be taken: the reason stands in the message and in the details. */
export function refusedProperty(code: string, target: string, message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message, { details: [{ code, target, message }] });
}

/** 409 for an object whose key another one has already. */
export function keyInUse(message: string): GraphError {
  return new GraphError(409, 'Request_MultipleObjectsWithSameKeyValue', message);
}

/** 400 for a change to an object that comes from an on-premises directory: it is changed there. */
export function syncedObject(): GraphError {
  return requestBadRequest(
    'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
  );
}

/** 403 for a caller who lacks a permission or a role. */
export function forbidden(): GraphError {
  return new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}

/** 400 for a query that the directory does not support, or not without advanced parameters. */
export function unsupportedQuery(message: string): GraphError {
  return new GraphError(400, 'Request_UnsupportedQuery', message);
}

/** 404 for an object that is not there, or not in the place where it was looked for. */
export function resourceNotFound(id: string): GraphError {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return new GraphError(404, 'Request_ResourceNotFound', message);
}

/** 501 for a route that exists in Microsoft Graph and not in the sandbox. */
export function notModelled(route: string): GraphError {
  return new GraphError(501, 'NotImplemented', `The sandbox does not emulate this route: ${route}`);
}

/**
 * The error body. Source: "Microsoft Graph error responses and resource types".
 * `innerError.date` is UTC without a zone.
 */
export function buildErrorResponse(
  error: GraphError,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const innerError = {
    date: new Date(context.clock.now()).toISOString().slice(0, 19),
    'request-id': request.requestId,
    'client-request-id': request.headers['client-request-id'] ?? request.requestId,
  };
  const { code, message, details, sharePoint } = error;
  const inner = sharePoint
    ? { innererror: { ...(sharePoint.innerCode ? { code: sharePoint.innerCode } : {}), ...innerError } }
    : { innerError };
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', ...error.headers },
    body: { error: { code, message, ...(details ? { details } : {}), ...inner } },
  };
}
