import { withoutUndefined } from '../../base/without-undefined.ts';
import type { NewEndpoint, Project, TextMap } from '../endpoints.ts';
import type { ServiceConnectionTarget } from '../service-connection.ts';
import type { ConnectionPlan, PlannedIdentity } from './connection-plan.ts';

export interface BuildOptions {
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

/** What the portal calls the identity of a federated connection. */
function identityType(kind: ConnectionPlan['credential']['kind'], isAutomatic: boolean): string | undefined {
  switch (kind) {
    case 'automatic':
      return isAutomatic ? 'AppRegistrationAutomatic' : 'AppRegistrationManual';
    case 'app_registration':
      return 'AppRegistrationManual';
    case 'managed_identity':
      return 'ManagedIdentity';
    case 'key':
    case 'certificate':
    case 'agent':
    case 'publish_profile':
      return undefined;
  }
}

/** The id stands in for a name that could not be read: the service wants one, for show. */
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

function buildParameters(
  { credential, scheme, target }: ConnectionPlan,
  { tenantId, clientId }: PlannedIdentity,
): TextMap {
  return withoutUndefined({
    tenantid: tenantId,
    ...secretParameters(credential, scheme, clientId),
    scope: groupScope(target),
  });
}

/** A limit to one resource group is a parameter, not a level. */
export function groupScope(target: ServiceConnectionTarget): string | undefined {
  if (target.level !== 'Subscription' || target.resourceGroup === undefined) return undefined;
  return `/subscriptions/${target.subscriptionId}/resourcegroups/${target.resourceGroup}`;
}

function secretParameters(
  credential: ConnectionPlan['credential'],
  scheme: ConnectionPlan['scheme'],
  clientId: string | undefined,
): TextMap {
  switch (credential.kind) {
    case 'automatic':
      // Empty texts are what Azure DevOps fills in.
      return {
        serviceprincipalid: clientId ?? '',
        ...(scheme === 'ServicePrincipal' ? { authenticationType: 'spnKey', serviceprincipalkey: '' } : {}),
      };
    case 'app_registration':
    case 'managed_identity':
      return { serviceprincipalid: clientId ?? '' };
    case 'key':
      return {
        serviceprincipalid: credential.clientId,
        authenticationType: 'spnKey',
        serviceprincipalkey: credential.key.reveal(),
      };
    case 'certificate':
      return {
        serviceprincipalid: credential.clientId,
        authenticationType: 'spnCertificate',
        servicePrincipalCertificate: credential.certificate.reveal(),
      };
    case 'publish_profile':
      return { publishProfile: credential.profile.reveal() };
    case 'agent':
      return {};
  }
}
