import type { SandboxResponse } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';

/** An error response of Azure DevOps. Its code is the name of a .NET exception. */
export class DevOpsError extends Refusal {}

/** A response that is not JSON: sign-in pages and unknown organizations. */
export class HtmlAnswer extends DevOpsError {
  constructor(status: number, title: string, headers: Readonly<Record<string, string>> = {}) {
    super(status, '', title, { 'content-type': 'text/html; charset=utf-8', ...headers });
  }
}

export function badRequest(typeKey: string, message: string): DevOpsError {
  return new DevOpsError(400, typeKey, message);
}

export function invalidArgument(message: string): DevOpsError {
  return badRequest('ArgumentException', message);
}

/** 400 for an invalid service connection. */
export function invalidEndpoint(message: string): DevOpsError {
  return badRequest('ServiceEndpointException', message);
}

export function endpointNotFound(message: string): DevOpsError {
  return new DevOpsError(404, 'ServiceEndpointNotFoundException', message);
}

export function missingValue(parameter: string): DevOpsError {
  return badRequest('ArgumentNullException', `Value cannot be null.\r\nParameter name: ${parameter}`);
}

/** 403 for a caller without access. */
export function unauthorized(name: string, reason = ''): DevOpsError {
  const message = `TF400813: The user '${name}' is not authorized to access this resource.${reason}`;
  return new DevOpsError(403, 'UnauthorizedRequestException', message);
}

export function forbidden(message: string): DevOpsError {
  return new DevOpsError(403, 'AccessCheckException', message);
}

/** 501 for what exists in Azure DevOps but not in the sandbox. */
export function notModelled(what: string): DevOpsError {
  return new DevOpsError(501, 'NotImplementedException', `The sandbox does not emulate this: ${what}`);
}

const byteOrderMark = '\uFEFF';

/** Source: the error wrapper that `azure-devops-node-api` reads. Error bodies begin with a byte order mark. */
export function buildErrorResponse(refusal: DevOpsError): SandboxResponse {
  const { status, code, message, headers } = refusal;
  if (refusal instanceof HtmlAnswer) {
    const body = `<!DOCTYPE html><html lang="en-US"><head><title>${message}</title></head><body><h1>${message}</h1></body></html>`;
    return { status, headers, body };
  }
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${byteOrderMark}${JSON.stringify(errorBody(code, message))}`,
  };
}

export function errorBody(typeKey: string, message: string) {
  const assembly = 'Microsoft.VisualStudio.Services.WebApi';
  return {
    $id: '1',
    innerException: null,
    message,
    typeName: `${assembly}.${typeKey}, ${assembly}`,
    typeKey,
    errorCode: 0,
    eventId: 3000,
  };
}
