import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';

export interface GraphErrorDetail {
  readonly code: string;
  readonly target?: string;
  readonly message: string;
}

export interface GraphErrorOptions {
  readonly details?: readonly GraphErrorDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Files use SharePoint's spelling, `innererror`, which can contain its own code. */
  readonly sharePoint?: { readonly innerCode?: string };
  /** For the log of requests: the service does not name the permission that is missing. */
  readonly needs?: readonly string[];
}

/** An error response of Microsoft Graph. The Graph service adds the error body with its inner error. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly GraphErrorDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly sharePoint: GraphErrorOptions['sharePoint'];
  readonly needs: readonly string[] | undefined;

  constructor(status: number, code: string, message: string, options: GraphErrorOptions = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = options.details;
    this.headers = options.headers ?? {};
    this.sharePoint = options.sharePoint;
    this.needs = options.needs;
  }
}

/** 400 with the code of most query checks. */
export function badRequest(message: string): GraphError {
  return new GraphError(400, 'BadRequest', message);
}

/** 400 for an app that asks for `/me`. Source: "Authentication and authorization basics". */
export function meOfApp(): GraphError {
  return badRequest('/me request is only valid with delegated authentication flow.');
}

export function requestBadRequest(message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message);
}

/** 400 for an invalid property value; the message and the details contain the reason. */
export function refusedProperty(code: string, target: string, message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message, { details: [{ code, target, message }] });
}

/** 409 for a key that another object already has. */
export function keyInUse(message: string): GraphError {
  return new GraphError(409, 'Request_MultipleObjectsWithSameKeyValue', message);
}

/** 400 for a change to an object that is managed in an on-premises directory. */
export function syncedObject(): GraphError {
  return requestBadRequest(
    'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
  );
}

/** 403 for a caller without the permission or role. The service does not say which; the log of requests does. */
export function forbidden(needs?: readonly string[]): GraphError {
  const message = 'Insufficient privileges to complete the operation.';
  return new GraphError(403, 'Authorization_RequestDenied', message, needs === undefined ? {} : { needs });
}

/** 400 for a query that is not supported, or only with advanced parameters. */
export function unsupportedQuery(message: string): GraphError {
  return new GraphError(400, 'Request_UnsupportedQuery', message);
}

/** 404 for an object that does not exist, or not at this path. */
export function resourceNotFound(id: string): GraphError {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return new GraphError(404, 'Request_ResourceNotFound', message);
}

/** 501 for a route that exists in Microsoft Graph but not in the sandbox. */
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
  const { code, message, details, sharePoint, needs } = error;
  const inner = sharePoint
    ? { innererror: { ...(sharePoint.innerCode ? { code: sharePoint.innerCode } : {}), ...innerError } }
    : { innerError };
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', ...error.headers },
    body: { error: { code, message, ...(details ? { details } : {}), ...inner } },
    ...(needs === undefined ? {} : { needs }),
  };
}
