import { createHash } from 'node:crypto';
import { isPersonalAccessToken, readClaims } from '../../auth/token-claims.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { isGuid } from '../../base/guid.ts';
import { quoted } from '../../base/plain-text.ts';
import { scopeOf } from './build-endpoint.ts';
import type { Creation, ResolvedIdentity, ServiceConnectionParts } from './creation.ts';
import { requireOwnApplication } from './federation.ts';

/** Who asks Azure DevOps: `personal_token` is a person whose token opens nothing else. */
type Asker = 'person' | 'personal_token' | 'app';

/**
 * Who is behind the connection. Azure DevOps makes apps in the name of a person only: the token of an app cannot be
 * exchanged for one of Microsoft Graph.
 */
export async function whoAsks({ parts: { tokens, cloud, connection }, call }: Creation): Promise<Asker> {
  const audience = tokenAudience(cloud, 'devops');
  const { token } = await tokens.getToken({ audience, caller: call.caller, signal: call.signal });
  if (isPersonalAccessToken(token, connection)) return 'personal_token';
  return readClaims(token)?.isPerson === true ? 'person' : 'app';
}

/** The tenant of a plan by id: the connection may name its own by a domain. */
export async function tenantOf({ plan, parts, call }: Creation): Promise<string> {
  const { connection, tokens, cloud } = parts;
  const known = plan.tenantId ?? connection.identity.tenant_id;
  if (known !== undefined && isGuid(known)) return known.toLowerCase();
  const { token } = await tokens.getToken({
    audience: tokenAudience(cloud, 'devops'),
    caller: call.caller,
    signal: call.signal,
  });
  const read = readClaims(token)?.tenantId;
  if (read !== undefined && isGuid(read)) return read;
  throw new AppError('invalid_argument', 'tenant_id: the id of the connection’s tenant is unknown.', {
    hint: 'Pass tenant_id, a GUID; the portal shows it in Entra ID > Overview.',
  });
}

/** The identity of a request that names one: an app, a managed identity, or none at all. Only reads. */
export async function resolveIdentity(creation: Creation): Promise<ResolvedIdentity> {
  const { credential } = creation.plan;
  if (credential.kind === 'managed_identity') return resolveManagedIdentity(credential.resourceId, creation);
  const tenantId = await tenantOf(creation);
  const clientId = 'clientId' in credential ? credential.clientId.toLowerCase() : undefined;
  if (clientId === undefined) return { tenantId, isAutomatic: credential.kind === 'automatic' };
  if (credential.kind !== 'app_registration') return { tenantId, clientId, isAutomatic: false };
  return resolveApplication({ tenantId, clientId }, creation);
}

async function resolveManagedIdentity(resourceId: string, { plan, parts, call }: Creation): Promise<ResolvedIdentity> {
  const identity = await parts.identities.getUserAssignedIdentity(resourceId, call);
  const tenantId = identity.tenantId.toLowerCase();
  if (plan.tenantId !== undefined && plan.tenantId !== tenantId) {
    throw new AppError('invalid_argument', `tenant_id: the managed identity is in the tenant ${quoted(tenantId)}.`, {
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
  { tenantId, clientId }: { readonly tenantId: string; readonly clientId: string },
  { plan: { isOwnCloud, environment }, parts, call }: Creation,
): Promise<ResolvedIdentity> {
  // The directory of an Azure Stack is that of the cloud around it.
  if (isOtherTenant(tenantId, parts) || !(isOwnCloud || environment === 'AzureStack')) {
    return { tenantId, clientId, isAutomatic: false };
  }
  const application = await parts.identities.findApplication({ appId: clientId }, call);
  if (application === undefined) {
    throw new AppError('not_found', `The tenant ${tenantId} has no app registration with the client id ${clientId}.`, {
      hint: 'Use the client id of an app registration of that tenant, or automatic: true, which makes one. For a managed identity pass managed_identity_id.',
    });
  }
  return { tenantId, clientId, isAutomatic: false, parent: { kind: 'application', objectId: application.id } };
}

/** Whether a tenant is known not to be that of the connection. */
function isOtherTenant(tenantId: string, { connection }: Pick<ServiceConnectionParts, 'connection'>): boolean {
  const own = connection.identity.tenant_id?.toLowerCase();
  return own !== undefined && isGuid(own) && own !== tenantId;
}

const longestDisplayName = 120;

/** Names of the app of a connection: the same organization, project and name always give the same app. */
function applicationNames({ plan: { name }, scope, project, parts: { devops } }: Creation) {
  const organization = devops.organizationOf(scope);
  const key = [organization, project.id, name].map((part) => part.toLowerCase()).join('\n');
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return {
    uniqueName: `tenantry-service-connection-${digest}`,
    displayName: `${organization}-${project.name}-${name}`.slice(0, longestDisplayName).toWellFormed(),
  };
}

/** Client id of the app that an earlier call made for the connection. */
export async function findOwnApplication(creation: Creation): Promise<string | undefined> {
  const { uniqueName } = applicationNames(creation);
  const found = await creation.parts.identities.findApplication({ uniqueName }, creation.call);
  return found?.appId.toLowerCase();
}

/** Role that Azure DevOps gives to the apps that it makes. */
const role = 'Contributor';

/**
 * Does what Azure DevOps does for a person: app registration, service principal, and a role at the scope. Each is found
 * again if it exists. The role comes before the service connection, since most callers may not assign it.
 */
export async function ensureOwnApplication(creation: Creation, tenantId: string): Promise<ResolvedIdentity> {
  const { plan, parts, made, call } = creation;
  const { identities } = parts;
  if (isOtherTenant(tenantId, parts)) {
    throw new AppError('invalid_argument', 'tenant_id: apps are made in the tenant of the connection.', {
      hint: 'Leave tenant_id out, or use a connection of that tenant.',
    });
  }
  const { serviceManagementReference } = plan;
  const wanted = { ...applicationNames(creation), serviceManagementReference };
  const application = await identities.ensureApplication(wanted, call);
  if (!application.isNew) await requireOwnApplication(application.value, creation);
  const { id, appId, displayName } = application.value;
  made.add('application', `the app registration ${quoted(displayName)} (client id ${quoted(appId)})`);
  const principal = await identities.ensureServicePrincipal(appId, call);
  made.add('principal', `its service principal ${quoted(principal.value)}`);
  const scope = scopeOf(plan.target);
  const assignment = await identities.ensureRoleAssignment({ principalId: principal.value, role, scope }, call);
  made.add('role', `its role ${role} at ${scope}`);
  call.note(
    `Azure DevOps makes apps for people only, so Tenantry ${application.isNew ? 'made' : 'used'} the app registration ${quoted(displayName)} (client id ${quoted(appId)}) with the role ${role} at ${scope}. It is yours: deleting the service connection leaves it.`,
  );
  return {
    tenantId,
    clientId: appId.toLowerCase(),
    principalId: principal.value,
    isAutomatic: false,
    parent: { kind: 'application', objectId: id },
    hasNewRole: assignment.isNew,
  };
}
