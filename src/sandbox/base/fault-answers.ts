import { isRecord } from '../../core/base/guards.ts';
import { errorBody } from '../devops/devops-error.ts';
import type { Fault } from '../sandbox.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, ServiceName } from './service.ts';

/** Error codes of Graph and ARM by status. Source: "Microsoft Graph error responses and resource types". */
const codes: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['BadRequest', 'The request is malformed or incorrect.'],
  401: ['InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.'],
  403: ['Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'],
  404: [
    'Request_ResourceNotFound',
    'Resource does not exist or one of its queried reference-property objects are not present.',
  ],
  409: ['Directory_ConcurrencyViolation', 'A conflicting change was made at the same time.'],
  410: ['syncStateNotFound', 'The sync state generation is not found.'],
  412: ['PreconditionFailed', 'The precondition of the request was not met.'],
  423: ['ResourceLocked', 'The resource that is being accessed is locked.'],
  429: ['TooManyRequests', 'Please retry again later.'],
  500: ['InternalServerError', 'The service failed to process the request.'],
  501: ['NotImplemented', 'This operation target is not yet supported.'],
  502: ['BadGateway', 'The gateway received an invalid answer.'],
  503: ['serviceNotAvailable', 'The service is temporarily unavailable.'],
  504: ['GatewayTimeout', 'The gateway did not receive an answer in time.'],
};

/** Azure Resource Manager codes that differ from those of Graph. */
const armCodes: Readonly<Record<number, readonly [code: string, message: string]>> = {
  403: ['AuthorizationFailed', 'The client does not have authorization to perform the action over the scope.'],
  404: ['ResourceNotFound', 'The resource was not found.'],
  409: ['Conflict', 'The request conflicts with another one.'],
  503: ['ServiceUnavailable', 'The service is temporarily unavailable.'],
};

/** Exception names of Azure DevOps. */
const devopsTypes: Readonly<Record<number, readonly [typeKey: string, message: string]>> = {
  400: ['VssPropertyValidationException', 'The request is malformed or incorrect.'],
  401: ['UnauthorizedRequestException', 'TF400813: The user is not authorized to access this resource.'],
  403: ['AccessCheckException', 'TF400813: The user is not authorized to access this resource.'],
  404: ['VssResourceNotFoundException', 'The resource was not found.'],
  409: ['VssServiceException', 'The request conflicts with another one.'],
  429: [
    'RequestBlockedException',
    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Core' in namespace 'User'.",
  ],
  500: ['TeamFoundationServerException', 'TF400898: An Internal Error Occurred. Activity Id: see the header.'],
  503: ['ServiceUnavailableException', 'TF503001: The service is temporarily unavailable.'],
};

/** The response of a fault with a status, in place of the service's response. */
export function buildFaultAnswer(
  fault: Fault & { readonly status: number },
  service: ServiceName,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const body = fault.body === undefined ? defaultBody(fault.status, service, request, context) : fault.body;
  const headers: Record<string, string> = { 'content-type': contentTypeOf(body), ...retryAfterOf(fault) };
  if (fault.status === 401) headers['www-authenticate'] = 'Bearer realm=""';
  return { status: fault.status, body, headers: { ...headers, ...fault.headers } };
}

/** `Retry-After` of a fault, verbatim. */
export function retryAfterOf(fault: Fault): Record<string, string> {
  return fault.retry_after === undefined ? {} : { 'retry-after': String(fault.retry_after) };
}

function contentTypeOf(body: unknown): string {
  if (typeof body !== 'string' || body === '') return 'application/json';
  return body.trimStart().startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
}

function defaultBody(status: number, service: ServiceName, request: SandboxRequest, context: SandboxContext): unknown {
  if (status < 400) return undefined;
  const [code, message] = codes[status] ?? ['UnknownError', 'The request failed.'];
  if (service === 'arm') {
    const [armCode, armMessage] = armCodes[status] ?? [code, message];
    return { error: { code: armCode, message: armMessage } };
  }
  if (service === 'devops') {
    const [typeKey, devopsMessage] = devopsTypes[status] ?? ['VssServiceException', message];
    return errorBody(typeKey, devopsMessage);
  }
  if (service === 'login') {
    const timestamp = new Date(context.clock.now()).toISOString();
    return {
      error: status === 429 ? 'temporarily_unavailable' : 'server_error',
      error_description: `AADSTS90033: A transient error has occurred. Please try again. Trace ID: ${request.requestId}`,
      error_codes: [90033],
      timestamp: timestamp.replace('T', ' ').replace(/\.\d+Z$/, 'Z'),
      trace_id: request.requestId,
      correlation_id: request.headers['client-request-id'] ?? request.requestId,
    };
  }
  return graphError(code, message, request, context);
}

function graphError(code: string, message: string, request: SandboxRequest, context: SandboxContext) {
  const innerError = {
    date: new Date(context.clock.now()).toISOString().slice(0, 19),
    'request-id': request.requestId,
    'client-request-id': request.headers['client-request-id'] ?? request.requestId,
  };
  return { error: { code, message, innerError } };
}

type ListFaultKind = NonNullable<Fault['kind']>;

/** Query option that marks a repeated page. The sandbox removes it before a service sees the request. */
const againOption = '$again';

/** Removes the mark of an earlier list fault from a query string. */
export function withoutMark(rawQuery: string): string {
  return rawQuery
    .split('&')
    .filter((part) => !part.startsWith(`${againOption}=`))
    .join('&');
}

/** The directory's response to an expired page token. */
export function expiredPageToken(request: SandboxRequest, context: SandboxContext): SandboxResponse {
  const message = 'The specified page token value has expired and can no longer be included in your request.';
  return {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: graphError('Directory_ExpiredPageToken', message, request, context),
  };
}

/**
 * Bends the answer of a list the way a fault of that kind asks for. Other answers stay as they are. `nextLink` is the
 * name of the link in the service's lists.
 * - `loop_next_link`: the page points to itself;
 * - `foreign_next_link`: it points to another host;
 * - `duplicate_page`: it points to a page with the same items;
 * - `empty_page`: an empty page comes first, and points to the real one.
 */
export function bendList(
  kind: ListFaultKind,
  request: SandboxRequest,
  markedQuery: string,
  response: SandboxResponse,
  nextLink: '@odata.nextLink' | 'nextLink' = '@odata.nextLink',
): SandboxResponse {
  if (!isList(response.body)) return response;
  const self = (query: string) => `${request.base}${request.rawPath}${query ? `?${query}` : ''}`;
  const again = Number(/(?:^|&)\$again=(\d+)/.exec(markedQuery)?.[1] ?? '0') + 1;
  const markedSelf = self([request.rawQuery, `${againOption}=${again}`].filter(Boolean).join('&'));
  const { '@odata.deltaLink': _deltaLink, ...list } = response.body;
  const links: Readonly<Partial<Record<ListFaultKind, string>>> = {
    loop_next_link: self(markedQuery),
    foreign_next_link: foreignLink(list[nextLink] ?? markedSelf),
    duplicate_page: markedSelf,
    empty_page: markedSelf,
  };
  const link = links[kind];
  const value = kind === 'empty_page' ? [] : list.value;
  return link === undefined ? response : { ...response, body: { ...list, value, [nextLink]: link } };
}

function foreignLink(link: unknown): string {
  return String(link).replace(/^https?:\/\/[^/]+/, 'https://graph.elsewhere.invalid');
}

function isList(body: unknown): body is Record<string, unknown> & { readonly value: readonly unknown[] } {
  return isRecord(body) && Array.isArray(body['value']);
}
