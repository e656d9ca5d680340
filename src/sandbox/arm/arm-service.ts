import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';
import { authorize } from './access/guards.ts';
import { checkApiVersion, requireApiVersion } from './api-versions.ts';
import type { ArmCall, ArmRuntime } from './arm-call.ts';
import { ArmError, buildErrorResponse, notModelled } from './arm-error.ts';
import { groupScope, subscriptionScope } from './arm-ids.ts';
import { armRoutes } from './arm-routes.ts';
import type { ArmStore } from './arm-store.ts';
import { type ArmThrottle, createArmThrottle } from './arm-throttle.ts';
import { authenticate } from './authenticate.ts';
import { createRouteTable } from './match-route.ts';
import { describeEndpoints } from './metadata-endpoints.ts';
import { createOperationLog } from './operations/operation-log.ts';
import { operationIdOf, readOperation } from './operations/read-operation.ts';
import { requireSubscription } from './require-subscription.ts';
import { handleGeneric } from './routes/generic-resources.ts';

interface Parts {
  readonly runtime: ArmRuntime;
  readonly throttle: ArmThrottle;
}

const findRoute = createRouteTable(armRoutes);

/** Azure Resource Manager: authentication, api-versions, access, throttling and headers around the routes. */
export function createArmService(store: ArmStore): SandboxService {
  const runtime: ArmRuntime = {
    store,
    operations: createOperationLog(),
    refusedPages: new Set(),
    registrationReads: new Map(),
    writesUnderWay: new Set(),
  };
  const parts: Parts = { runtime, throttle: createArmThrottle() };
  return {
    name: 'arm',
    async handle(request, context) {
      runtime.operations.runDue(context.clock.now());
      const response = await answer(request, context, parts).catch(asResponse);
      return withStandardHeaders(response, request, context);
    },
  };
}

async function answer(request: SandboxRequest, context: SandboxContext, parts: Parts): Promise<SandboxResponse> {
  const path = decodePath(request.rawPath);
  const query = parseQuery(request.rawQuery);
  if (path.toLowerCase() === '/metadata/endpoints') return describeEndpoints(request, context);
  const apiVersion = requireApiVersion(query);
  const caller = await authenticate(request, context);
  const { method } = request;
  const call: ArmCall = { ...parts.runtime, request, context, caller, method, path, params: {}, query, apiVersion };
  const headers = admit(call, parts.throttle);
  const response = await carryOut(call).catch(asResponse);
  return { ...response, headers: { ...headers, ...response.headers } };
}

function admit(call: ArmCall, throttle: ArmThrottle): Readonly<Record<string, string>> {
  const { path, method, caller, store, context } = call;
  const common = { caller, now: context.clock.now(), limits: store.settings('throttleLimits').at(-1) };
  const isQuery = method === 'POST' && /^\/providers\/Microsoft\.ResourceGraph\/resources$/i.test(path);
  if (isQuery) return throttle.admitQuery(common);
  const subscriptionId = /^\/subscriptions\/([^/]+)/i.exec(path)?.[1];
  return throttle.admit({ ...common, method, ...(subscriptionId === undefined ? {} : { subscriptionId }) });
}

async function carryOut(call: ArmCall): Promise<SandboxResponse> {
  const subscriptionId = /^\/subscriptions\/([^/]+)/i.exec(call.path)?.[1];
  if (subscriptionId !== undefined) requireSubscription(call.store, subscriptionId);
  if (call.method === 'GET' && operationIdOf(call.path)) return readOperation(call);
  const match = findRoute(call.method, call.path);
  if (!match) {
    if (/\/providers\/[^/]+\/[^/]+/i.test(call.path)) return handleGeneric(call);
    throw notModelled(`${call.method} ${call.path}`);
  }
  const { route, params } = match;
  checkApiVersion(route.type, call.apiVersion);
  if (route.action !== undefined) authorize(call, route.action, scopeOf(params));
  return route.handle({ ...call, params });
}

function scopeOf({ scope, subscription, group }: Readonly<Record<string, string>>): string {
  if (scope !== undefined) return scope === '' ? '/' : scope;
  if (subscription === undefined) return '/';
  return group === undefined ? subscriptionScope(subscription) : groupScope(subscription, group);
}

function asResponse(error: unknown): SandboxResponse {
  if (error instanceof ArmError) return buildErrorResponse(error);
  throw error;
}

function decodePath(rawPath: string): string {
  const trimmed = rawPath.length > 1 && rawPath.endsWith('/') ? rawPath.slice(0, -1) : rawPath;
  try {
    return decodeURIComponent(trimmed).replaceAll('//', '/');
  } catch {
    throw new ArmError(400, 'BadRequest', 'The path of the request is not valid.');
  }
}

function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  const options = [...new URLSearchParams(rawQuery)].map(([name, value]) => [name.toLowerCase(), value] as const);
  const versions = options.filter(([name]) => name === 'api-version').map(([, value]) => value);
  if (versions.length <= 1) return new Map(options);
  const message = `The api-version query parameter must be given once; it is '${versions.join(',')}'.`;
  throw new ArmError(400, 'InvalidApiVersionParameter', message);
}

/** Headers that every answer carries. Source: Azure/azure-resource-manager-rpc, "Common API details". */
function withStandardHeaders(
  response: SandboxResponse,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const time = new Date(context.clock.now()).toISOString().replace(/\.\d+/, '');
  const clientId = request.headers['x-ms-client-request-id'];
  const isEchoed = request.headers['x-ms-return-client-request-id']?.toLowerCase() === 'true';
  const isJson = typeof response.body === 'object' && response.body !== null;
  return {
    ...response,
    headers: {
      'cache-control': 'no-cache',
      pragma: 'no-cache',
      expires: '-1',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-ms-request-id': request.requestId,
      'x-ms-correlation-request-id': request.headers['x-ms-correlation-request-id'] ?? request.requestId,
      'x-ms-routing-request-id': `WESTEUROPE:${time.replaceAll(/[-:]/g, '')}:${request.requestId}`,
      ...(clientId !== undefined && isEchoed ? { 'x-ms-client-request-id': clientId } : {}),
      ...(isJson ? { 'content-type': 'application/json; charset=utf-8' } : {}),
      ...response.headers,
    },
  };
}
