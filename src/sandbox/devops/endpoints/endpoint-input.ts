import { isRecord } from '../../../core/base/guards.ts';
import { optionalText, type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { DevOpsCall } from '../devops-call.ts';
import { badRequest, invalidArgument, invalidEndpoint, missingValue } from '../devops-error.ts';
import type { Authorization, ProjectReference, TextMap } from '../devops-store.ts';
import { unknownProject } from '../routes/projects.ts';
import { textAt, textsOf } from '../text-map.ts';
import { type EndpointType, findEndpointType, findScheme } from './endpoint-schemes.ts';

/** A validated body that describes a whole endpoint. */
interface EndpointInput {
  readonly type: EndpointType;
  readonly url: string;
  readonly description: string;
  readonly owner: string;
  readonly authorization: Authorization;
  readonly data: TextMap;
  readonly references: readonly ProjectReference[];
}

/** Source: "Endpoints - Create": required members, in general and for each scheme. */
export function readEndpoint(body: unknown, call: DevOpsCall): EndpointInput {
  if (!isRecord(body)) throw missingValue('endpoint');
  const name = optionalText(body['name']);
  if (!name) throw missingValue('endpoint.Name');
  const type = readType(body);
  const authorization = readAuthorization(body, type);
  const url = optionalText(body['url']);
  if (!url) throw missingValue('endpoint.Url');
  const description = optionalText(body['description']) ?? '';
  const references = readReferences(body['serviceEndpointProjectReferences'], call, description);
  const data = readTexts(body['data'], 'data');
  if (type.name === 'azurerm') {
    checkData(data);
    checkUrl(url, data, call);
    checkParameters(authorization, data);
  }
  return {
    type,
    url,
    description,
    owner: optionalText(body['owner']) ?? 'library',
    authorization,
    data,
    references,
  };
}

function readType(body: PlainObject): EndpointType {
  const name = optionalText(body['type']);
  if (!name) throw missingValue('endpoint.Type');
  const type = findEndpointType(name);
  if (type) return type;
  throw invalidEndpoint(`Unable to find service connection type '${name}'.`);
}

function readAuthorization(body: PlainObject, type: EndpointType): Authorization {
  const given = body['authorization'];
  if (!isRecord(given)) throw missingValue('endpoint.Authorization');
  const name = optionalText(given['scheme']);
  if (!name) throw missingValue('endpoint.Authorization.Scheme');
  return { scheme: requireScheme(type, name), parameters: readTexts(given['parameters'], 'authorization.parameters') };
}

/** The scheme as the type spells it. Throws an error that lists the valid schemes. */
export function requireScheme(type: EndpointType, name: string): string {
  const scheme = findScheme(type, name)?.scheme;
  if (scheme !== undefined) return scheme;
  const valid = type.schemes.map((one) => one.scheme).join(', ');
  throw badRequest(
    'InvalidServiceEndpointRequestException',
    `Unable to find service connection type '${type.name}' using authentication scheme '${name}'. Schemes of the type: ${valid}.`,
  );
}

/** An object of strings; anything else is refused. */
export function readTexts(value: unknown, what: string): TextMap {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw badRequest('VssPropertyValidationException', `The member ${what} must be an object.`);
  for (const [name, text] of Object.entries(value)) {
    if (text !== null && typeof text !== 'string') {
      throw badRequest('VssPropertyValidationException', `The value of ${what}.${name} must be a string.`);
    }
  }
  return textsOf(value);
}

const environments = ['AzureCloud', 'AzureChinaCloud', 'AzureUSGovernment', 'AzureGermanCloud', 'AzureStack'];

const scopeNeeds: Readonly<Record<string, readonly string[]>> = {
  subscription: ['subscriptionId', 'subscriptionName'],
  managementgroup: ['managementGroupId', 'managementGroupName'],
  azuremlworkspace: [
    'subscriptionId',
    'subscriptionName',
    'resourceGroupName',
    'mlWorkspaceName',
    'mlWorkspaceLocation',
  ],
};

function checkData(data: TextMap): void {
  const environment = textAt(data, 'environment');
  if (environment !== undefined && !environments.includes(environment)) {
    throw invalidEndpoint(`The environment '${environment}' is not known. Known: ${environments.join(', ')}.`);
  }
  const level = textAt(data, 'scopeLevel');
  // Agent identities and publish profiles can omit the level.
  if (level === undefined) return;
  const needs = scopeNeeds[level.toLowerCase()];
  if (!needs) {
    throw invalidEndpoint(
      `The scope level '${level}' is not known. Known: Subscription, ManagementGroup, AzureMLWorkspace.`,
    );
  }
  for (const name of needs) if (!textAt(data, name)) throw missingParameter(name);
}

const publicUrls: Readonly<Record<string, string>> = {
  AzureCloud: 'https://management.azure.com',
  AzureUSGovernment: 'https://management.usgovcloudapi.net',
  AzureChinaCloud: 'https://management.chinacloudapi.cn',
  AzureGermanCloud: 'https://management.microsoftazure.de',
};

/** The URL must be that of its cloud. The sandbox's own Resource Manager also counts as the public cloud. */
function checkUrl(url: string, data: TextMap, { context, request }: DevOpsCall): void {
  const environment = textAt(data, 'environment') ?? 'AzureCloud';
  if (!/^https?:\/\/[^/\s]+/i.test(url)) throw invalidArgument(`The url '${url}' is not valid.`);
  if (environment === 'AzureStack') return;
  const accepted = [publicUrls[environment], context.addressOf(request, 'arm')];
  if (accepted.includes(url.replace(/\/$/, ''))) return;
  throw invalidEndpoint(`The url '${url}' is not the address of Azure Resource Manager in ${environment}.`);
}

/** What a scheme requires. Automatic endpoints can omit what Azure DevOps creates. */
function checkParameters({ scheme, parameters }: Authorization, data: TextMap): void {
  if (!textAt(parameters, 'tenantid')) throw missingParameter('tenantid');
  if (scheme === 'PublishProfile' && !textAt(parameters, 'publishProfile')) throw missingParameter('publishProfile');
  if (isAutomatic(data)) {
    if (scheme === 'ServicePrincipal' || scheme === 'WorkloadIdentityFederation') return;
    throw invalidEndpoint(`The creation mode Automatic is not supported with the scheme '${scheme}'.`);
  }
  if (scheme !== 'ServicePrincipal' && scheme !== 'WorkloadIdentityFederation') return;
  if (!textAt(parameters, 'serviceprincipalid')) throw missingParameter('serviceprincipalid');
  if (scheme !== 'ServicePrincipal') return;
  const kind = textAt(parameters, 'authenticationType') ?? 'spnKey';
  const needed = { spnkey: 'serviceprincipalkey', spncertificate: 'servicePrincipalCertificate' }[kind.toLowerCase()];
  if (needed === undefined) {
    throw invalidEndpoint(`The authenticationType '${kind}' is not known. Known: spnKey, spnCertificate.`);
  }
  if (!textAt(parameters, needed)) throw missingParameter(needed);
}

export function isAutomatic(data: TextMap): boolean {
  return textAt(data, 'creationMode')?.toLowerCase() === 'automatic';
}

function missingParameter(name: string) {
  return invalidEndpoint(`The service connection parameter '${name}' is required and was not given.`);
}

/**
 * At least one reference with a project id and a name. The name of a reference counts, not the one at the top level;
 * its description is the one at the top level unless it has its own.
 */
export function readReferences(value: unknown, call: DevOpsCall, description = ''): readonly ProjectReference[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalidArgument('At least one project reference required to create an endpoint.');
  }
  return value.map((one: unknown) => {
    const reference = recordOf(one);
    const project = recordOf(reference['projectReference']);
    const id = optionalText(project['id']);
    if (!id) throw missingValue('projectReference.Id');
    const name = optionalText(reference['name']);
    if (!name) throw missingValue('serviceEndpointProjectReference.Name');
    const found = call.store.findProject(id);
    if (!found || found.id !== id.toLowerCase()) throw unknownProject(id);
    return { projectId: found.id, name, description: optionalText(reference['description']) ?? description };
  });
}
