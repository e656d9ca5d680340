import { quoteClaim } from '../../auth/assertion-claims.ts';
import { AppError } from '../../base/errors.ts';
import type { FederatedParent } from '../../identities/identities.ts';
import { type Endpoint, type Federation, federationOf, isDraft, isOwnFederation, withoutText } from '../endpoint.ts';
import { audienceOf } from './azure-environments.ts';
import type { Creation } from './creation.ts';
import { tellMade } from './ensure-endpoint.ts';

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
  const { endpoint, federation } = await readFederation(creation, draft);
  requireOwnFederation(creation, endpoint.id, federation, tenantId);
  const description = `Service connection ${plan.name} of the Azure DevOps project ${project.name}`;
  const wanted = {
    // Unique in the identity, and the same again when a call is repeated.
    name: `azure-devops-${endpoint.id}`,
    issuer: federation.issuer,
    subject: federation.subject,
    audience: audienceOf(plan.environment),
    description: description.slice(0, longestDescription).toWellFormed(),
  };
  const credential = await parts.identities.ensureFederatedCredential(parent, wanted, call);
  const holder = parent.kind === 'application' ? 'app registration' : 'managed identity';
  made.add('credential', `the federated credential ${credential.value.name} of its ${holder}`);
  return { endpoint: await finishDraft(creation, endpoint), isFresh: credential.isNew };
}

/**
 * Throws `upstream_error` where the service names tokens that cannot be those of the connection: whoever makes such
 * tokens would be let in as the app.
 */
export function requireOwnFederation(
  { parts: { devops, connection, cloud }, scope, plan }: Creation,
  id: string,
  federation: Federation,
  tenantId: string,
): void {
  const tenantIds = [tenantId, connection.identity.tenant_id?.toLowerCase() ?? tenantId];
  const expected = { id, tenantIds, organization: devops.organizationOf(scope), login: cloud.login };
  if (isOwnFederation(federation, expected)) return;
  throw new AppError(
    'upstream_error',
    `Azure DevOps names an issuer or subject for ${plan.name} that cannot be its own, so no trust in them was added: issuer ${quoteClaim(federation.issuer)}, subject ${quoteClaim(federation.subject)}.`,
    {
      hint: 'Add no federated credential for them by hand; ask those who administer the organization and its network what answers in its place.',
    },
  );
}

/** Issuer and subject of the answer; where that left them out, of the list with details. They are never computed. */
async function readFederation({ scope, parts, plan, call }: Creation, endpoint: Endpoint) {
  const answered = federationOf(endpoint);
  if (answered !== undefined) return { endpoint, federation: answered };
  for (const listed of await parts.endpoints.list(scope, { ids: [endpoint.id] }, call)) {
    const federation = federationOf(listed);
    if (federation !== undefined) return { endpoint: listed, federation };
  }
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
