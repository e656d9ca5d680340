import { withoutUndefined } from '../base/without-undefined.ts';
import { cleanMessage } from './clean-message.ts';
import { convertibilityOf } from './convertibility.ts';
import { readText } from './endpoint-texts.ts';
import type { Endpoint, Project } from './endpoints.ts';
import type { ServiceConnection, Verification } from './service-connection.ts';

/** A limit to a resource group is a scope, not a level of its own. */
const groupOfScope = /\/resourcegroups\/([^/]+)/i;

/** An endpoint as tools show it: chosen fields only, none of which can hold a secret. */
export function describeEndpoint(endpoint: Endpoint, project: Project, verification?: Verification): ServiceConnection {
  const { data, authorization, operationStatus, serviceEndpointProjectReferences: references = [] } = endpoint;
  const inData = (name: string) => readText(data, name);
  const inParameters = (name: string) => readText(authorization.parameters, name);
  const { convertible, reason } = convertibilityOf(endpoint, project);
  const scope = inParameters('scope');
  return withoutUndefined({
    id: endpoint.id,
    name: endpoint.name,
    type: endpoint.type,
    url: endpoint.url,
    scheme: authorization.scheme,
    description: endpoint.description || undefined,
    is_ready: endpoint.isReady !== false,
    is_shared: isSharedWithOthers(endpoint),
    creation_mode: inData('creationMode'),
    environment: inData('environment'),
    scope_level: inData('scopeLevel'),
    subscription_id: inData('subscriptionId'),
    subscription_name: inData('subscriptionName'),
    management_group_id: inData('managementGroupId'),
    resource_group: inData('resourceGroupName') ?? groupOfScope.exec(scope ?? '')?.[1],
    workspace_name: inData('mlWorkspaceName'),
    tenant_id: inParameters('tenantid'),
    client_id: inParameters('serviceprincipalid'),
    app_object_id: inData('appObjectId'),
    scope,
    issuer: inParameters('workloadIdentityFederationIssuer'),
    subject: inParameters('workloadIdentityFederationSubject'),
    revert_deadline: inData('revertSchemeDeadline'),
    state: operationStatus?.state,
    state_message: operationStatus?.statusMessage ? cleanMessage(operationStatus.statusMessage) : undefined,
    projects: references.map(({ projectReference: { id, name } }) => withoutUndefined({ id, name })),
    convertible,
    not_convertible_because: reason,
    verification,
  });
}

/** The mark, or more than one project: either may be all that the caller is allowed to see. */
function isSharedWithOthers({ isShared, serviceEndpointProjectReferences: references = [] }: Endpoint): boolean {
  return isShared === true || references.length > 1;
}
