import { quoted } from '../../core/base/plain-text.ts';

/** Issuers that prompts know by a word. */
export const issuerWords = ['github', 'azure_pipelines', 'kubernetes'] as const;

/** Issuer and subject as the platforms form them; the token itself decides. */
export function issuerStep(issuer: string | undefined): string {
  switch (issuer?.trim().toLowerCase()) {
    case undefined:
      return 'Ask me who signs the tokens (GitHub Actions, Azure Pipelines, Kubernetes or another issuer), and for the subject of the workload.';
    case 'github':
      return 'The issuer is https://token.actions.githubusercontent.com. Ask me for owner, repository and branch, tag or environment; the subject is repo:{owner}/{repository}:ref:refs/heads/{branch}, :ref:refs/tags/{tag}, :environment:{environment} or :pull_request.';
    case 'azure_pipelines':
      return 'list_service_connections shows issuer and subject of the service connection of the pipeline: copy both from one answer.';
    case 'kubernetes':
      return 'Ask me for the issuer of the cluster (for AKS: az aks show --query oidcIssuerProfile.issuerUrl, with its trailing slash); the subject is system:serviceaccount:{namespace}:{service account}.';
    default:
      if (!issuer?.includes('://')) {
        return `Ask me for the address of the issuer ${quoted(issuer)} (the iss claim of its tokens), and for the subject of the workload.`;
      }
      return `The issuer is ${quoted(issuer)}. Ask me for the subject: the sub claim of its tokens.`;
  }
}
