import type { ArmResource } from '../arm/arm-store.ts';
import type { PlainObject } from '../base/plain-object.ts';
import type { SandboxResponse, SandboxService } from '../base/service.ts';
import { Refusal } from '../base/service-frame.ts';
import {
  createDataPlane,
  type DataPlane,
  type DataPlaneParts,
  type DataPlaneRoute,
  type SignedInCall,
} from './data-plane-service.ts';

const readIndexes = 'Microsoft.Search/searchServices/indexes/read';
const readDocuments = 'Microsoft.Search/searchServices/indexes/documents/read';
const apiVersions = ['2020-06-30', '2023-11-01', '2024-07-01', '2025-09-01', '2026-04-01'];

type FailureMode = 'http401WithBearerChallenge' | 'http403';

/**
 * Azure AI Search, limited to reading indexes and counting documents. Access: "Connect to Azure AI Search using roles":
 * reading definitions needs Reader, Contributor, Owner or Search Service Contributor, reading documents a data role.
 */
const search: DataPlane = {
  name: 'search',
  accountType: 'Microsoft.Search/searchServices',
  audience: 'https://search.azure.com',
  unknownAccount: { code: 'ResourceNotFound', message: 'The search service was not found.' },
  open({ account }) {
    const isClosed = String(account.properties['publicNetworkAccess']).toLowerCase() === 'disabled';
    return isClosed || failureMode(account) === undefined ? { status: 403 } : undefined;
  },
  unauthenticated(_, { request, context, account }) {
    if (failureMode(account) === 'http403') return { status: 403 };
    const authority = `${context.addressOf(request, 'login')}/${context.tenant.id}/oauth2/authorize`;
    const challenge = `Bearer authorization_uri="${authority}", resource_id="https://search.azure.com"`;
    return { status: 401, headers: { 'www-authenticate': challenge } };
  },
  check({ query }) {
    const version = query.get('api-version');
    if (version !== null && apiVersions.includes(version)) return;
    const message = `The api-version '${version ?? ''}' is invalid. Supported versions: ${apiVersions.join(', ')}.`;
    throw new Refusal(400, 'InvalidApiVersion', message);
  },
  routes: [
    { method: 'GET', path: '/indexes', isCaseSensitive: true, handle: listIndexes },
    // Libraries write the key as OData does, people as a part of the path.
    ...['/indexes/{index}', "/indexes('{index}')"].flatMap((path): readonly DataPlaneRoute[] => [
      { method: 'GET', path, isCaseSensitive: true, handle: readIndex },
      { method: 'GET', path: `${path}/docs/$count`, isCaseSensitive: true, handle: countDocuments },
    ]),
  ],
  describe: ({ request }) => `${request.method} ${request.rawPath.replaceAll(/%24/gi, '$')} of search services`,
  answerRefusal: ({ status, code, message }) => ({ status, body: { error: { code, message } } }),
};

export function createSearchService(parts: DataPlaneParts): SandboxService {
  return createDataPlane(search, parts);
}

/** Response to failed bearer tokens; undefined if the service accepts only keys. */
function failureMode({ properties }: ArmResource): FailureMode | undefined {
  const options = properties['authOptions'] as { aadOrApiKey?: { aadAuthFailureMode?: FailureMode } } | undefined; // as the seed and ARM write it
  if (options?.aadOrApiKey) return options.aadOrApiKey.aadAuthFailureMode ?? 'http403';
  return properties['disableLocalAuth'] === true ? 'http403' : undefined;
}

function requireIndexReader({ arm, objectId, account }: SignedInCall): void {
  const isAllowed = arm.can(objectId, readIndexes, account.id) || arm.hasDataRole(objectId, account.id, readIndexes);
  if (!isAllowed) throw forbidden('read indexes');
}

function listIndexes(call: SignedInCall): SandboxResponse {
  requireIndexReader(call);
  const { request, account, query } = call;
  const chosen = query.get('$select')?.split(',');
  const value = indexesOf(account).map((name) => select(definitionOf(name), chosen));
  const selection = chosen ? `(${chosen.join(',')})` : '';
  return { status: 200, body: { '@odata.context': `${request.base}/$metadata#indexes${selection}`, value } };
}

function select(index: PlainObject, chosen: readonly string[] | undefined): PlainObject {
  if (!chosen) return index;
  return Object.fromEntries(Object.entries(index).filter(([name]) => chosen.includes(name)));
}

function readIndex(call: SignedInCall): SandboxResponse {
  requireIndexReader(call);
  const { request } = call;
  return {
    status: 200,
    body: { '@odata.context': `${request.base}/$metadata#indexes/$entity`, ...definitionOf(requireIndex(call)) },
  };
}

/** The least that an index has. */
function definitionOf(name: string): PlainObject {
  const field = { type: 'Edm.String', retrievable: true, stored: true, filterable: false, sortable: false };
  return {
    name,
    fields: [
      { ...field, name: 'id', key: true, searchable: false, facetable: false },
      { ...field, name: 'content', key: false, searchable: true, facetable: false },
    ],
    scoringProfiles: [],
    suggesters: [],
    analyzers: [],
    tokenizers: [],
    tokenFilters: [],
    charFilters: [],
  };
}

function requireIndex({ account, params }: SignedInCall): string {
  const { index = '' } = params;
  if (indexesOf(account).includes(index)) return index;
  throw new Refusal(404, '', `No index with the name '${index}' was found in the service.`);
}

function countDocuments(call: SignedInCall): SandboxResponse {
  const { arm, objectId, account, params } = call;
  // The data roles may be assigned at a single index.
  const scope = `${account.id}/indexes/${params['index'] ?? ''}`;
  if (!arm.hasDataRole(objectId, scope, readDocuments)) throw forbidden('read documents');
  requireIndex(call);
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: '\ufeff0' };
}

function indexesOf({ traits }: ArmResource): readonly string[] {
  const indexes = traits?.['indexes'];
  return Array.isArray(indexes) ? indexes.map(String) : [];
}

function forbidden(what: string): Refusal {
  const message = `Authorization failed. The principal is not authorized to ${what}.`;
  return new Refusal(403, 'Forbidden', message);
}
