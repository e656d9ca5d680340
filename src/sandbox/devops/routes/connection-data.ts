import { tenant } from '../../seed/tenant.ts';
import type { SandboxResponse } from '../../service.ts';
import { type DevOpsCall, type DevOpsRoute, timeOf } from '../devops-call.ts';

/** Who is signed in, and the id of the organization. Both are open to every token. */
export const connectionDataRoutes: readonly DevOpsRoute[] = [
  {
    method: 'GET',
    path: '/_apis/connectionData',
    level: 'organization',
    isPreview: true,
    scopes: everyScope(),
    handle: connectionData,
  },
  { method: 'GET', path: '/_apis/profile/profiles/me', level: 'global', scopes: everyScope(), handle: profile },
];

/** Open to every personal access token. */
export function everyScope(): readonly string[] {
  const endpoint = 'vso.serviceendpoint';
  const named = ['vso.profile', 'vso.project', 'vso.build', 'vso.pipelineresources_manage'];
  return [...named, endpoint, `${endpoint}_query`, `${endpoint}_manage`];
}

function connectionData({ store, caller, request }: DevOpsCall): SandboxResponse {
  const { id, displayName, uniqueName } = caller.identity;
  const type = caller.kind === 'app' ? 'aadsp' : 'aad';
  const user = {
    id,
    descriptor: `Microsoft.IdentityModel.Claims.ClaimsIdentity;${tenant.id}\\${uniqueName}`,
    subjectDescriptor: `${type}.${Buffer.from(id).toString('base64url')}`,
    providerDisplayName: displayName,
    isActive: true,
    properties: { Account: { $type: 'System.String', $value: uniqueName } },
  };
  return {
    status: 200,
    body: {
      authenticatedUser: user,
      authorizedUser: user,
      instanceId: store.organization.id,
      deploymentId: store.organization.id.replace(/^.{8}/, '0d3b1000'),
      deploymentType: 'hosted',
      locationServiceData: {
        serviceOwner: '00025394-6065-48ca-87d9-7f5672854ef7',
        defaultAccessMappingMoniker: 'PublicAccessMapping',
        accessMappings: [
          { moniker: 'PublicAccessMapping', accessPoint: `${request.base}/${store.organization.name}/` },
        ],
      },
    },
  };
}

function profile(call: DevOpsCall): SandboxResponse {
  const { id, displayName, uniqueName } = call.caller.identity;
  const body = { displayName, publicAlias: id, emailAddress: uniqueName, coreRevision: 1, revision: 1, id };
  return { status: 200, body: { ...body, timeStamp: timeOf(call) } };
}
