import type { KeySource } from '../../entra/issuer-keys.ts';
import type { TokenSigner } from '../../entra/token-signer.ts';
import type { DevOpsCall } from '../devops-call.ts';
import type { DevOpsStore, EndpointRecord, TextMap } from '../devops-store.ts';
import { textAt } from '../text-map.ts';

/** Claims of an endpoint's assertions. */
export interface Federation {
  readonly issuer: string;
  readonly subject: string;
}

/** The issuer of Azure DevOps, which new endpoints no longer use. */
function vstokenIssuer(organizationId: string): string {
  return `https://vstoken.dev.azure.com/${organizationId}`;
}

/**
 * Issuer and subject of an endpoint, derived only from stored data. The old issuer's subject contains the names of
 * organization, project, and endpoint, so a rename breaks it. The new issuer's subject begins with an opaque Entra
 * prefix. Source: "Workload identity federation for Azure DevOps".
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
  const tenantId = textAt(endpoint.authorization.parameters, 'tenantid') ?? store.tenant.id;
  return {
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    subject: `${entraPrefix(tenantId)}/sc/${organization.id}/${endpoint.id}`,
  };
}

/** Parameters that the service adds to a federated endpoint in responses. */
export function federationParameters(endpoint: EndpointRecord, store: DevOpsStore): TextMap {
  const { issuer, subject } = federationOf(endpoint, store);
  return {
    workloadIdentityFederationIssuer: issuer,
    workloadIdentityFederationSubject: subject,
    workloadIdentityFederationIssuerType: endpoint.issuer === 'entra' ? 'EntraID' : 'AzureDevOps',
  };
}

/** Names of these parameters. Request bodies cannot set them. */
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

/** Public key of the Azure DevOps issuer, for the login service. */
export function vstokenKeys(store: Pick<DevOpsStore, 'organization'>, signer: TokenSigner): KeySource {
  return async (issuer) =>
    issuer === vstokenIssuer(store.organization.id) ? [{ ...(await signer.publishedKey()) }] : undefined;
}

const lifeSeconds = 600;

/**
 * The assertion of a federated endpoint, as a pipeline job receives it: signed with Entra's key for the new issuer, or
 * with the Azure DevOps key for the old one. Contains only stored data.
 */
export async function signAssertion(
  endpoint: EndpointRecord,
  { store, context, signer }: Pick<DevOpsCall, 'store' | 'context' | 'signer'>,
): Promise<string> {
  const audience = assertionAudience(textAt(endpoint.data, 'environment'));
  const claims = claimsOf(federationOf(endpoint, store), audience, context);
  return endpoint.issuer === 'vstoken' ? signer.sign(claims) : context.signer.sign(claims);
}

/** Name of the only pipeline. */
const pipeline = 'Deploy';

/** The token of a pipeline itself, for a job that names no service connection. Its subject is made of names. */
export async function signPipelineToken(
  project: string,
  { store: { organization }, context, signer }: Pick<DevOpsCall, 'store' | 'context' | 'signer'>,
): Promise<string> {
  const subject = `p://${organization.name}/${project}/${pipeline}`;
  return signer.sign(
    claimsOf({ issuer: vstokenIssuer(organization.id), subject }, assertionAudience(undefined), context),
  );
}

function claimsOf(
  { issuer, subject }: Federation,
  audience: string,
  { clock, newId }: Pick<DevOpsCall['context'], 'clock' | 'newId'>,
) {
  const now = Math.floor(clock.now() / 1000);
  return {
    aud: audience,
    iss: issuer,
    sub: subject,
    jti: newId(),
    iat: now,
    nbf: now - lifeSeconds,
    exp: now + lifeSeconds,
  };
}
