import type { PlainObject } from '../base/plain-object.ts';
import type { SandboxResponse } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';

export interface ArmErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
  readonly [name: string]: unknown;
}

interface ArmErrorOptions {
  readonly target?: string;
  readonly details?: readonly ArmErrorDetail[];
  readonly additionalInfo?: readonly { readonly type: string; readonly info: PlainObject }[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error response of Azure Resource Manager or of a provider. */
export class ArmError extends Refusal {
  /** Members of the error body other than code and message. */
  readonly members: Omit<ArmErrorOptions, 'headers'>;

  constructor(status: number, code: string, message: string, { headers, ...members }: ArmErrorOptions = {}) {
    super(status, code, message, headers);
    this.members = members;
  }
}

export function badRequest(code: string, message: string, options?: ArmErrorOptions): ArmError {
  return new ArmError(400, code, message, options);
}

export function notFound(code: string, message: string): ArmError {
  return new ArmError(404, code, message);
}

export function conflict(code: string, message: string, options?: ArmErrorOptions): ArmError {
  return new ArmError(409, code, message, options);
}

export function methodNotAllowed(message: string): ArmError {
  return new ArmError(405, 'MethodNotAllowed', message);
}

/** 501 for what exists in Azure but not in the sandbox. */
export function notModelled(what: string): ArmError {
  return new ArmError(501, 'NotImplemented', `The sandbox does not emulate this: ${what}`);
}

/** The error body. Source: Azure/azure-resource-manager-rpc, "Error Response Content". */
export function buildErrorResponse({ status, code, message, headers, members }: ArmError): SandboxResponse {
  return {
    status,
    headers: { 'x-ms-failure-cause': 'gateway', ...headers },
    body: { error: { code, message, ...members } },
  };
}
