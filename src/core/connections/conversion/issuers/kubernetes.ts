import type { FederationError, FederationFindings, FederationTrust } from '../federation-trust.ts';

const account = /^system:serviceaccount:[a-z0-9]([a-z0-9-]*[a-z0-9])?:[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/**
 * Kubernetes: AKS by its issuer, any other cluster by its subject.
 * https://learn.microsoft.com/azure/aks/workload-identity-overview
 */
export function checkKubernetes({ issuer, subject }: FederationTrust): FederationFindings | undefined {
  const url = new URL(issuer);
  const isAks = /\.oic\.[a-z0-9-]*aks[a-z0-9-]*\.azure\.(com|us|cn)$/.test(url.hostname);
  if (!isAks && !subject.startsWith('system:')) return undefined;
  const errors: FederationError[] = [];
  if (isAks && !issuer.endsWith('/')) {
    errors.push({
      field: 'issuer',
      message: 'The issuer of an AKS cluster ends with a slash.',
      hint: `Use ${issuer}/, as az aks show --query oidcIssuerProfile.issuerUrl prints it.`,
    });
  }
  if (!account.test(subject)) {
    errors.push({
      field: 'subject',
      message: 'subject is not one that Kubernetes puts into the token of a service account.',
      hint: `Use ${nearestAccount(subject)}, in lower case.`,
    });
  }
  return { errors, notes: [] };
}

function nearestAccount(subject: string): string {
  const rest = subject.replace(/^system:(serviceaccounts?:)?/i, '').toLowerCase();
  const named = /^([a-z0-9-]+)[:/]([a-z0-9.-]+)$/.exec(rest);
  return `system:serviceaccount:${named?.[1] ?? '{namespace}'}:${named?.[2] ?? '{service account}'}`;
}
