import { devopsIssuerHost, entraHosts } from '../auth/federated-token.ts';
import { isGuid } from '../base/guid.ts';
import { isPlainLine } from '../base/plain-text.ts';

/** What the tokens of a service connection say, as far as it has to be so whatever the service answers. */
export interface ExpectedFederation {
  /** Id of the service connection. */
  readonly id: string;
  /** Tenants whose issuer it may be, in lower case; any when absent. */
  readonly tenantIds?: readonly string[];
  /** Name of the organization; any when absent. */
  readonly organization?: string;
  /** Its id, in lower case; any when absent. */
  readonly organizationId?: string;
  /** Authority of the cloud, beside those of Microsoft. */
  readonly login?: string;
}

/**
 * Whether issuer and subject can be those of a service connection: from Microsoft Entra, with organization and connection
 * at the end of the subject, or from Azure DevOps with its own form. An app that trusts anything else trusts a stranger.
 * https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
 */
export function isOwnFederation(issuer: string, subject: string, expected: ExpectedFederation): boolean {
  const url = isPlainLine(issuer) ? URL.parse(issuer) : null;
  // Compared as a whole later on, so it has to be written as it is meant.
  const isExact = url !== null && issuer === `https://${url.host}${url.pathname}`;
  if (!isExact || !isPlainLine(subject) || /[*\s]/.test(issuer) || subject.includes('*')) return false;
  return url.host === devopsIssuerHost ? isOfDevOps(url, subject, expected) : isOfEntra(url, subject, expected);
}

function isOfDevOps({ pathname }: URL, subject: string, { organization, organizationId }: ExpectedFederation): boolean {
  const id = pathname.slice(1).toLowerCase();
  const named = /^sc:\/\/([^/]+)\/[^/]+\/.+$/.exec(subject)?.[1];
  const isOurs = organization === undefined || named?.toLowerCase() === organization.toLowerCase();
  return isGuid(id) && id === (organizationId ?? id) && named !== undefined && isOurs;
}

function isOfEntra({ host, pathname }: URL, subject: string, expected: ExpectedFederation): boolean {
  const [, tenantId = '', ...rest] = pathname.toLowerCase().split('/');
  const isTenant = isGuid(tenantId) && rest.join('/') === 'v2.0' && (expected.tenantIds?.includes(tenantId) ?? true);
  const [id, organizationId = '', sc] = subject.toLowerCase().split('/').toReversed();
  const isOurs = isGuid(organizationId) && organizationId === (expected.organizationId ?? organizationId);
  const isHost = entraHosts.has(host) || host === URL.parse(expected.login ?? '')?.host;
  return isHost && isTenant && isOurs && sc === 'sc' && id === expected.id.toLowerCase();
}
