import { devopsIssuerHost, devopsIssuerRetires, entraHosts } from '../../../auth/federated-token.ts';
import { isGuid } from '../../../base/guid.ts';
import type { FederationError, FederationFindings, FederationTrust } from '../federation-trust.ts';

/**
 * Azure Pipelines with the issuer of Azure DevOps (`vstoken`) and with that of Entra, which other apps and managed
 * identities have as well.
 * https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
 */
export function checkAzurePipelines(trust: FederationTrust): FederationFindings | undefined {
  const url = new URL(trust.issuer);
  if (url.hostname === devopsIssuerHost) return checkDevOpsIssuer(trust, url);
  if (entraHosts.has(url.hostname)) return checkEntraIssuer(trust, url);
  return undefined;
}

function checkDevOpsIssuer({ issuer, subject }: FederationTrust, url: URL): FederationFindings {
  const errors: FederationError[] = [];
  const organization = url.pathname.replace(/^\/+|\/+$/g, '');
  if (!isGuid(organization) || issuer.endsWith('/')) {
    errors.push({
      field: 'issuer',
      message: 'The issuer of Azure DevOps ends with the id of the organization, a GUID, and no slash.',
      hint: `Use https://vstoken.dev.azure.com/${isGuid(organization) ? organization : '{organization id}'}, as list_service_connections shows it.`,
    });
  }
  const kind = forms.find(({ pattern }) => pattern.test(subject));
  if (kind === undefined) {
    errors.push({
      field: 'subject',
      message: 'subject is not one that Azure DevOps puts into a token.',
      hint: 'Use sc://{organization}/{project}/{service connection}, as list_service_connections shows it; the tokens of a pipeline without a service connection have p://{organization}/{project}/{pipeline}.',
    });
  }
  return { errors, notes: errors.length > 0 || kind === undefined ? [] : [kind.note] };
}

/** Subjects that Azure DevOps puts into tokens of its own issuer: of a service connection, and of a pipeline itself. */
const forms = [
  {
    pattern: /^sc:\/\/[^/]+\/[^/]+\/.+$/,
    note: `The issuer of Azure DevOps is retired on ${devopsIssuerRetires}: update the service connection to the issuer of Entra before, and add issuer and subject that it then shows.`,
  },
  {
    pattern: /^p:\/\/[^/]+\/[^/]+\/.+$/,
    note: 'This subject names organization, project and pipeline: renaming one of them breaks the trust.',
  },
];

function checkEntraIssuer({ issuer, subject }: FederationTrust, url: URL): FederationFindings {
  const [tenant = '', version = '', ...rest] = url.pathname.slice(1).split('/');
  if (!isGuid(tenant) || version !== 'v2.0' || rest.length > 0) {
    return {
      errors: [
        {
          field: 'issuer',
          message: 'The issuer of Microsoft Entra names a tenant by its id and ends with /v2.0.',
          hint: `Use ${url.origin}/${isGuid(tenant) ? tenant : '{tenant id}'}/v2.0.`,
        },
      ],
      notes: [],
    };
  }
  const scheme = /^(?:sc|p):\/\//.exec(subject)?.[0];
  if (scheme !== undefined) {
    return {
      errors: [
        {
          field: 'subject',
          message: `A subject that begins with ${scheme} belongs to the issuer https://vstoken.dev.azure.com/{organization id}.`,
          hint: `Take issuer and subject from one answer of list_service_connections; with ${issuer} it looks like {prefix}/sc/{organization id}/{service connection id}.`,
        },
      ],
      notes: [],
    };
  }
  const isPipeline = /^.+\/sc\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/i.test(subject);
  return isGuid(subject) || isPipeline
    ? { errors: [], notes: [] }
    : {
        errors: [],
        notes: [
          'The subject is neither the object id of an identity nor that of a service connection ({prefix}/sc/{organization id}/{service connection id}), which is what this issuer puts into tokens.',
        ],
      };
}
