import { quoteClaim } from '../../auth/token-claims.ts';
import { AppError } from '../../base/errors.ts';
import type { FederatedParent } from '../../identities/identities.ts';
import { readText, withoutText } from '../endpoint-texts.ts';
import type { Endpoint } from '../endpoints.ts';
import { isOwnFederation } from '../own-federation.ts';
import { audienceOf } from './azure-environments.ts';
import type { Creation } from './creation.ts';
import { isDraft } from './existing-connection.ts';
import { tellMade } from './make-endpoint.ts';

/** Longest description of a federated credential. */
const longestDescription = 600;

/**
 * Makes the identity trust the service connection, with exactly the issuer and subject that the service answered, and
 * then finishes the draft.
 * https://learn.microsoft.com/azure/devops/pipelines/release/configure-workload-identity
 */
export async function federateEndpoint(
  creation: Creation,
  draft: Endpoint,
  { parent, tenantId }: { readonly parent: FederatedParent; readonly tenantId: string },
): Promise<{ readonly endpoint: Endpoint; readonly isFresh: boolean }> {
  const { plan, project, parts, made, call } = creation;
  const federation = await readFederation(creation, draft);
  requireOwnFederation(creation, federation, tenantId);
  const { endpoint, issuer, subject } = federation;
  const description = `Service connection ${plan.name} of the Azure DevOps project ${project.name}`;
  const wanted = {
    // Unique in the identity, and the same again when a call is repeated.
    name: `azure-devops-${endpoint.id}`,
    issuer,
    subject,
    audience: audienceOf(plan.environment),
    description: description.slice(0, longestDescription).toWellFormed(),
  };
  const credential = await parts.identities.ensureFederatedCredential(parent, wanted, call);
  const holder = parent.kind === 'application' ? 'app registration' : 'managed identity';
  made.add('credential', `the federated credential ${credential.value.name} of its ${holder}`);
  return { endpoint: await finishDraft(creation, endpoint), isFresh: credential.isNew };
}

interface Federation {
  readonly endpoint: Endpoint;
  readonly issuer: string;
  readonly subject: string;
}

export function federationIn(endpoint: Endpoint | undefined): Federation | undefined {
  const { parameters } = endpoint?.authorization ?? {};
  const issuer = readText(parameters, 'workloadIdentityFederationIssuer');
  const subject = readText(parameters, 'workloadIdentityFederationSubject');
  if (endpoint === undefined || issuer === undefined || subject === undefined) return undefined;
  return { endpoint, issuer, subject };
}

/**
 * Throws `upstream_error` where the service names tokens that cannot be those of the connection: whoever makes such
 * tokens would be let in as the app.
 */
export function requireOwnFederation(
  { parts: { devops, connection, cloud }, scope, plan }: Creation,
  { endpoint, issuer, subject }: Federation,
  tenantId: string,
): void {
  const tenantIds = [tenantId, connection.identity.tenant_id?.toLowerCase() ?? tenantId];
  const expected = { id: endpoint.id, tenantIds, organization: devops.organizationOf(scope), login: cloud.login };
  if (isOwnFederation(issuer, subject, expected)) return;
  throw new AppError(
    'upstream_error',
    `Azure DevOps names an issuer or subject for ${plan.name} that cannot be its own, so no trust in them was added: issuer ${quoteClaim(issuer)}, subject ${quoteClaim(subject)}.`,
    {
      hint: 'Add no federated credential for them by hand; ask those who administer the organization and its network what answers in its place.',
    },
  );
}

/** Issuer and subject of the answer; where that left them out, of the list with details. They are never computed. */
async function readFederation({ scope, parts, plan, call }: Creation, endpoint: Endpoint): Promise<Federation> {
  const answered = federationIn(endpoint);
  if (answered !== undefined) return answered;
  const filter = { ids: [endpoint.id], includeFailed: true, includeDetails: true };
  const [listed] = await parts.endpoints.list(scope, filter, call);
  const found = federationIn(listed);
  if (found !== undefined) return found;
  throw new AppError('upstream_error', `Azure DevOps gives no issuer and subject for ${plan.name}.`, {
    hint: 'The app of the connection needs the role Administrator on service connections of the project to see them.',
  });
}

async function finishDraft(creation: Creation, endpoint: Endpoint): Promise<Endpoint> {
  if (!isDraft(endpoint)) return endpoint;
  const { scope, parts, plan, call } = creation;
  const finished: Endpoint = {
    ...endpoint,
    isReady: true,
    data: withoutText(endpoint.data, 'isDraft'),
    ...(plan.description === '' ? {} : { description: plan.description }),
  };
  const answer = await parts.endpoints.update(scope, finished, {}, call).catch(async (error: unknown) => {
    const seen =
      isDoubtful(error) && !call.signal.aborted ? await parts.endpoints.get(scope, endpoint.id, call) : undefined;
    if (seen === undefined || isDraft(seen)) throw error;
    return seen;
  });
  tellMade(creation, answer);
  if (isDraft(answer)) {
    call.note(
      `Azure DevOps still calls ${plan.name} a draft: finish it there under Project settings > Service connections.`,
    );
  }
  return answer;
}

function isDoubtful(error: unknown): boolean {
  return error instanceof AppError && error.code === 'outcome_unknown';
}
