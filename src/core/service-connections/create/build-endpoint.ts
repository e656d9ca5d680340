import { z } from 'zod';
import type { ArmApi } from '../../apis/arm/arm-api.ts';
import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import { credentialRules } from '../credential-rules.ts';
import type { NewEndpoint, Project, TextMap } from '../endpoint.ts';
import type { ServiceConnectionTarget } from '../service-connection.ts';
import type { ConnectionPlan, PlannedIdentity } from './creation.ts';

interface BuildOptions {
  readonly plan: ConnectionPlan;
  /** With the names that were looked up. */
  readonly target: ServiceConnectionTarget;
  readonly identity: PlannedIdentity;
  readonly project: Project;
  /** Not to be used yet: what its federation needs is only known when it is there. */
  readonly isDraft: boolean;
}

/**
 * The body of a new service connection. All values of `data` and `parameters` are texts.
 * https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints/create
 */
export function buildEndpoint({ plan, target, identity, project, isDraft }: BuildOptions): NewEndpoint {
  const { name, description, url, scheme } = plan;
  return {
    name,
    type: 'azurerm',
    url,
    description,
    owner: 'library',
    isShared: false,
    isReady: !isDraft,
    serviceEndpointProjectReferences: [{ projectReference: { id: project.id, name: project.name }, name, description }],
    data: { ...buildData(plan, target, identity), ...(isDraft ? { isDraft: 'true' } : {}) },
    authorization: { scheme, parameters: buildParameters(plan, identity) },
  };
}

function buildData(
  { environment, url, scheme, credential, serviceManagementReference }: ConnectionPlan,
  target: ServiceConnectionTarget,
  { isAutomatic }: PlannedIdentity,
): TextMap {
  return withoutUndefined({
    environment,
    environmentUrl: environment === 'AzureStack' ? url : undefined,
    ...targetData(target),
    creationMode: isAutomatic ? 'Automatic' : 'Manual',
    identityType: scheme === 'WorkloadIdentityFederation' ? identityType(credential.kind, isAutomatic) : undefined,
    resourceId: credential.kind === 'publish_profile' ? credential.webAppId : undefined,
    serviceManagementReference,
  });
}

/** An app that we make instead of Azure DevOps is like any other. */
function identityType(kind: ConnectionPlan['credential']['kind'], isAutomatic: boolean): string | undefined {
  const isStandIn = kind === 'automatic' && !isAutomatic;
  return credentialRules[isStandIn ? 'app_registration' : kind].identityType;
}

/** The id replaces a name that could not be read: the service wants one for display. */
function targetData(target: ServiceConnectionTarget): Readonly<Record<string, string | undefined>> {
  switch (target.level) {
    case 'Subscription':
      return {
        scopeLevel: target.level,
        subscriptionId: target.subscriptionId,
        subscriptionName: target.subscriptionName ?? target.subscriptionId,
      };
    case 'ManagementGroup':
      return {
        scopeLevel: target.level,
        managementGroupId: target.managementGroupId,
        managementGroupName: target.managementGroupName ?? target.managementGroupId,
      };
    case 'AzureMLWorkspace':
      return {
        scopeLevel: target.level,
        subscriptionId: target.subscriptionId,
        subscriptionName: target.subscriptionName ?? target.subscriptionId,
        resourceGroupName: target.resourceGroup,
        mlWorkspaceName: target.workspaceName,
        mlWorkspaceLocation: target.workspaceLocation,
      };
  }
}

function buildParameters(plan: ConnectionPlan, { tenantId, clientId }: PlannedIdentity): TextMap {
  const { credential, target } = plan;
  const { hasApp, secret } = credentialRules[credential.kind];
  // With its secret, an app is named as the caller named it.
  const given = secret !== undefined && 'clientId' in credential ? credential.clientId : undefined;
  return withoutUndefined({
    tenantid: tenantId,
    // Empty texts are what Azure DevOps fills in.
    serviceprincipalid: hasApp ? (given ?? clientId ?? '') : undefined,
    ...secretParameters(plan),
    scope: groupScope(target),
  });
}

function secretParameters({ credential, scheme }: ConnectionPlan): TextMap {
  const isMade = credential.kind === 'automatic' && scheme === 'ServicePrincipal';
  const { secret } = credentialRules[isMade ? 'key' : credential.kind];
  if (secret === undefined) return {};
  const { parameter, authenticationType } = secret;
  return { ...withoutUndefined({ authenticationType }), [parameter]: secretOf(credential) };
}

function secretOf(credential: ConnectionPlan['credential']): string {
  switch (credential.kind) {
    case 'key':
      return credential.key.reveal();
    case 'certificate':
      return credential.certificate.reveal();
    case 'publish_profile':
      return credential.profile.reveal();
    default:
      return '';
  }
}

/** Limiting it to a resource group is a parameter, not a level. */
export function groupScope(target: ServiceConnectionTarget): string | undefined {
  if (target.level !== 'Subscription' || target.resourceGroup === undefined) return undefined;
  return `/subscriptions/${target.subscriptionId}/resourcegroups/${target.resourceGroup}`;
}

/** ARM scope of a target: where its roles are. */
export function scopeOf(target: ServiceConnectionTarget): string {
  switch (target.level) {
    case 'Subscription': {
      const { subscriptionId, resourceGroup } = target;
      const below = resourceGroup === undefined ? '' : `/resourceGroups/${resourceGroup}`;
      return `/subscriptions/${subscriptionId}${below}`;
    }
    case 'ManagementGroup':
      return `/providers/Microsoft.Management/managementGroups/${target.managementGroupId}`;
    case 'AzureMLWorkspace': {
      const { subscriptionId, resourceGroup, workspaceName } = target;
      return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/workspaces/${workspaceName}`;
    }
  }
}

/**
 * The target with the names that the portal would show: of the subscription or the management group, and the location
 * of a workspace. What the connection may not read stays undefined, with a note.
 */
export async function nameTarget(
  { target, isOwnCloud }: Pick<ConnectionPlan, 'target' | 'isOwnCloud'>,
  arm: ArmApi,
  call: CallContext,
): Promise<ServiceConnectionTarget> {
  const read: Read = async (path, apiVersion, options) =>
    isOwnCloud ? readQuietly(arm, { method: 'GET', path, apiVersion }, options, call) : undefined;
  switch (target.level) {
    case 'Subscription':
      await requireGroup(target, read);
      return { ...target, subscriptionName: target.subscriptionName ?? (await subscriptionName(target, read, call)) };
    case 'ManagementGroup':
      return { ...target, managementGroupName: target.managementGroupName ?? (await groupName(target, read, call)) };
    case 'AzureMLWorkspace': {
      const workspaceLocation = target.workspaceLocation ?? (await locationOf(target, read));
      const name = target.subscriptionName ?? (await subscriptionName(target, read, call));
      return { ...target, workspaceLocation, subscriptionName: name };
    }
  }
}

/** Failures that mean "not for this connection", not "not now". */
const unreadable = new Set(['permission_denied', 'not_found', 'unauthenticated', 'configuration']);

/** `mustExist`: throws where the resource certainly does not exist. */
type Read = (path: string, apiVersion: string, options?: { readonly mustExist: boolean }) => Promise<unknown>;

async function readQuietly(
  arm: ArmApi,
  request: ApiRequest,
  { mustExist } = { mustExist: false },
  call: CallContext,
): Promise<unknown> {
  try {
    return (await arm.send(request, call)).body;
  } catch (error) {
    const isQuiet = error instanceof AppError && unreadable.has(error.code) && !(mustExist && isMissing(error));
    if (!isQuiet) throw error;
    return undefined;
  }
}

/** Its parent can be read and does not contain it. */
function isMissing({ upstream }: AppError): boolean {
  return upstream?.code === 'ResourceNotFound' || upstream?.code === 'ResourceGroupNotFound';
}

/** Azure DevOps accepts any resource group name; a wrong one would fail only in the first pipeline. */
async function requireGroup(
  { subscriptionId, resourceGroup }: Extract<ServiceConnectionTarget, { level: 'Subscription' }>,
  read: Read,
): Promise<void> {
  if (resourceGroup === undefined) return;
  const path = `/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(resourceGroup)}`;
  await read(path, '2021-04-01', { mustExist: true });
}

/** https://learn.microsoft.com/rest/api/resources/subscriptions/get */
async function subscriptionName(
  { subscriptionId }: { readonly subscriptionId: string },
  read: Read,
  call: CallContext,
): Promise<string | undefined> {
  const body = await read(`/subscriptions/${subscriptionId}`, '2022-12-01');
  const name = z.object({ displayName: z.string().min(1) }).safeParse(body).data?.displayName;
  if (name === undefined) noteUnread('subscription_name', subscriptionId, call);
  return name;
}

/** https://learn.microsoft.com/rest/api/managementgroups/management-groups/get */
async function groupName(
  { managementGroupId }: { readonly managementGroupId: string },
  read: Read,
  call: CallContext,
): Promise<string | undefined> {
  const path = `/providers/Microsoft.Management/managementGroups/${encodeURIComponent(managementGroupId)}`;
  const body = await read(path, '2020-05-01');
  const schema = z.object({ properties: z.object({ displayName: z.string().min(1) }) });
  const name = schema.safeParse(body).data?.properties.displayName;
  if (name === undefined) noteUnread('management_group_name', managementGroupId, call);
  return name;
}

function noteUnread(field: string, id: string, call: CallContext): void {
  call.note(
    `The connection cannot read the name of ${id}, so the id is shown instead; pass ${field} to show another name.`,
  );
}

/** The service wants the location of a workspace, and nothing can replace it. */
async function locationOf(
  target: Extract<ServiceConnectionTarget, { level: 'AzureMLWorkspace' }>,
  read: Read,
): Promise<string> {
  const path = scopeOf(target).split('/').map(encodeURIComponent).join('/');
  const body = await read(path, '2024-04-01', { mustExist: true });
  const location = z.object({ location: z.string().min(1) }).safeParse(body).data?.location;
  if (location !== undefined) return location;
  throw new AppError('invalid_argument', `The location of the workspace ${target.workspaceName} cannot be read.`, {
    hint: 'Pass workspace_location, e.g. westeurope, or give the app of the connection the role Reader on the workspace.',
  });
}
