import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';

/** An error response of the login service, with the text `AADSTS{code}: {message}`. */
export class OAuthError extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: number;

  /** Further fields of the answer: `suberror`, `claims`. */
  readonly more: Readonly<Record<string, string>>;

  constructor(code: number, error: string, message: string, status = 400, more: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.error = error;
    this.status = status;
    this.more = more;
  }
}

/** Headers of every token endpoint response. */
export function oauthHeaders(request: SandboxRequest): Record<string, string> {
  const clientRequestId = request.headers['client-request-id'];
  return {
    'cache-control': 'no-store, no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'x-ms-request-id': request.requestId,
    'x-ms-ests-server': '2.1.19823.4 - WEULR1 ProdSlices',
    p3p: 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
    ...(request.headers['return-client-request-id'] === 'true' && clientRequestId
      ? { 'client-request-id': clientRequestId }
      : {}),
  };
}

/** Source: Microsoft Entra authentication and authorization error codes. */
export function oauthErrorResponse(
  failure: OAuthError,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const timestamp = `${new Date(context.clock.now()).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const correlationId = request.headers['client-request-id'] ?? request.requestId;
  return {
    status: failure.status,
    headers: { ...oauthHeaders(request), 'content-type': 'application/json; charset=utf-8' },
    body: {
      error: failure.error,
      error_description: `AADSTS${failure.code}: ${failure.message} Trace ID: ${request.requestId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [failure.code],
      timestamp,
      trace_id: request.requestId,
      correlation_id: correlationId,
      error_uri: `${request.base}/error?code=${failure.code}`,
      ...failure.more,
    },
  };
}

/** 401 for a client that failed to authenticate. */
export function invalidClient(code: number, message: string): OAuthError {
  return new OAuthError(code, 'invalid_client', message, 401);
}

export function invalidRequest(code: number, message: string): OAuthError {
  return new OAuthError(code, 'invalid_request', message);
}

export function missingParameter(name: string): OAuthError {
  return new OAuthError(900144, 'invalid_request', `The request body must contain the following parameter: '${name}'.`);
}
