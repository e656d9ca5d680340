import { parseQuery, percentDecode } from '../base/read-request.ts';
import { createRouter } from '../base/router.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { type CarryOut, createService, isJson } from '../base/service-frame.ts';
import { timestamp } from '../seed/timestamp.ts';
import { authorize } from './access/guards.ts';
import { checkApiVersion, requireApiVersion } from './api-versions.ts';
import type { ArmCall, ArmRoute, ArmRuntime } from './arm-call.ts';
import { ArmError, badRequest, buildErrorResponse, notModelled } from './arm-error.ts';
import { groupScope, subscriptionIdOf, subscriptionScope } from './arm-ids.ts';
import type { ArmStore } from './arm-store.ts';
import { type ArmThrottle, createArmThrottle } from './arm-throttle.ts';
import { authenticate } from './authenticate.ts';
import { connectionRoutes } from './connections/connection-routes.ts';
import { createOperationLog } from './operations/operation-log.ts';
import { operationIdOf, readOperation } from './operations/run-operation.ts';
import { requireSubscription } from './requirements.ts';
import { resourceGraphRoutes } from './resource-graph/resource-graph-routes.ts';
import { customRoleRoutes } from './routes/custom-roles.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { handleGeneric } from './routes/generic-resources.ts';
import { identityCredentialRoutes } from './routes/identity-credentials.ts';
import { lockRoutes } from './routes/locks.ts';
import { managementGroupRoutes } from './routes/management-groups.ts';
import { providerRoutes } from './routes/providers.ts';
import { resourceGroupRoutes } from './routes/resource-groups.ts';
import { roleAssignmentRoutes } from './routes/role-assignments.ts';
import { roleDefinitionRoutes } from './routes/role-definitions.ts';
import { scheduleInstanceRoutes } from './routes/schedule-instances.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';
import { tagRoutes } from './routes/tags.ts';

/** Routes with special behaviour. The first match wins. */
const findRoute = createRouter<ArmRoute>(
  [
    ...subscriptionRoutes,
    ...providerRoutes,
    ...resourceGroupRoutes,
    ...roleAssignmentRoutes,
    ...roleDefinitionRoutes,
    ...customRoleRoutes,
    ...scheduleInstanceRoutes,
    ...lockRoutes,
    ...tagRoutes,
    ...deploymentRoutes,
    ...managementGroupRoutes,
    ...resourceGraphRoutes,
    ...identityCredentialRoutes,
    ...connectionRoutes,
  ],
  // Any number of segments, including none.
  { scope: '(?:/.+)?' },
);

interface Parts {
  readonly runtime: ArmRuntime;
  readonly throttle: ArmThrottle;
}

/** Azure Resource Manager: authentication, API versions, access, throttling, and headers around the routes. */
export function createArmService(store: ArmStore): SandboxService {
  const runtime: ArmRuntime = {
    store,
    operations: createOperationLog(),
    refusedPages: new Set(),
    registrationReads: new Map(),
    writesUnderWay: new Set(),
  };
  const parts: Parts = { runtime, throttle: createArmThrottle() };
  return createService({
    name: 'arm',
    answer(request, context, carryOut) {
      runtime.operations.runDue(context.clock.now());
      return answer(request, context, parts, carryOut);
    },
    refusal: ArmError,
    answerRefusal: buildErrorResponse,
    headers: standardHeaders,
  });
}

async function answer(
  request: SandboxRequest,
  context: SandboxContext,
  { runtime, throttle }: Parts,
  carryOut: CarryOut,
): Promise<SandboxResponse> {
  const path = decodePath(request.rawPath);
  const query = readQuery(request.rawQuery);
  if (path.toLowerCase() === '/metadata/endpoints') return describeEndpoints(request, context);
  const apiVersion = requireApiVersion(query);
  const caller = await authenticate(request, context);
  const call: ArmCall = {
    ...runtime,
    request,
    context,
    caller,
    method: request.method,
    path,
    params: {},
    query,
    apiVersion,
  };
  return carryOut(admit(call, throttle), () => handle(call));
}

function admit(call: ArmCall, throttle: ArmThrottle): Readonly<Record<string, string>> {
  const { path, method, caller, store, context } = call;
  const common = { caller, now: context.clock.now(), limits: store.settings('throttleLimits').at(-1) };
  const isQuery = method === 'POST' && /^\/providers\/Microsoft\.ResourceGraph\/resources$/i.test(path);
  if (isQuery) return throttle.admitQuery(common);
  return throttle.admit({ ...common, method, subscriptionId: subscriptionIdOf(path) });
}

function handle(call: ArmCall): SandboxResponse | Promise<SandboxResponse> {
  const subscriptionId = subscriptionIdOf(call.path);
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

function decodePath(rawPath: string): string {
  const trimmed = rawPath.length > 1 && rawPath.endsWith('/') ? rawPath.slice(0, -1) : rawPath;
  return percentDecode(trimmed, () => {
    throw badRequest('BadRequest', 'The path of the request is not valid.');
  }).replaceAll('//', '/');
}

function readQuery(rawQuery: string): ReadonlyMap<string, string> {
  const query = parseQuery(rawQuery);
  const versions = [...new URLSearchParams(rawQuery)].flatMap(([name, value]) =>
    name.toLowerCase() === 'api-version' ? [value] : [],
  );
  if (versions.length <= 1) return query;
  const message = `The api-version query parameter must be given once; it is '${versions.join(',')}'.`;
  throw badRequest('InvalidApiVersionParameter', message);
}

/** The anonymous description of a cloud. Source: ARM `/metadata/endpoints`. */
function describeEndpoints(request: SandboxRequest, context: SandboxContext): SandboxResponse {
  return {
    status: 200,
    body: {
      name: 'sandbox',
      resourceManager: request.base,
      microsoftGraphResourceId: context.addressOf(request, 'graph'),
      authentication: {
        loginEndpoint: context.addressOf(request, 'login'),
        audiences: [`${request.base}/`, request.base],
        tenant: context.tenant.id,
        identityProvider: 'AAD',
      },
      suffixes: {
        storage: 'sandbox.invalid',
        acrLoginServer: 'azurecr.sandbox.invalid',
        keyVaultDns: 'vault.sandbox.invalid',
      },
    },
  };
}

/** Headers of every response. Source: Azure/azure-resource-manager-rpc, "Common API details". */
function standardHeaders(response: SandboxResponse, request: SandboxRequest, context: SandboxContext) {
  const time = timestamp(context.clock.now());
  const clientId = request.headers['x-ms-client-request-id'];
  const isEchoed = request.headers['x-ms-return-client-request-id']?.toLowerCase() === 'true';
  return {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-ms-request-id': request.requestId,
    'x-ms-correlation-request-id': request.headers['x-ms-correlation-request-id'] ?? request.requestId,
    'x-ms-routing-request-id': `WESTEUROPE:${time.replaceAll(/[-:]/g, '')}:${request.requestId}`,
    ...(clientId !== undefined && isEchoed ? { 'x-ms-client-request-id': clientId } : {}),
    ...(isJson(response) ? { 'content-type': 'application/json; charset=utf-8' } : {}),
  };
}
