import { groupScope, managementGroupScope, subscriptionScope } from '../../arm/arm-ids.ts';
import type { DevOpsCall } from '../devops-call.ts';
import { DevOpsError } from '../devops-error.ts';
import type { EndpointRecord, PendingWork, TextMap } from '../devops-store.ts';
import { textAt, withTexts } from '../text-map.ts';
import { addSecret, assignRole, dataOfApp, federate, makeApp, secretEnd } from './directory-app.ts';

/**
 * Azure DevOps creates the app of an automatic endpoint with the caller's refresh token, which an app does not have.
 * Source: public issues about `AadAccessSilentException`.
 */
export function requirePerson({ caller }: DevOpsCall): void {
  if (caller.kind === 'user') return;
  throw new DevOpsError(
    500,
    'AadAccessSilentException',
    `Failed to obtain the Json Web Token(JWT) using service principal client ID. Exception message: A valid refresh token was not found for the identity '${caller.objectId}'. Please sign in again as a user, or create the service principal manually.`,
  );
}

/** ARM scope that an endpoint reaches. */
export function scopeOf({ data, authorization }: Pick<EndpointRecord, 'data' | 'authorization'>): string {
  const limited = textAt(authorization.parameters, 'scope');
  if (limited) return limited;
  const managementGroup = textAt(data, 'managementGroupId');
  if (managementGroup) return managementGroupScope(managementGroup);
  const subscriptionId = textAt(data, 'subscriptionId') ?? '';
  const group = textAt(data, 'resourceGroupName');
  const workspace = textAt(data, 'mlWorkspaceName');
  if (!group) return subscriptionScope(subscriptionId);
  const scope = groupScope(subscriptionId, group);
  return workspace ? `${scope}/providers/Microsoft.MachineLearningServices/workspaces/${workspace}` : scope;
}

/**
 * Creates the app, principal, credential, and role assignment of an automatic endpoint. Returns the changes to the
 * endpoint.
 */
export function provision(endpoint: EndpointRecord, call: DevOpsCall): PendingWork['then'] {
  const { arm, context, store } = call;
  const scope = scopeOf(endpoint);
  const problem = problemOf(scope, call);
  if (problem !== undefined) return { state: 'Failed', isReady: false, statusMessage: problem };
  const now = context.clock.now();
  const app = { appId: context.newId(), objectId: context.newId(), principalId: context.newId() };
  const displayName = `${store.organization.name}-${store.findProject(endpoint.references[0]?.projectId ?? '')?.name ?? ''}-${textAt(endpoint.data, 'subscriptionId') ?? endpoint.id}`;
  makeApp({ ...app, displayName, createdAt: now, tenant: context.tenant }, context.store);
  const assignment = context.newId();
  assignRole({ name: assignment, principalId: app.principalId, scope, createdAt: now }, arm);
  const { scheme, parameters } = endpoint.authorization;
  const made: Record<string, string> = { serviceprincipalid: app.appId };
  if (scheme === 'ServicePrincipal') {
    made['authenticationType'] = 'spnKey';
    made['serviceprincipalkey'] = addSecret(
      app.objectId,
      { keyId: context.newId(), startsAt: now, endsAt: secretEnd(now) },
      context.store,
    );
  } else {
    const federated = { ...endpoint, authorization: { scheme, parameters: { ...parameters, ...made } } };
    federate(federated, context.newId, { directory: context.store, store });
  }
  return {
    state: 'Ready',
    isReady: true,
    statusMessage: '',
    authorization: { scheme, parameters: withTexts(parameters, made) },
    data: withTexts(endpoint.data, dataOfApp(app, assignment)),
  };
}

/** Why the caller cannot assign the role: the Azure Resource Manager message inside that of Azure DevOps. */
function problemOf(scope: string, { arm, caller, context }: DevOpsCall): string | undefined {
  const subscriptionId = /^\/subscriptions\/([^/]+)/i.exec(scope)?.[1];
  if (subscriptionId !== undefined && !arm.subscription(subscriptionId)) {
    return `Failed to query the subscription: error code: NotFound, inner error code: SubscriptionNotFound, inner error message The subscription '${subscriptionId}' could not be found.`;
  }
  const action = 'Microsoft.Authorization/roleAssignments/write';
  if (arm.can(caller.objectId, action, scope)) return undefined;
  return forbiddenRole(caller.identity.uniqueName, caller.objectId, scope, context.newId());
}

/** The message of an automatic endpoint whose creator was not an Owner. */
export function forbiddenRole(client: string, objectId: string, scope: string, assignment: string): string {
  return `Failed to set Azure permission 'RoleAssignmentId: ${assignment}' for the service principal on '${scope}': error code: Forbidden, inner error code: AuthorizationFailed, inner error message The client '${client}' with object id '${objectId}' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials. Ensure that the user has 'Owner' or 'User Access Administrator' permissions on the Subscription.`;
}

/** Parameters of a new automatic endpoint. Azure DevOps fills in the empty ones. */
export function emptyParameters(parameters: TextMap): TextMap {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== ''));
}
