import { signInErrors } from '../auth/aadsts.ts';
import { conversion } from './credential-rules.ts';
import { type Endpoint, federationOf, isOwnFederation, isScheme, readText } from './endpoint.ts';
import { exchangeAudiences } from './service-connection.ts';

/**
 * What to do about a refusal of Entra at the sign-in of a service connection, by its AADSTS number; undefined for numbers
 * that say nothing about it.
 * https://learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity
 */
export function signInStep(message: string, endpoint: Endpoint): string | undefined {
  const number = /AADSTS(\d{5,8})/.exec(message)?.[1];
  if (number === undefined) return undefined;
  const step = isScheme(endpoint, conversion.to) ? federationSteps[number] : undefined;
  if (step !== undefined) return step(endpoint);
  if (number === '7000222' || number === '7000215') {
    return 'Its secret is expired or wrong: convert it to federation with convert_service_connection, or give it a new secret.';
  }
  const meaning = signInErrors[Number(number)]?.meaning;
  return otherSteps[number] ?? (meaning === undefined ? undefined : `The sign-in failed: ${meaning}.`);
}

type Step = (endpoint: Endpoint) => string;

/** A step that adds or corrects trust: never for an issuer or a subject that cannot be the connection's own. */
function trusting(step: Step): Step {
  return (endpoint) => {
    const federation = federationOf(endpoint);
    return federation === undefined || isOwnFederation(federation, { id: endpoint.id })
      ? step(endpoint)
      : 'Issuer and subject cannot be those of a service connection: add no federated credential for them, and ask the administrators of the organization.';
  };
}

const giveTrust = trusting(
  (endpoint) =>
    `Give the app a federated credential with issuer and subject as list_service_connections shows them, and the audience ${audienceOf(endpoint)}; a new one needs about a minute.`,
);
const askTenant: Step = () =>
  'A policy of the tenant switches federation off or restricts it: ask its administrators to allow the issuer that list_service_connections shows.';

const federationSteps: Readonly<Record<string, Step>> = {
  70021: giveTrust,
  70025: giveTrust,
  700211: giveTrust,
  700213: giveTrust,
  700212: (endpoint) => `Set the audience of the federated credential of its app to ${audienceOf(endpoint)}.`,
  7002138: trusting(
    () =>
      'The subject of the federated credential differs in upper and lower case only, which counts: copy it again from list_service_connections. Organization, project or connection may have been renamed.',
  ),
  7002137: trusting(
    () => 'Copy the subject (/eid1/…) from list_service_connections into the federated credential of its app.',
  ),
  70052: () =>
    'The issuer of Entra does not serve multitenant apps: make the app single-tenant (App registrations > the app > Authentication), or leave the connection on its old issuer.',
  700223: askTenant,
  700238: askTenant,
};

/** The same for every scheme. */
const otherSteps: Readonly<Record<string, string>> = {
  900382:
    'Its app belongs to another cloud: environment and tenant_id of the connection must be those of the app; federation does not cross the border of a cloud.',
  700016:
    'Its tenant has no such app: compare tenant_id and client_id, which list_service_connections shows, with the app registration.',
  700024:
    'The token was used outside its lifetime: test again; in a pipeline, sign in again during a long job, and check the clock of the agent.',
};

function audienceOf({ data }: Endpoint): string {
  const environment = readText(data, 'environment')?.toLowerCase();
  const found = Object.entries(exchangeAudiences).find(([name]) => name.toLowerCase() === environment);
  return found?.[1] ?? exchangeAudiences.AzureCloud;
}
