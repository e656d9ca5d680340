import { recordOf } from '../base/plain-object.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';
import { tenant } from '../seed/tenant.ts';
import {
  childNames,
  createDataPlane,
  type DataPlane,
  type DataPlaneCall,
  type DataPlaneParts,
  type DataPlaneRoute,
  type SignedInCall,
  xmlText,
} from './data-plane-service.ts';

const accountType = 'Microsoft.Storage/storageAccounts';
const containerType = `${accountType}/blobServices/containers`;
const readBlobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read';

/**
 * Blob storage, limited to listing containers and reading their properties. Errors: "Common REST API error codes" and
 * "Authorize with Microsoft Entra ID" of Azure Storage.
 */
const blobStorage: DataPlane = {
  name: 'storage',
  accountType,
  audience: 'https://storage.azure.com',
  unknownAccount: { code: 'ResourceNotFound', message: 'The specified resource does not exist.' },
  open(call) {
    checkVersion(call);
    checkNetwork(call);
    return undefined;
  },
  unauthenticated(problem, { request, context }) {
    const code = problem === 'missing' ? 'NoAuthenticationInformation' : 'InvalidAuthenticationInfo';
    const authority = `${context.addressOf(request, 'login')}/${tenant.id}/oauth2/authorize`;
    throw new Refusal(
      401,
      code,
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
      { 'www-authenticate': `Bearer authorization_uri=${authority} resource_id=https://storage.azure.com` },
    );
  },
  routes: ['GET', 'HEAD'].flatMap((method): readonly DataPlaneRoute[] => [
    { method, path: '/', isFor: (query) => query.get('comp') === 'list', handle: listContainers },
    {
      method,
      path: '/{container}',
      isFor: (query) => query.get('restype') === 'container',
      handle: readContainer,
    },
  ]),
  describe: ({ request, query }) =>
    `${request.method} ${request.rawPath}?${[...query.keys()].join('&')} of blob storage`,
  answerRefusal,
  headers: (_, request) => ({
    server: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
    'x-ms-request-id': request.requestId,
    'x-ms-version': request.headers['x-ms-version'] ?? '2021-12-02',
  }),
};

export function createBlobService(parts: DataPlaneParts): SandboxService {
  const { name, handle } = createDataPlane(blobStorage, parts);
  return {
    name,
    async handle(request, context) {
      const { body, ...head } = await handle(request, context);
      return request.method === 'HEAD' ? head : { ...head, body };
    },
  };
}

/** Entra tokens require version 2017-11-09 or later. */
function checkVersion({ request }: DataPlaneCall): void {
  const version = request.headers['x-ms-version'] ?? '';
  if (!request.headers['authorization'] || version >= '2017-11-09') return;
  const message =
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.';
  throw new Refusal(403, 'AuthenticationFailed', message);
}

function checkNetwork({ account: { properties } }: DataPlaneCall): void {
  const isOpen =
    properties['publicNetworkAccess'] !== 'Disabled' && recordOf(properties['networkAcls'])['defaultAction'] !== 'Deny';
  if (isOpen) return;
  throw new Refusal(403, 'AuthorizationFailure', 'This request is not authorized to perform this operation.');
}

function requireRole({ arm, objectId }: SignedInCall, scope: string): void {
  if (arm.hasDataRole(objectId, scope, readBlobs)) return;
  const message = 'This request is not authorized to perform this operation using this permission.';
  throw new Refusal(403, 'AuthorizationPermissionMismatch', message);
}

function listContainers(call: SignedInCall): SandboxResponse {
  const { account, query, request } = call;
  requireRole(call, account.id);
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  const limit = Number(query.get('maxresults') ?? 5000);
  if (!Number.isInteger(limit) || limit < 1) {
    const message = 'One of the query parameters specified in the request URI is outside the permissible range.';
    throw new Refusal(400, 'OutOfRangeQueryParameterValue', message);
  }
  const names = childNames(call, containerType).filter((name) => name.startsWith(prefix) && name >= marker);
  const shown = names.slice(0, limit);
  const items = shown.map((name) => `<Container><Name>${xmlText(name)}</Name><Properties /></Container>`).join('');
  const next = xmlText(names[limit] ?? '');
  return xml(
    200,
    `<EnumerationResults ServiceEndpoint="${xmlText(request.base)}/"><MaxResults>${limit}</MaxResults><Containers>${items}</Containers><NextMarker>${next}</NextMarker></EnumerationResults>`,
  );
}

function readContainer(call: SignedInCall): SandboxResponse {
  const { account, query, request, params } = call;
  const name = decodeURIComponent(params['container'] ?? '');
  requireRole(call, `${account.id}/blobServices/default/containers/${name}`);
  if (!childNames(call, containerType).includes(name)) {
    throw new Refusal(404, 'ContainerNotFound', 'The specified container does not exist.');
  }
  if (query.get('comp') !== 'list') return { status: 200, headers: { 'x-ms-lease-status': 'unlocked' } };
  return xml(
    200,
    `<EnumerationResults ServiceEndpoint="${xmlText(request.base)}/" ContainerName="${xmlText(name)}"><Blobs /><NextMarker /></EnumerationResults>`,
  );
}

function answerRefusal(
  { status, code, message, headers }: Refusal,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const time = new Date(context.clock.now()).toISOString();
  const text = `${xmlText(message)}\nRequestId:${request.requestId}\nTime:${time}`;
  const content = `<Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  return xml(status, content, { 'x-ms-error-code': code, ...headers });
}

function xml(status: number, content: string, headers: Readonly<Record<string, string>> = {}): SandboxResponse {
  return {
    status,
    headers: { 'content-type': 'application/xml', ...headers },
    body: `<?xml version="1.0" encoding="utf-8"?>${content}`,
  };
}
