import type { SandboxResponse } from '../../base/service.ts';
import type { ArmCall } from '../arm-call.ts';
import { ArmError, conflict, notFound } from '../arm-error.ts';
import { parseResourcePath, subscriptionIdOf } from '../arm-ids.ts';
import type { ArmOperation } from './operation-log.ts';
import { type AddressKind, cancellation, type OperationStyle, styleOf } from './operation-style.ts';

interface WriteSteps {
  readonly resourceId: string;
  /** Executes the write and returns the response of the synchronous call. */
  finish(): SandboxResponse;
  /** First response to a PUT that is still running. It also sets the state of the resource. */
  begin?(): SandboxResponse;
  fail?(state: 'Failed' | 'Canceled'): void;
}

/** Executes a write in the style of its type. Source: Azure/azure-resource-manager-rpc, "Asynchronous operations". */
export function startOperation(call: ArmCall, steps: WriteSteps): SandboxResponse {
  const style = styleOf(call);
  if (style.name === 'sync') return steps.finish();
  const operation = createOperation(call, steps, style);
  const isShown = style.name === 'provisioning_state' || (style.name === 'azure_async' && steps.begin !== undefined);
  const shown = isShown ? steps.begin?.() : undefined;
  call.operations.add(operation);
  const headers = operationHeaders(call, operation, style.address);
  const { 'azure-asyncoperation': status = '', location = '' } = headers;
  const wait = waiting(style);
  if (shown) {
    const extra = style.name === 'azure_async' ? { 'azure-asyncoperation': status, ...wait } : {};
    return { ...shown, headers: { ...shown.headers, ...extra } };
  }
  const hasStatus = style.name !== 'location';
  return { status: 202, headers: { ...(hasStatus ? { 'azure-asyncoperation': status } : {}), location, ...wait } };
}

/** Removes a resource in the style of its type. */
export function startRemoval(call: ArmCall, resourceId: string, status: 200 | 204): SandboxResponse {
  return startOperation(call, {
    resourceId,
    finish() {
      call.store.removeResource(resourceId);
      return { status };
    },
  });
}

function createOperation(call: ArmCall, steps: WriteSteps, style: OperationStyle): ArmOperation {
  const id = call.context.newId();
  const { statusPath, locationPath } = pathsOf(call, steps.resourceId, id);
  return {
    id,
    method: call.method,
    resourceId: steps.resourceId,
    style,
    startedAt: call.context.clock.now(),
    statusPath,
    locationPath,
    apiVersion: call.apiVersion,
    status: 'InProgress',
    looks: 0,
    statusErrorsLeft: style.statusErrors,
    finish: steps.finish,
    fail: steps.fail ?? (() => undefined),
  };
}

function pathsOf(call: ArmCall, resourceId: string, id: string) {
  const subscriptionId = subscriptionIdOf(resourceId);
  const prefix = subscriptionId === undefined ? '' : `/subscriptions/${subscriptionId}`;
  const namespace = parseResourcePath(resourceId)?.namespace;
  if (namespace === undefined) {
    return { statusPath: `${prefix}/operationStatuses/${id}`, locationPath: `${prefix}/operationresults/${id}` };
  }
  const location = call.store.resource(resourceId)?.location ?? 'westeurope';
  const below = `${prefix}/providers/${namespace}/locations/${location}`;
  const isDeployment = /\/deployments\/[^/]+$/i.test(resourceId);
  return {
    statusPath: isDeployment ? `${resourceId}/operationStatuses/${id}` : `${below}/operationStatuses/${id}`,
    locationPath: `${below}/operationresults/${id}`,
  };
}

/** Both URLs of an operation. Later polls can return newer ones. */
function operationHeaders(
  call: Pick<ArmCall, 'request'>,
  operation: ArmOperation,
  address: AddressKind = 'normal',
): Readonly<Record<string, string>> {
  const version = `api-version=${operation.apiVersion}`;
  const turn = operation.looks === 0 ? '' : `&t=${operation.looks}`;
  const base = addressBase(call.request.base, address);
  return {
    'azure-asyncoperation': `${base}${operation.statusPath}?${version}${turn}`,
    location: `${base}${operation.locationPath}?monitor=true&${version}${turn}`,
  };
}

/** URLs that a client must not follow with its token, and a relative one, which it must follow. */
function addressBase(base: string, address: AddressKind): string {
  switch (address) {
    case 'normal':
      return base;
    case 'relative':
      return new URL(base).pathname.replace(/\/$/, '');
    case 'foreign_host':
      return 'https://arm.elsewhere.invalid';
    case 'http':
      return base.replace(/^https?:/, base.startsWith('https:') ? 'http:' : 'ftp:');
    case 'user_info':
      return base.replace('://', '://reader:secret@');
    case 'other_port':
      return base.replace(/^(https?:\/\/[^/:]+)(:\d+)?/, '$1:8444');
  }
}

const operationPath = /\/(operationStatuses|operationResults|operations)\/([0-9a-f-]{36})$/i;

/** Whether a path belongs to an operation. Operation URLs include their own API version. */
export function operationIdOf(path: string): { readonly id: string; readonly isStatus: boolean } | undefined {
  const [, collection = '', id] = operationPath.exec(path) ?? [];
  return id === undefined ? undefined : { id, isStatus: collection.toLowerCase() === 'operationstatuses' };
}

export function readOperation(call: ArmCall): SandboxResponse {
  const { id = '', isStatus } = operationIdOf(call.path) ?? {};
  const operation = call.operations.find(id);
  if (!operation) throw notFound('OperationNotFound', `The operation '${id}' could not be found.`);
  if (operation.statusErrorsLeft > 0) {
    operation.statusErrorsLeft -= 1;
    throw new ArmError(500, 'InternalServerError', 'The status could not be read.');
  }
  call.operations.look(operation, call.context.clock.now());
  return isStatus ? statusOf(operation) : resultOf(call, operation);
}

function waiting({ retryAfter }: OperationStyle): Readonly<Record<string, string>> {
  return retryAfter === undefined ? {} : { 'retry-after': retryAfter };
}

/** Always 200 while the operation exists. */
function statusOf(operation: ArmOperation): SandboxResponse {
  const { id, status, startedAt, endedAt, looks, style, result } = operation;
  const isRunning = status === 'InProgress';
  const share = style.isTimed ? 0 : looks / (style.polls + 1);
  const isAction = operation.method === 'POST';
  return {
    status: 200,
    headers: isRunning ? waiting(style) : {},
    body: {
      id: operation.statusPath,
      name: id,
      status,
      startTime: new Date(startedAt).toISOString(),
      ...(endedAt === undefined ? {} : { endTime: new Date(endedAt).toISOString() }),
      percentComplete: isRunning ? Math.floor(share * 100) : 100,
      ...(status === 'Succeeded' && isAction && result?.body !== undefined ? { properties: result.body } : {}),
      ...(status === 'Failed' || status === 'Canceled' ? { error: errorOf(operation) } : {}),
    },
  };
}

/** 202 while it runs, then the response of the synchronous call. */
function resultOf(call: ArmCall, operation: ArmOperation): SandboxResponse {
  const { status, result } = operation;
  if (status === 'InProgress') {
    const { location = '' } = operationHeaders(call, operation);
    return { status: 202, headers: { location, ...waiting(operation.style) } };
  }
  if (status === 'Succeeded') return result ?? { status: 204 };
  const { code, message } = errorOf(operation);
  throw conflict(code, message);
}

function errorOf({ status, style }: ArmOperation) {
  return status === 'Canceled' && style.outcome !== 'Canceled' ? cancellation : style.error;
}
