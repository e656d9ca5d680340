import { devopsIssuerHost, devopsIssuerRetires } from '../auth/federated-token.ts';
import { quoted } from '../base/plain-text.ts';
import { conversion } from './credential-rules.ts';
import { type Endpoint, isScheme, readText } from './endpoint.ts';

/** What the retirement of the old issuer means for one service connection. */
export interface OldIssuer {
  /** A day: `2027-07-01`. Exchanges with the old issuer fail from then on. */
  readonly retires: string;
  /** Whether the retirement covers it. One whose app serves several tenants is not covered either, which only the app tells. */
  readonly in_scope: boolean;
  /** What a person does about it: no public API changes the issuer. */
  readonly step: string;
}

/** Targets that keep the old issuer, by `data.environment`. */
const keepingTargets: ReadonlySet<string> = new Set(['azureusgovernment', 'azurechinacloud', 'azurestack']);

/** What an administrator of the connection does, in the portal. */
const issuerStep =
  'Have an administrator of the connection open it (Project settings > Service connections) and choose Update. Azure DevOps adds the new federated credential itself where that person owns the app; otherwise it shows what to add. A multitenant app keeps the old issuer.';

/**
 * A federated connection, of any type, that still uses the issuer of Azure DevOps; undefined for others.
 * https://learn.microsoft.com/azure/devops/pipelines/release/convert-service-connections
 */
export function oldIssuerOf(endpoint: Endpoint): OldIssuer | undefined {
  const issuer = readText(endpoint.authorization.parameters, 'workloadIdentityFederationIssuer');
  const isOld = URL.parse(issuer ?? '')?.hostname === devopsIssuerHost;
  if (!isOld || !isScheme(endpoint, conversion.to)) return undefined;
  const target = keepingTarget(endpoint);
  return target === undefined
    ? { retires: devopsIssuerRetires, in_scope: true, step: issuerStep }
    : {
        retires: devopsIssuerRetires,
        in_scope: false,
        step: `None: connections to ${quoted(target)} keep the old issuer.`,
      };
}

function keepingTarget({ data }: Endpoint): string | undefined {
  const environment = readText(data, 'environment');
  return keepingTargets.has(environment?.toLowerCase() ?? '') ? environment : undefined;
}
