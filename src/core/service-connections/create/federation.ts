import { z } from 'zod';
import type { DevOpsApi } from '../../apis/devops/devops-api.ts';
import { readClaims } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import { readAnswer } from '../../http/read-answer.ts';
import type { Application, FederatedCredential, FederatedParent } from '../../identities/identities.ts';
import { type Endpoint, type Federation, federationOf, isDraft, isOwnFederation, withoutText } from '../endpoint.ts';
import { exchangeAudiences } from '../service-connection.ts';
import type { Creation } from './creation.ts';
import { nameTaken, tellMade } from './ensure-endpoint.ts';

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
    name: credentialName(endpoint),
    issuer: federation.issuer,
    subject: federation.subject,
    audience: exchangeAudiences[plan.environment],
    description: description.slice(0, longestDescription).toWellFormed(),
  };
  const credential = await parts.identities.ensureFederatedCredential(parent, wanted, call);
  const holder = parent.kind === 'application' ? 'app registration' : 'managed identity';
  made.add('credential', `the federated credential ${quoted(credential.value.name)} of its ${holder}`);
  return { endpoint: await finishDraft(creation, endpoint), isFresh: credential.isNew };
}

/** Unique in the identity, and the same again when a call is repeated. */
function credentialName({ id }: Endpoint): string {
  return `azure-devops-${id}`;
}

/**
 * Throws `upstream_error` where the service names tokens that cannot be those of the connection: the issuer of such
 * tokens could sign in as the app.
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
    `Azure DevOps names an issuer or subject for ${plan.name} that cannot be its own, so no trust in them was added: issuer ${quoted(federation.issuer)}, subject ${quoted(federation.subject)}.`,
    {
      hint: 'Add no federated credential for them by hand; ask the administrators of the organization and its network what answers instead.',
    },
  );
}

/** Issuer and subject from the answer, otherwise from the list with details. They are never computed. */
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

/**
 * The name by which an app is found again is predictable, and anyone who may register apps can take it. So an existing
 * app gets a role and trust only if nobody else owns it and only service connections of the organization can sign in as
 * it. Throws `conflict` otherwise.
 */
export async function requireOwnApplication(application: Application, { scope, parts, call }: Creation): Promise<void> {
  const { identities, tokens, cloud, devops } = parts;
  const { owners, secrets } = await identities.readApplicationAccess(application.id, call);
  const { token } = await tokens.getToken({
    audience: tokenAudience(cloud, 'graph'),
    caller: call.caller,
    signal: call.signal,
  });
  const ourselves = readClaims(token)?.objectId;
  if (owners.some((owner) => owner !== ourselves)) throw notOurs(application, 'someone else owns it');
  if (secrets > 0) throw notOurs(application, 'it has secrets or certificates');
  const parent = { kind: 'application', objectId: application.id } as const;
  const credentials = await identities.listFederatedCredentials(parent, call);
  if (credentials.length === 0) return;
  const organization = devops.organizationOf(scope);
  const { organizationId } = await readConnectionData(devops, organization, call);
  const isOfOrganization = ({ name, issuer, subject }: FederatedCredential) => {
    const id = /^azure-devops-(.+)$/.exec(name)?.[1] ?? '';
    return isOwnFederation({ issuer, subject }, { id, organization, organizationId, login: cloud.login });
  };
  if (!credentials.every(isOfOrganization)) throw notOurs(application, 'it trusts more than the service connection');
}

function notOurs({ appId, displayName }: Application, why: string): AppError {
  return new AppError(
    'conflict',
    `An app registration for this service connection already exists (client id ${quoted(appId)}), and ${why}: it got neither a role nor trust.`,
    {
      hint: `Look at it in Entra ID > App registrations. If it is yours, pass client_id: ${quoted(appId)} instead of automatic; otherwise delete it there, or choose another name.`,
      detail: { client_id: appId, display_name: displayName },
    },
  );
}

const creatorSchema = z.object({ createdBy: z.object({ id: z.string() }) });

/**
 * The creator of a service connection administers it, and can let any pipeline use it. So an app is made to trust an
 * existing one only if we created it or the app already trusts it. Throws `conflict` otherwise.
 */
export async function requireOwnEndpoint(
  { plan, parts, scope, call }: Creation,
  endpoint: Endpoint,
  parent: FederatedParent,
): Promise<void> {
  const creator = creatorSchema.safeParse(endpoint).data?.createdBy.id.toLowerCase();
  const { devops, identities } = parts;
  const { callerId } = await readConnectionData(devops, devops.organizationOf(scope), call);
  if (creator === callerId) return;
  const credentials = await identities.listFederatedCredentials(parent, call);
  if (credentials.some(({ name }) => name === credentialName(endpoint))) return;
  throw nameTaken(plan, endpoint, 'someone else made it, so the identity was not made to trust it');
}

const organizationSchema = z.object({
  instanceId: z.string(),
  authenticatedUser: z.object({ id: z.string() }),
});

/** What Azure DevOps says about itself and about who asks. */
interface ConnectionData {
  /** Id of the organization as issuers and subjects have it, in lower case. */
  readonly organizationId: string;
  /** Who asks, as `createdBy` names people and apps; in lower case. */
  readonly callerId: string;
}

async function readConnectionData(devops: DevOpsApi, organization: string, call: CallContext): Promise<ConnectionData> {
  const path = '/_apis/connectionData';
  const request = { method: 'GET', path, apiVersion: '7.1-preview.1', scope: { organization } } as const;
  const { instanceId, authenticatedUser } = readAnswer(
    organizationSchema,
    await devops.send(request, call),
    'the organization',
  );
  return { organizationId: instanceId.toLowerCase(), callerId: authenticatedUser.id.toLowerCase() };
}
