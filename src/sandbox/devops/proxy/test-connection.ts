import { managementGroupScope, subscriptionScope } from '../../arm/arm-ids.ts';
import type { DevOpsCall } from '../devops-call.ts';
import type { EndpointRecord } from '../devops-records.ts';
import { assertionAudience, federationOf } from '../endpoints/federation.ts';
import { textAt } from '../text-map.ts';
import { bodyOf, internalRequest, signIn } from './sign-in.ts';

/** Inner result of the proxy: the answer around it is 200 whatever it says. */
export interface ProxyResult {
  readonly result: readonly string[];
  readonly statusCode: keyof typeof statusNumbers;
  readonly errorMessage: string;
}

export const statusNumbers = {
  ok: 200,
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  tooManyRequests: 429,
  internalServerError: 500,
  serviceUnavailable: 503,
} as const;

/** Signs in as the endpoint and looks at what it is for: both really happen, inside the sandbox. */
export async function testConnection(endpoint: EndpointRecord, call: DevOpsCall): Promise<ProxyResult> {
  const { scheme } = endpoint.authorization;
  if (textAt(endpoint.data, 'environment') === 'AzureStack') {
    return failure(
      'serviceUnavailable',
      `Failed to query service connection API: '${addressOf(endpoint)}'. Error Message: 'No such host is known.'`,
    );
  }
  if (scheme !== 'ServicePrincipal' && scheme !== 'WorkloadIdentityFederation') {
    return failure(
      'badRequest',
      `The data source TestConnection cannot be used with the authentication scheme '${scheme}': only an agent can.`,
    );
  }
  const signedIn = await signIn(endpoint, call);
  if ('problem' in signedIn) return refusedSignIn(signedIn.problem);
  if (scheme === 'WorkloadIdentityFederation' && !isPropagated(endpoint, call)) {
    return refusedSignIn(unknownFederation(endpoint, call));
  }
  return look(endpoint, signedIn.token, call);
}

function refusedSignIn(problem: string): ProxyResult {
  return failure(
    'unauthorized',
    `Failed to obtain the Json Web Token(JWT) using service principal client ID. Exception message: ${problem}`,
  );
}

function failure(statusCode: ProxyResult['statusCode'], errorMessage: string): ProxyResult {
  return { result: [], statusCode, errorMessage };
}

async function look(endpoint: EndpointRecord, token: string, call: DevOpsCall): Promise<ProxyResult> {
  const { path, version } = targetOf(endpoint);
  const request = internalRequest(call, 'arm', {
    method: 'GET',
    rawPath: encodeURI(path),
    rawQuery: `api-version=${version}`,
    headers: { authorization: `Bearer ${token}` },
  });
  const answer = await call.armService.handle(request, call.context);
  const text = JSON.stringify(bodyOf(answer));
  const statusCode = nameOf(answer.status);
  if (statusCode === 'ok') return { result: [text], statusCode, errorMessage: '' };
  const shown = `${statusCode.charAt(0).toUpperCase()}${statusCode.slice(1)}`;
  return failure(
    statusCode,
    `Failed to query service connection API: '${addressOf(endpoint)}'. Status Code: '${shown}', Response from server: '${text}'`,
  );
}

function nameOf(status: number): ProxyResult['statusCode'] {
  for (const [name, number] of Object.entries(statusNumbers)) {
    if (number === status) return name as ProxyResult['statusCode'];
  }
  return 'internalServerError';
}

/** What the test reads: the scope that the endpoint is for. */
function targetOf({ data, authorization }: EndpointRecord): { readonly path: string; readonly version: string } {
  const scope = textAt(authorization.parameters, 'scope');
  const group = textAt(data, 'managementGroupId');
  if (scope) return { path: scope, version: '2022-09-01' };
  if (group) return { path: managementGroupScope(group), version: '2020-05-01' };
  const subscription = subscriptionScope(textAt(data, 'subscriptionId') ?? '');
  const workspace = textAt(data, 'mlWorkspaceName');
  if (!workspace) return { path: subscription, version: '2022-12-01' };
  const parent = `${subscription}/resourceGroups/${textAt(data, 'resourceGroupName')}/providers/Microsoft.MachineLearningServices`;
  return { path: `${parent}/workspaces/${workspace}`, version: '2024-04-01' };
}

function addressOf(endpoint: EndpointRecord): string {
  const { path, version } = targetOf(endpoint);
  return `${endpoint.url.replace(/\/$/, '')}${path}?api-version=${version}`;
}

/**
 * Whether a federation is known everywhere: the first good test of one starts the time of `federationPropagation`.
 * Source: "A new credential can need minutes to be known".
 */
function isPropagated(endpoint: EndpointRecord, { store, context }: DevOpsCall): boolean {
  const placed = store.setting('federationPropagation');
  const { subject } = federationOf(endpoint, store);
  const key = `${endpoint.id} ${subject}`;
  const now = context.clock.now();
  const known = store.goodFederations.get(key) ?? { since: now, times: 0 };
  store.goodFederations.set(key, { ...known, times: known.times + 1 });
  return now - known.since >= Number(placed?.['seconds'] ?? 0) * 1000 && known.times >= Number(placed?.['times'] ?? 0);
}

function unknownFederation(endpoint: EndpointRecord, { store, request }: DevOpsCall): string {
  const { issuer, subject } = federationOf(endpoint, store);
  const audience = assertionAudience(textAt(endpoint.data, 'environment'));
  return `AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: '${issuer}'. Assertion Subject: '${subject}'. Assertion Audience: '${audience}'. https://docs.microsoft.com/azure/active-directory/develop/workload-identity-federation Trace ID: ${request.requestId}`;
}
