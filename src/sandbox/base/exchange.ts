import { delay } from '../../core/base/delay.ts';
import type { Fault } from '../sandbox.ts';
import type { IdSource } from './clock-and-ids.ts';
import { bendList, buildFaultAnswer, expiredPageToken, retryAfterOf, withoutMark } from './fault-answers.ts';
import type { FaultQueue } from './faults.ts';
import type { Destination } from './hosts.ts';
import { maskBody, maskHeaders, maskQuery, type RequestLog } from './request-log.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService, ServiceName } from './service.ts';

/** A request from a socket or from the in-process client. */
export interface WireRequest {
  readonly method: string;
  readonly destination: Destination;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal?: AbortSignal;
}

/** What goes back: a response or a dropped connection. */
export type WireAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'reset' };

export interface ExchangeParts {
  readonly context: SandboxContext;
  readonly faults: FaultQueue;
  readonly log: RequestLog;
  readonly requestIds: IdSource;
  serviceOf(name: ServiceName): SandboxService | undefined;
}

/** Handles a request: faults first, then the service, then the log. */
export async function exchange(wire: WireRequest, parts: ExchangeParts): Promise<WireAnswer> {
  const { destination } = wire;
  const { service } = destination;
  const at = parts.context.clock.now();
  const request: SandboxRequest = {
    method: wire.method.toUpperCase(),
    base: destination.base,
    rawPath: destination.rawPath,
    rawQuery: withoutMark(destination.rawQuery),
    headers: wire.headers,
    body: wire.body,
    requestId: parts.requestIds.next(),
  };
  const fault = parts.faults.take({ ...destination, method: request.method, tenant: parts.context.tenant });
  let answer: Pick<SandboxResponse, 'status' | 'needs'> = { status: 0 };
  try {
    if (fault?.delay_ms !== undefined) await delay(fault.delay_ms, wire.signal);
    if (fault?.reset === 'before') return { kind: 'reset' };
    const response = await respond(request, service, fault, wire, parts);
    answer = response;
    return fault?.reset === 'after' ? { kind: 'reset' } : toWire(response, at, request.requestId);
  } finally {
    // Requests are logged even if the caller did not wait for the response.
    parts.log.add(describe(request, destination, answer, at, parts.context));
  }
}

async function respond(
  request: SandboxRequest,
  service: ServiceName,
  fault: Fault | undefined,
  wire: WireRequest,
  parts: ExchangeParts,
): Promise<SandboxResponse> {
  const { context } = parts;
  if (fault?.kind === 'expire_page_token') return expiredPageToken(request, context);
  if (fault?.status !== undefined && fault.reset !== 'after') {
    return buildFaultAnswer({ ...fault, status: fault.status }, service, request, context);
  }
  const response = await callService(request, service, parts);
  if (!fault) return response;
  const linkName = service === 'arm' ? 'nextLink' : '@odata.nextLink';
  const bent = fault.kind ? bendList(fault.kind, request, wire.destination.rawQuery, response, linkName) : response;
  return { ...bent, headers: { ...bent.headers, ...retryAfterOf(fault), ...fault.headers } };
}

async function callService(request: SandboxRequest, name: ServiceName, parts: ExchangeParts): Promise<SandboxResponse> {
  const service = parts.serviceOf(name);
  if (service) return service.handle(request, parts.context).catch(failure);
  const message = `The sandbox does not emulate ${name}: ${request.method} ${request.rawPath}`;
  return { status: 501, body: { error: { code: 'NotImplemented', message } } };
}

/** A bug in the sandbox: the response cannot be mistaken for one of the service. */
function failure(error: unknown): SandboxResponse {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
  return { status: 500, body: { error: { code: 'SandboxFailure', message: `The sandbox failed. ${message}` } } };
}

function describe(
  request: SandboxRequest,
  { service, rawQuery }: Destination,
  { status, needs }: Pick<SandboxResponse, 'status' | 'needs'>,
  at: number,
  { tenant, tenants }: SandboxContext,
) {
  const query = maskQuery(rawQuery);
  const body = maskBody(request.body, request.headers['content-type'] ?? '');
  return {
    service,
    ...(tenants.length > 1 ? { tenant: tenant.domain } : {}),
    method: request.method,
    url: query ? `${request.rawPath}?${query}` : request.rawPath,
    headers: maskHeaders(request.headers),
    ...(body === undefined ? {} : { body }),
    status,
    ...(needs === undefined ? {} : { needs }),
    at,
  };
}

function toWire(response: SandboxResponse, at: number, requestId: string): WireAnswer {
  const { body, contentType } = encode(response.body);
  const headers: Record<string, string> = { date: new Date(at).toUTCString(), 'request-id': requestId };
  if (contentType) headers['content-type'] = contentType;
  for (const [name, value] of Object.entries(response.headers ?? {})) headers[name.toLowerCase()] = value;
  return { kind: 'answer', status: response.status, headers, body };
}

function encode(body: unknown): { readonly body: Uint8Array; readonly contentType?: string } {
  if (body === undefined || body === null) return { body: new Uint8Array() };
  if (body instanceof Uint8Array) return { body, contentType: 'application/octet-stream' };
  if (typeof body === 'string') return { body: Buffer.from(body), contentType: 'text/plain; charset=utf-8' };
  return { body: Buffer.from(JSON.stringify(body)), contentType: 'application/json' };
}
