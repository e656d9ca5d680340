import { tenant } from '../../seed/tenant.ts';
import type { EndpointRecord, TextMap } from '../devops-records.ts';
import type { DevOpsStore } from '../devops-store.ts';
import { textAt } from '../text-map.ts';

/** What an endpoint's assertions say. */
export interface Federation {
  readonly issuer: string;
  readonly subject: string;
}

/** Azure DevOps' own issuer, which new endpoints do not use any more. */
export function vstokenIssuer(organizationId: string): string {
  return `https://vstoken.dev.azure.com/${organizationId}`;
}

/**
 * Issuer and subject of an endpoint, made from what is stored and nothing else. The subject of the old issuer holds the
 * names of organization, project and endpoint, and so breaks when one is renamed; that of the new one begins with a
 * prefix of Entra that nobody should take apart. Source: "Workload identity federation for Azure DevOps".
 */
export function federationOf(
  endpoint: Pick<EndpointRecord, 'id' | 'issuer' | 'authorization' | 'references'>,
  store: DevOpsStore,
): Federation {
  const { organization } = store;
  if (endpoint.issuer === 'vstoken') {
    const [reference] = endpoint.references;
    const project = store.findProject(reference?.projectId ?? '')?.name ?? '';
    const subject = `sc://${organization.name}/${project}/${reference?.name ?? ''}`;
    return { issuer: vstokenIssuer(organization.id), subject };
  }
  const tenantId = textAt(endpoint.authorization.parameters, 'tenantid') ?? tenant.id;
  return {
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    subject: `${entraPrefix(tenantId)}/sc/${organization.id}/${endpoint.id}`,
  };
}

/** Parameters that the service adds to the answer for a federated endpoint. */
export function federationParameters(endpoint: EndpointRecord, store: DevOpsStore): TextMap {
  const { issuer, subject } = federationOf(endpoint, store);
  return {
    workloadIdentityFederationIssuer: issuer,
    workloadIdentityFederationSubject: subject,
    workloadIdentityFederationIssuerType: endpoint.issuer === 'entra' ? 'EntraID' : 'AzureDevOps',
  };
}

/** Names of the parameters above: what a body says about them counts for nothing. */
export const derivedParameters: readonly string[] = [
  'workloadIdentityFederationIssuer',
  'workloadIdentityFederationSubject',
  'workloadIdentityFederationIssuerType',
];

function entraPrefix(tenantId: string): string {
  const encode = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
  return `/eid1/c/pub/t/${encode(tenantId)}/a/${encode('499b84ac-1321-427f-aa17-267ca6975798')}`;
}

/** Audience of the assertions, by `data.environment`. */
export function assertionAudience(environment: string | undefined): string {
  switch (environment?.toLowerCase()) {
    case 'azureusgovernment':
      return 'api://AzureADTokenExchangeUSGov';
    case 'azurechinacloud':
      return 'api://AzureADTokenExchangeChina';
    default:
      return 'api://AzureADTokenExchange';
  }
}
