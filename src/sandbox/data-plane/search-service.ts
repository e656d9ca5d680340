import type { ArmResource } from '../arm/arm-records.ts';
import { tenant } from '../seed/tenant.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';
import { authenticate, type DataPlaneCall, type DataPlaneParts, findAccount } from './data-plane-call.ts';

const serviceType = 'Microsoft.Search/searchServices';
const readIndexes = 'Microsoft.Search/searchServices/indexes/read';
const readDocuments = 'Microsoft.Search/searchServices/indexes/documents/read';
const writeDocuments = 'Microsoft.Search/searchServices/indexes/documents/write';
const apiVersions = ['2020-06-30', '2023-11-01', '2024-07-01', '2025-09-01'];

type FailureMode = 'http401WithBearerChallenge' | 'http403';

/**
 * Azure AI Search, as far as indexes are listed and their documents are counted. Access: "Connect to Azure AI Search
 * using roles": definitions are read with Reader and above, documents with the data roles alone.
 */
export function createSearchService({ arm }: DataPlaneParts): SandboxService {
  return {
    name: 'search',
    async handle(request, context) {
      const account = findAccount(request, serviceType, arm);
      if (!account) return failure(404, 'ResourceNotFound', 'The search service was not found.');
      if (String(account.properties['publicNetworkAccess']).toLowerCase() === 'disabled') return { status: 403 };
      const mode = failureMode(account);
      if (mode === undefined) return { status: 403 };
      const caller = await authenticate(request, ['https://search.azure.com'], context);
      if (caller.problem !== undefined) return unauthenticated(request, context, mode);
      const call = { request, context, arm, account, query: new URLSearchParams(request.rawQuery) };
      return route(call, caller.objectId);
    },
  };
}

/** How bearer tokens that fail are answered; undefined when the service takes keys alone. */
function failureMode({ properties }: ArmResource): FailureMode | undefined {
  const options = properties['authOptions'] as { aadOrApiKey?: { aadAuthFailureMode?: FailureMode } } | undefined; // as the seed and ARM write it
  if (options?.aadOrApiKey) return options.aadOrApiKey.aadAuthFailureMode ?? 'http403';
  return properties['disableLocalAuth'] === true ? 'http403' : undefined;
}

function unauthenticated(request: SandboxRequest, context: SandboxContext, mode: FailureMode): SandboxResponse {
  if (mode === 'http403') return { status: 403 };
  const authority = `${context.addressOf(request, 'login')}/${tenant.id}/oauth2/authorize`;
  const challenge = `Bearer authorization_uri="${authority}", resource_id="https://search.azure.com"`;
  return { status: 401, headers: { 'www-authenticate': challenge } };
}

function route(call: DataPlaneCall, objectId: string): SandboxResponse {
  const { request, query, account, arm } = call;
  const version = query.get('api-version');
  if (version === null || !apiVersions.includes(version)) {
    const message = `The api-version '${version ?? ''}' is invalid. Supported versions: ${apiVersions.join(', ')}.`;
    return failure(400, 'InvalidApiVersion', message);
  }
  const indexes = indexesOf(account);
  const path = request.rawPath.replaceAll(/%24/gi, '$');
  if (request.method === 'GET' && path === '/indexes') {
    const isAllowed =
      arm.can(objectId, readIndexes, account.id) ||
      arm.hasDataRole(objectId, account.id, readIndexes) ||
      arm.hasDataRole(objectId, account.id, writeDocuments);
    return isAllowed ? listIndexes(request, indexes) : forbidden('read indexes');
  }
  const index = /^\/indexes\/([^/]+)\/docs\/\$count$/.exec(path)?.[1];
  if (request.method === 'GET' && index !== undefined) {
    if (!arm.hasDataRole(objectId, account.id, readDocuments)) return forbidden('read documents');
    if (!indexes.includes(index)) {
      return failure(404, '', `No index with the name '${index}' was found in the service.`);
    }
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: '\ufeff0' };
  }
  return failure(501, 'NotImplemented', `The sandbox does not emulate ${request.method} ${path} of search services.`);
}

function indexesOf({ traits }: ArmResource): readonly string[] {
  const indexes = traits?.['indexes'];
  return Array.isArray(indexes) ? indexes.map(String) : [];
}

function listIndexes(request: SandboxRequest, indexes: readonly string[]): SandboxResponse {
  const value = indexes.map((name) => ({ name }));
  return { status: 200, body: { '@odata.context': `${request.base}/$metadata#indexes(name)`, value } };
}

function forbidden(what: string): SandboxResponse {
  return failure(403, 'Forbidden', `Authorization failed. The principal is not authorized to ${what}.`);
}

function failure(status: number, code: string, message: string): SandboxResponse {
  return { status, body: { error: { code, message } } };
}
