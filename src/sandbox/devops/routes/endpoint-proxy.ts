import { isRecord } from '../../../core/base/guards.ts';
import { optionalText, type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { type DevOpsCall, type DevOpsRoute, parseBody, requireProject } from '../devops-call.ts';
import { badRequest, invalidEndpoint, missingValue, notModelled } from '../devops-error.ts';
import type { EndpointRecord, TextMap } from '../devops-store.ts';
import { readTexts, requireScheme } from '../endpoints/endpoint-input.ts';
import { findEndpointType, isSecret } from '../endpoints/endpoint-schemes.ts';
import { countPoll, requireEndpoint, settleAll } from '../endpoints/stored-endpoints.ts';
import { statusNumbers, testConnection } from '../proxy/test-connection.ts';
import { withTexts } from '../text-map.ts';
import { readScopes } from './endpoints.ts';

const emptyGuid = '00000000-0000-0000-0000-000000000000';

/** Source: "Endpointproxy - Execute Service Endpoint Request". */
export const endpointProxyRoutes: readonly DevOpsRoute[] = [
  {
    method: 'POST',
    path: '/_apis/serviceendpoint/endpointproxy',
    level: 'project',
    scopes: readScopes,
    cost: 'test',
    handle: execute,
  },
];

async function execute(call: DevOpsCall): Promise<SandboxResponse> {
  const { store, context, query } = call;
  settleAll(store, context.clock.now());
  const body = parseBody(call);
  if (!isRecord(body)) throw missingValue('serviceEndpointRequest');
  checkDataSource(body['dataSourceDetails']);
  const id = query.get('endpointid');
  if (!id) throw missingValue('endpointId');
  const details = isRecord(body['serviceEndpointDetails']) ? body['serviceEndpointDetails'] : undefined;
  const isStored = id !== '0' && id !== emptyGuid;
  const endpoint = isStored
    ? storedEndpoint(requireEndpoint({ ...call, params: { id } }), details, call)
    : draftOf(details, call);
  const result = await testConnection(endpoint, call);
  const asNumber = store.setting('proxyStatus')?.['as'] === 'number';
  return {
    status: 200,
    body: {
      ...result,
      statusCode: asNumber ? statusNumbers[result.statusCode] : result.statusCode,
      callbackContextParameters: {},
      callbackRequired: false,
    },
  };
}

/** Only named data sources: an arbitrary URL would receive the endpoint's credentials. */
function checkDataSource(value: unknown): void {
  if (!isRecord(value)) throw missingValue('dataSourceDetails');
  for (const name of ['dataSourceUrl', 'resourceUrl']) {
    if (optionalText(value[name])) {
      throw badRequest(
        'InvalidServiceEndpointRequestException',
        `The member dataSourceDetails.${name} is not allowed: name a data source of the type of the service connection.`,
      );
    }
  }
  const source = optionalText(value['dataSourceName']);
  if (!source) throw missingValue('dataSourceDetails.DataSourceName');
  if (source !== 'TestConnection') throw notModelled(`the data source ${source}`);
}

/** Uses only stored data. The caller can send the URL, but it must match that of the endpoint. */
function storedEndpoint(endpoint: EndpointRecord, details: PlainObject | undefined, call: DevOpsCall): EndpointRecord {
  countPoll(endpoint, call.store);
  const url = optionalText(details?.['url']);
  if (url && originOf(url) !== originOf(endpoint.url)) throw foreignUrl(url);
  const { scheme, parameters } = endpoint.authorization;
  const given = detailsParameters(details);
  const secrets = Object.fromEntries(Object.entries(given).filter(([name, value]) => isSecret(name) && value !== ''));
  // A new secret can be tested before it is saved; federation is tested as stored.
  if (scheme === 'WorkloadIdentityFederation') return endpoint;
  return { ...endpoint, authorization: { scheme, parameters: withTexts(parameters, secrets) } };
}

/** An endpoint that is not saved yet. It has no issuer or subject, so federation cannot be tested. */
function draftOf(details: PlainObject | undefined, call: DevOpsCall): EndpointRecord {
  const { context, request, caller } = call;
  const { project } = requireProject(call);
  if (!details) throw missingValue('serviceEndpointDetails');
  const type = findEndpointType(optionalText(details['type']) ?? '');
  if (!type) throw invalidEndpoint(`Unable to find service connection type '${String(details['type'])}'.`);
  const authorization = recordOf(details['authorization']);
  const scheme = requireScheme(type, optionalText(authorization['scheme']) ?? '');
  if (scheme === 'WorkloadIdentityFederation') {
    throw badRequest(
      'InvalidServiceEndpointRequestException',
      'A federated service connection is tested after it was saved: before, it has no issuer and subject.',
    );
  }
  const url = optionalText(details['url']) ?? type.url;
  const accepted = [originOf(type.url), originOf(context.addressOf(request, 'arm'))];
  if (!accepted.includes(originOf(url))) throw foreignUrl(url);
  return {
    id: emptyGuid,
    type: type.name,
    url,
    description: '',
    owner: 'library',
    createdBy: caller.identity,
    authorization: { scheme, parameters: detailsParameters(details) },
    data: readTexts(details['data'], 'data'),
    references: [{ projectId: project.id, name: 'draft', description: '' }],
    isReady: false,
    state: 'Ready',
    statusMessage: '',
    issuer: 'entra',
  };
}

function detailsParameters(details: PlainObject | undefined): TextMap {
  const authorization = isRecord(details?.['authorization']) ? details['authorization'] : {};
  return readTexts(authorization['parameters'], 'authorization.parameters');
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

function foreignUrl(url: string) {
  const shown = originOf(url) ?? 'the given address';
  return badRequest(
    'InvalidServiceEndpointRequestException',
    `The url '${shown}' is outside of the service connection's own address.`,
  );
}
