import type { SandboxResponse } from '../../base/service.ts';
import { type DevOpsCall, type DevOpsRoute, listOf, timeOf } from '../devops-call.ts';

/** Available to every personal access token. */
const everyScope = [
  ...['vso.profile', 'vso.project', 'vso.build', 'vso.pipelineresources_manage'],
  ...['vso.serviceendpoint', 'vso.serviceendpoint_query', 'vso.serviceendpoint_manage'],
];
const preview = { isPreview: true, scopes: everyScope } as const;

/**
 * The signed-in identity, the organization's id, and the locations of routes: Microsoft's clients request the areas,
 * then the templates of an area, and fill them in. Source: the client libraries for Azure DevOps, which contain the
 * ids.
 */
export const discoveryRoutes: readonly DevOpsRoute[] = [
  { method: 'GET', path: '/_apis/connectionData', level: 'organization', ...preview, handle: connectionData },
  { method: 'GET', path: '/_apis/profile/profiles/me', level: 'global', scopes: everyScope, handle: profile },
  { method: 'GET', path: '/_apis/resourceAreas', level: 'organization', ...preview, handle: listAreas },
  { method: 'OPTIONS', path: '/_apis/{area}', level: 'organization', scopes: everyScope, handle: listLocations },
];

function connectionData({ store, caller, request, context }: DevOpsCall): SandboxResponse {
  const { id, displayName, uniqueName } = caller.identity;
  const type = caller.kind === 'app' ? 'aadsp' : 'aad';
  const user = {
    id,
    descriptor: `Microsoft.IdentityModel.Claims.ClaimsIdentity;${context.tenant.id}\\${uniqueName}`,
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

const serviceEndpoint = 'serviceendpoint';

const areas = [
  { id: '79134c72-4a58-4b42-976c-04e7115f32bf', name: 'core' },
  { id: '1814ab31-2f4f-4a9f-8761-f4d77dc5a5d7', name: serviceEndpoint },
] as const;

/** Id, area, name, template, and version of each route; `preview` if only previews are accepted. */
const locations: readonly (readonly [string, string, string, string, number, 'preview'?])[] = [
  ['e81700f7-3be2-46de-8624-2eb35882fcaa', 'Location', 'ResourceAreas', '_apis/{resource}/{areaId}', 1, 'preview'],
  ['00d9565f-ed9c-4a06-9a50-00e7896ccab4', 'Location', 'ConnectionData', '_apis/{resource}', 1, 'preview'],
  ['603fe2ac-9723-48b9-88ad-09305aa6c6e1', 'core', 'projects', '_apis/{resource}/{*projectId}', 4],
  ['14e48fdc-2c8b-41ce-a0c3-e26f6cc55bd0', serviceEndpoint, 'endpoints', '_apis/{area}/{resource}/{endpointId}', 4],
  [
    'e85f1c62-adfc-4b74-b618-11a150fb195e',
    serviceEndpoint,
    'endpoints',
    '{project}/_apis/{area}/{resource}/{endpointId}',
    4,
  ],
  ['cc63bb57-2a5f-4a7a-b79c-c142d308657e', serviceEndpoint, 'endpointproxy', '{project}/_apis/{area}/{resource}', 1],
  [
    '10a16738-9299-4cd1-9a81-fd23ad6200d0',
    serviceEndpoint,
    'executionhistory',
    '{project}/_apis/{area}/{endpointId}/{resource}',
    1,
  ],
  ['5a7938a4-655e-486c-b562-b78c54a7e87b', serviceEndpoint, 'types', '_apis/{area}/{resource}/{type}', 1],
];

function listAreas({ store, request }: DevOpsCall): SandboxResponse {
  const locationUrl = `${request.base}/${store.organization.name}/`;
  return listOf(areas.map((area) => ({ ...area, locationUrl })));
}

function listLocations({ params }: DevOpsCall): SandboxResponse {
  const wanted = params['area']?.toLowerCase();
  const found = locations.filter(([, area]) => area.toLowerCase() === wanted);
  return listOf(
    found.map(([id, area, resourceName, routeTemplate, resourceVersion, preview]) => ({
      id,
      area,
      resourceName,
      routeTemplate,
      resourceVersion,
      minVersion: '1.0',
      maxVersion: preview ? '7.2' : '7.1',
      releasedVersion: preview ? '0.0' : '7.1',
    })),
  );
}
