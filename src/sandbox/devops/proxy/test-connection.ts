import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { managementGroupScope, subscriptionScope } from '../../arm/arm-ids.ts';
import { recordOf } from '../../base/plain-object.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { signJwt } from '../../entra/token-signer.ts';
import type { DevOpsCall } from '../devops-call.ts';
import type { Authorization, EndpointRecord } from '../devops-store.ts';
import { assertionAudience, federationOf, signAssertion } from '../endpoints/federation.ts';
import { textAt } from '../text-map.ts';

/** Inner result of the proxy. The outer response is always 200. */
interface ProxyResult {
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

/** Signs in as the endpoint and reads its scope, with real calls inside the sandbox. */
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

/** The scope that the test reads. */
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
 * Whether a federation has propagated. Its first valid test starts the time of `federationPropagation`. Source: "A new
 * credential can need minutes to be known".
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

/** A Resource Manager token, or the error message of Entra. */
type SignIn = { readonly token: string } | { readonly problem: string };

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Signs in as the endpoint, at the sandbox's login service. */
async function signIn(endpoint: EndpointRecord, call: DevOpsCall): Promise<SignIn> {
  const { authorization } = endpoint;
  const { parameters } = authorization;
  const proof = await proofOf(endpoint, call);
  if ('problem' in proof) return proof;
  const arm = call.context.addressOf(call.request, 'arm');
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: textAt(parameters, 'serviceprincipalid') ?? '',
    scope: `${arm}/.default`,
    ...proof.form,
  });
  const tenantId = encodeURIComponent(textAt(parameters, 'tenantid') ?? '');
  const request = internalRequest(call, 'login', {
    method: 'POST',
    rawPath: `/${tenantId}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const { access_token: token, error_description: problem } = bodyOf(await call.login.handle(request, call.context));
  return typeof token === 'string' ? { token } : { problem: String(problem ?? 'The login service gave no answer.') };
}

type Proof = { readonly form: Readonly<Record<string, string>> } | { readonly problem: string };

async function proofOf(endpoint: EndpointRecord, call: DevOpsCall): Promise<Proof> {
  const { scheme, parameters } = endpoint.authorization;
  if (scheme === 'WorkloadIdentityFederation') return assertionForm(await signAssertion(endpoint, call));
  if (textAt(parameters, 'authenticationType')?.toLowerCase() !== 'spncertificate') {
    return { form: { client_secret: textAt(parameters, 'serviceprincipalkey') ?? '' } };
  }
  const assertion = certificateAssertion(endpoint.authorization, call);
  return assertion === undefined
    ? {
        problem:
          'The certificate of the service connection cannot be read: it has to be a PEM with certificate and private key.',
      }
    : assertionForm(assertion);
}

function assertionForm(assertion: string): Proof {
  return { form: { client_assertion_type: assertionType, client_assertion: assertion } };
}

/** Source: "Microsoft identity platform application authentication certificate credentials". */
function certificateAssertion({ parameters }: Authorization, { context, request }: DevOpsCall): string | undefined {
  const pem = textAt(parameters, 'servicePrincipalCertificate') ?? '';
  const appId = textAt(parameters, 'serviceprincipalid') ?? '';
  const now = Math.floor(context.clock.now() / 1000);
  try {
    const { raw } = new X509Certificate(pem);
    const audience = `${context.addressOf(request, 'login')}/${textAt(parameters, 'tenantid')}/oauth2/v2.0/token`;
    const header = { alg: 'RS256', typ: 'JWT', x5t: createHash('sha1').update(raw).digest('base64url') };
    const claims = { aud: audience, iss: appId, sub: appId, jti: context.newId(), nbf: now, exp: now + 600 };
    return signJwt(header, claims, createPrivateKey(pem));
  } catch {
    return undefined;
  }
}

interface InternalRequest {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request from Azure DevOps to another service of the sandbox. */
function internalRequest(
  { context, request }: DevOpsCall,
  service: 'login' | 'arm',
  { method, rawPath, rawQuery = '', headers, body = '' }: InternalRequest,
): SandboxRequest {
  const base = context.addressOf(request, service);
  return { method, base, rawPath, rawQuery, headers, body: Buffer.from(body), requestId: request.requestId };
}

/** The response of a sandbox service; its body is used if it is an object. */
function bodyOf({ body }: SandboxResponse): Readonly<Record<string, unknown>> {
  return recordOf(body);
}
