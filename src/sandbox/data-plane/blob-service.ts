import { containerNameProblem } from '../arm/container-names.ts';
import { recordOf } from '../base/plain-object.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';
import { type BlobContents, createBlobContents } from './blob-content.ts';
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
 * Blob storage: containers, and block blobs in one piece. Errors: "Common REST API error codes" and "Authorize with
 * Microsoft Entra ID" of Azure Storage.
 */
const blobStorage: Omit<DataPlane, 'routes'> = {
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
    const authority = `${context.addressOf(request, 'login')}/${context.tenant.id}/oauth2/authorize`;
    throw new Refusal(
      401,
      code,
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
      { 'www-authenticate': `Bearer authorization_uri=${authority} resource_id=https://storage.azure.com` },
    );
  },
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
  const contents = createBlobContents({ openContainer });
  const isContainer = (query: URLSearchParams) => query.get('restype') === 'container';
  const container = { path: '/{container}', isFor: isContainer };
  const reads = ['GET', 'HEAD'].flatMap((method): readonly DataPlaneRoute[] => [
    { method, path: '/', isFor: (query) => query.get('comp') === 'list', handle: listContainers },
    { method, ...container, handle: (call) => readContainer(call, contents) },
  ]);
  const isServiceProperties = (query: URLSearchParams) =>
    query.get('restype') === 'service' && query.get('comp') === 'properties';
  const routes = [
    ...reads,
    { method: 'GET', path: '/', isFor: isServiceProperties, handle: readService },
    { method: 'PUT', ...container, handle: createContainer },
    { method: 'DELETE', ...container, handle: (call: SignedInCall) => deleteContainer(call, contents) },
    ...contents.routes,
  ];
  // Names of blobs have any number of segments.
  const { name, handle } = createDataPlane({ ...blobStorage, routes, patterns: { blob: '.+' } }, parts);
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

const actions = {
  read: readBlobs,
  write: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
  delete: 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete',
} as const;

function requireRole({ arm, objectId }: SignedInCall, scope: string, action: keyof typeof actions = 'read'): void {
  if (!arm.hasDataRole(objectId, scope, actions[action])) throw mismatch();
}

function mismatch(): Refusal {
  const message = 'This request is not authorized to perform this operation using this permission.';
  return new Refusal(403, 'AuthorizationPermissionMismatch', message);
}

function containerOf({ account, params }: SignedInCall): { readonly id: string; readonly name: string } {
  const name = decodeURIComponent(params['container'] ?? '');
  const problem = containerNameProblem(name);
  if (problem) throw new Refusal(400, problem.code, problem.message);
  return { id: `${account.id}/blobServices/default/containers/${name}`, name };
}

/** The id of the container in the path. The role is checked first: who lacks it does not learn what exists. */
function openContainer(call: SignedInCall, action: keyof typeof actions): string {
  const { id, name } = containerOf(call);
  requireRole(call, id, action);
  if (childNames(call, containerType).includes(name)) return id;
  throw new Refusal(404, 'ContainerNotFound', 'The specified container does not exist.');
}

/** A control action, like those of containers. Source: "Get Blob Service Properties", Authorization. */
function readService({ arm, objectId, account }: SignedInCall): SandboxResponse {
  if (!arm.can(objectId, `${accountType}/blobServices/read`, account.id)) throw mismatch();
  const off = '<Enabled>false</Enabled>';
  const metrics = `<Version>1.0</Version>${off}<RetentionPolicy>${off}</RetentionPolicy>`;
  const logging = `<Version>1.0</Version><Delete>false</Delete><Read>false</Read><Write>false</Write><RetentionPolicy>${off}</RetentionPolicy>`;
  return xml(
    200,
    `<StorageServiceProperties><Logging>${logging}</Logging><HourMetrics>${metrics}</HourMetrics><MinuteMetrics>${metrics}</MinuteMetrics><Cors /><DeleteRetentionPolicy>${off}</DeleteRetentionPolicy><StaticWebsite>${off}</StaticWebsite></StorageServiceProperties>`,
  );
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

function readContainer(call: SignedInCall, contents: BlobContents): SandboxResponse {
  const id = openContainer(call, 'read');
  const { query, request, arm } = call;
  const { name } = containerOf(call);
  if (query.get('comp') !== 'list') {
    const { etag = '', changedTime = 0 } = arm.resource(id) ?? {};
    return {
      status: 200,
      headers: {
        etag: `"${etag.replaceAll('"', '')}"`,
        'last-modified': new Date(changedTime).toUTCString(),
        'x-ms-lease-status': 'unlocked',
        'x-ms-lease-state': 'available',
        'x-ms-has-immutability-policy': 'false',
        'x-ms-has-legal-hold': 'false',
      },
    };
  }
  const blobs = contents.list(id, query.get('prefix') ?? '');
  return xml(
    200,
    `<EnumerationResults ServiceEndpoint="${xmlText(request.base)}/" ContainerName="${xmlText(name)}"><Blobs>${blobs}</Blobs><NextMarker /></EnumerationResults>`,
  );
}

/** Control actions, although they are asked for at the data plane. Source: "Create Container", Authorization. */
function requireControl({ arm, objectId, account }: SignedInCall, verb: 'write' | 'delete'): void {
  if (!arm.can(objectId, `${containerType}/${verb}`, account.id)) throw mismatch();
}

function createContainer(call: SignedInCall): SandboxResponse {
  requireControl(call, 'write');
  const { id, name } = containerOf(call);
  if (childNames(call, containerType).includes(name)) {
    throw new Refusal(409, 'ContainerAlreadyExists', 'The specified container already exists.');
  }
  const { context, account, arm } = call;
  const now = context.clock.now();
  const time = new Date(now).toISOString();
  const etag = `"0x8D${now.toString(16).toUpperCase()}"`;
  arm.putResource({
    id,
    name: `${account.name}/default/${name}`,
    type: containerType,
    properties: { publicAccess: 'None', leaseState: 'Available', hasImmutabilityPolicy: false },
    etag,
    createdTime: time,
    changedTime: time,
  });
  return { status: 201, headers: { etag, 'last-modified': new Date(now).toUTCString() } };
}

function deleteContainer(call: SignedInCall, contents: BlobContents): SandboxResponse {
  requireControl(call, 'delete');
  const { id, name } = containerOf(call);
  if (!childNames(call, containerType).includes(name)) {
    throw new Refusal(404, 'ContainerNotFound', 'The specified container does not exist.');
  }
  call.arm.removeResource(id);
  contents.forget(id);
  return { status: 202 };
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
