import { tenant } from '../seed/tenant.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';
import { authenticate, childNames, type DataPlaneCall, type DataPlaneParts, findAccount } from './data-plane-call.ts';
import { xmlText } from './xml.ts';

const accountType = 'Microsoft.Storage/storageAccounts';
const containerType = `${accountType}/blobServices/containers`;
const readBlobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read';

/**
 * Blob storage, as far as containers are listed and looked at. Errors: "Common REST API error codes" and
 * "Authorize with Microsoft Entra ID" of Azure Storage.
 */
export function createBlobService({ arm }: DataPlaneParts): SandboxService {
  return {
    name: 'storage',
    async handle(request, context) {
      const account = findAccount(request, accountType, arm);
      if (!account) return failure(request, context, 404, 'ResourceNotFound', 'The specified resource does not exist.');
      const refusal = checkVersion(request, context) ?? checkNetwork(account.properties, request, context);
      if (refusal) return refusal;
      const caller = await authenticate(request, ['https://storage.azure.com'], context);
      if (caller.problem !== undefined) return unauthenticated(caller.problem, request, context);
      const call = { request, context, arm, account, query: new URLSearchParams(request.rawQuery) };
      return withHeaders(route(call, caller.objectId), request);
    },
  };
}

/** Entra tokens need 2017-11-09 or later. */
function checkVersion(request: SandboxRequest, context: SandboxContext): SandboxResponse | undefined {
  const version = request.headers['x-ms-version'] ?? '';
  if (!request.headers['authorization'] || version >= '2017-11-09') return undefined;
  const message =
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.';
  return failure(request, context, 403, 'AuthenticationFailed', message);
}

function checkNetwork(
  properties: Readonly<Record<string, unknown>>,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse | undefined {
  const acls = properties['networkAcls'] as { readonly defaultAction?: string } | undefined; // as the seed and ARM write it
  const isOpen = properties['publicNetworkAccess'] !== 'Disabled' && acls?.defaultAction !== 'Deny';
  const message = 'This request is not authorized to perform this operation.';
  return isOpen ? undefined : failure(request, context, 403, 'AuthorizationFailure', message);
}

function route(call: DataPlaneCall, objectId: string): SandboxResponse {
  const { request, query } = call;
  const container = /^\/([^/]+)$/.exec(request.rawPath)?.[1];
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isRead && request.rawPath === '/' && query.get('comp') === 'list') return listContainers(call, objectId);
  if (isRead && container !== undefined && query.get('restype') === 'container') {
    return readContainer(call, decodeURIComponent(container), objectId);
  }
  const message = `The sandbox does not emulate ${request.method} ${request.rawPath}?${[...query.keys()].join('&')} of blob storage.`;
  return failure(request, call.context, 501, 'NotImplemented', message);
}

function listContainers(call: DataPlaneCall, objectId: string): SandboxResponse {
  const { account, arm, query, request } = call;
  if (!arm.hasDataRole(objectId, account.id, readBlobs)) return roleMissing(call);
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  const limit = Number(query.get('maxresults') ?? 5000);
  if (!Number.isInteger(limit) || limit < 1) {
    const message = 'One of the query parameters specified in the request URI is outside the permissible range.';
    return failure(request, call.context, 400, 'OutOfRangeQueryParameterValue', message);
  }
  const names = childNames(account, containerType, arm).filter((name) => name.startsWith(prefix) && name >= marker);
  const shown = names.slice(0, limit);
  const items = shown.map((name) => `<Container><Name>${xmlText(name)}</Name><Properties /></Container>`).join('');
  const next = xmlText(names[limit] ?? '');
  return xml(
    `<EnumerationResults ServiceEndpoint="${xmlText(request.base)}/"><MaxResults>${limit}</MaxResults><Containers>${items}</Containers><NextMarker>${next}</NextMarker></EnumerationResults>`,
  );
}

function readContainer(call: DataPlaneCall, name: string, objectId: string): SandboxResponse {
  const { account, arm, query, request } = call;
  if (!arm.hasDataRole(objectId, `${account.id}/blobServices/default/containers/${name}`, readBlobs)) {
    return roleMissing(call);
  }
  if (!childNames(account, containerType, arm).includes(name)) {
    const message = 'The specified container does not exist.';
    return failure(request, call.context, 404, 'ContainerNotFound', message);
  }
  if (query.get('comp') !== 'list') return { status: 200, headers: { 'x-ms-lease-status': 'unlocked' } };
  return xml(
    `<EnumerationResults ServiceEndpoint="${xmlText(request.base)}/" ContainerName="${xmlText(name)}"><Blobs /><NextMarker /></EnumerationResults>`,
  );
}

function roleMissing({ request, context }: DataPlaneCall): SandboxResponse {
  const message = 'This request is not authorized to perform this operation using this permission.';
  return failure(request, context, 403, 'AuthorizationPermissionMismatch', message);
}

function unauthenticated(
  problem: 'missing' | 'invalid',
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const [code, message] =
    problem === 'missing'
      ? [
          'NoAuthenticationInformation',
          'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
        ]
      : [
          'InvalidAuthenticationInfo',
          'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
        ];
  const authority = `${context.addressOf(request, 'login')}/${tenant.id}/oauth2/authorize`;
  const challenge = `Bearer authorization_uri=${authority} resource_id=https://storage.azure.com`;
  const response = failure(request, context, 401, code ?? '', message ?? '');
  return { ...response, headers: { ...response.headers, 'www-authenticate': challenge } };
}

function xml(content: string): SandboxResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="utf-8"?>${content}`,
  };
}

function failure(
  request: SandboxRequest,
  context: SandboxContext,
  status: number,
  code: string,
  message: string,
): SandboxResponse {
  const time = new Date(context.clock.now()).toISOString();
  const text = `${xmlText(message)}\nRequestId:${request.requestId}\nTime:${time}`;
  const response: SandboxResponse = {
    status,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`,
  };
  return withHeaders(response, request);
}

/** An answer to HEAD has the headers alone. */
function withHeaders({ status, headers, body }: SandboxResponse, request: SandboxRequest): SandboxResponse {
  return {
    status,
    headers: {
      server: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
      'x-ms-request-id': request.requestId,
      'x-ms-version': request.headers['x-ms-version'] ?? '2021-12-02',
      ...headers,
    },
    ...(request.method === 'HEAD' ? {} : { body }),
  };
}
