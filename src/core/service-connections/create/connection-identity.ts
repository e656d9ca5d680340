import { isPersonalAccessToken, readClaims } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { isGuid } from '../../base/guid.ts';
import type { FederatedParent } from '../../identities/identities.ts';
import type { ServiceConnectionParts } from '../service-connection-parts.ts';
import type { ConnectionPlan, PlannedIdentity } from './connection-plan.ts';

/** An identity with what its federation needs. */
export interface ResolvedIdentity extends PlannedIdentity {
  /** Where its federated credential goes; absent where there is none, or where we cannot reach it. */
  readonly parent?: FederatedParent;
  /** Object id of its service principal, where it is known. */
  readonly principalId?: string;
  /** Its role was assigned by this call, and may not be effective yet. */
  readonly hasNewRole?: boolean;
}

/** Who asks Azure DevOps: `personal_token` is a person whose token opens nothing else. */
type Asker = 'person' | 'personal_token' | 'app';

/**
 * Who is behind the connection. Azure DevOps makes apps in the name of a person only: the token of an app cannot be
 * exchanged for one of Microsoft Graph.
 */
export async function whoAsks(
  { tokens, cloud, connection }: ServiceConnectionParts,
  call: CallContext,
): Promise<Asker> {
  const audience = tokenAudience(cloud, 'devops');
  const { token } = await tokens.getToken({ audience, signal: call.signal });
  if (isPersonalAccessToken(token, connection)) return 'personal_token';
  return readClaims(token)?.isPerson === true ? 'person' : 'app';
}

/** The tenant of a plan by id: the connection may name its own by a domain. */
export async function tenantOf(
  { tenantId }: ConnectionPlan,
  { connection, tokens, cloud }: ServiceConnectionParts,
  call: CallContext,
): Promise<string> {
  const known = tenantId ?? connection.identity.tenant_id;
  if (known !== undefined && isGuid(known)) return known.toLowerCase();
  const { token } = await tokens.getToken({ audience: tokenAudience(cloud, 'devops'), signal: call.signal });
  const read = readClaims(token)?.tenantId;
  if (read !== undefined && isGuid(read)) return read;
  throw new AppError('invalid_argument', 'tenant_id: the connection does not tell the id of its tenant.', {
    hint: 'Pass tenant_id, a GUID; the portal shows it in Entra ID > Overview.',
  });
}

/** The identity of a request that names one: an app, a managed identity, or none at all. Only reads. */
export async function resolveIdentity(
  plan: ConnectionPlan,
  parts: ServiceConnectionParts,
  call: CallContext,
): Promise<ResolvedIdentity> {
  const { credential } = plan;
  if (credential.kind === 'managed_identity') return resolveManagedIdentity(plan, credential.resourceId, parts, call);
  const tenantId = await tenantOf(plan, parts, call);
  const clientId = 'clientId' in credential ? credential.clientId.toLowerCase() : undefined;
  if (clientId === undefined) return { tenantId, isAutomatic: credential.kind === 'automatic' };
  if (credential.kind !== 'app_registration') return { tenantId, clientId, isAutomatic: false };
  return resolveApplication(plan, { tenantId, clientId }, parts, call);
}

async function resolveManagedIdentity(
  { tenantId: wanted }: ConnectionPlan,
  resourceId: string,
  { identities }: ServiceConnectionParts,
  call: CallContext,
): Promise<ResolvedIdentity> {
  const identity = await identities.getUserAssignedIdentity(resourceId, call);
  const tenantId = identity.tenantId.toLowerCase();
  if (wanted !== undefined && wanted !== tenantId) {
    throw new AppError('invalid_argument', `tenant_id: the managed identity is in the tenant ${tenantId}.`, {
      hint: 'Leave tenant_id out.',
    });
  }
  return {
    tenantId,
    clientId: identity.clientId.toLowerCase(),
    principalId: identity.principalId,
    isAutomatic: false,
    parent: { kind: 'managed_identity', resourceId: identity.resourceId },
  };
}

async function resolveApplication(
  { isOwnCloud, environment }: ConnectionPlan,
  { tenantId, clientId }: { readonly tenantId: string; readonly clientId: string },
  { identities, connection }: ServiceConnectionParts,
  call: CallContext,
): Promise<ResolvedIdentity> {
  const own = connection.identity.tenant_id?.toLowerCase();
  const isElsewhere = own !== undefined && isGuid(own) && own !== tenantId;
  // The directory of an Azure Stack is that of the cloud around it.
  if (isElsewhere || !(isOwnCloud || environment === 'AzureStack')) return { tenantId, clientId, isAutomatic: false };
  const application = await identities.findApplication({ appId: clientId }, call);
  if (application === undefined) {
    throw new AppError('not_found', `The tenant ${tenantId} has no app registration with the client id ${clientId}.`, {
      hint: 'Use the client id of an app registration of that tenant, or automatic: true, which makes one. For a managed identity pass managed_identity_id.',
    });
  }
  return {
    tenantId,
    clientId,
    isAutomatic: false,
    parent: { kind: 'application', objectId: application.id },
  };
}
