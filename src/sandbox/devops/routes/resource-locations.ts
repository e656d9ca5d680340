import type { SandboxResponse } from '../../service.ts';
import { type DevOpsCall, type DevOpsRoute, listOf } from '../devops-call.ts';
import { everyScope } from './connection-data.ts';

/**
 * Where clients find the routes: those of Microsoft ask for the areas, then for the templates of an area, and fill them
 * in. Source: the client libraries for Azure DevOps, which carry the ids.
 */
export const resourceLocationRoutes: readonly DevOpsRoute[] = [
  {
    method: 'GET',
    path: '/_apis/resourceAreas',
    level: 'organization',
    isPreview: true,
    scopes: everyScope(),
    handle: listAreas,
  },
  { method: 'OPTIONS', path: '/_apis/{area}', level: 'organization', scopes: everyScope(), handle: listLocations },
];

const areas = [
  { id: '79134c72-4a58-4b42-976c-04e7115f32bf', name: 'core' },
  { id: '1814ab31-2f4f-4a9f-8761-f4d77dc5a5d7', name: 'serviceendpoint' },
] as const;

interface ResourceLocation {
  readonly id: string;
  readonly area: string;
  readonly resourceName: string;
  readonly routeTemplate: string;
  readonly resourceVersion: number;
  /** Only previews of it are accepted. */
  readonly isPreview?: boolean;
}

const locations: readonly ResourceLocation[] = [
  {
    id: 'e81700f7-3be2-46de-8624-2eb35882fcaa',
    area: 'Location',
    resourceName: 'ResourceAreas',
    routeTemplate: '_apis/{resource}/{areaId}',
    resourceVersion: 1,
    isPreview: true,
  },
  {
    id: '00d9565f-ed9c-4a06-9a50-00e7896ccab4',
    area: 'Location',
    resourceName: 'ConnectionData',
    routeTemplate: '_apis/{resource}',
    resourceVersion: 1,
    isPreview: true,
  },
  {
    id: '603fe2ac-9723-48b9-88ad-09305aa6c6e1',
    area: 'core',
    resourceName: 'projects',
    routeTemplate: '_apis/{resource}/{*projectId}',
    resourceVersion: 4,
  },
  {
    id: '14e48fdc-2c8b-41ce-a0c3-e26f6cc55bd0',
    area: 'serviceendpoint',
    resourceName: 'endpoints',
    routeTemplate: '_apis/{area}/{resource}/{endpointId}',
    resourceVersion: 4,
  },
  {
    id: 'e85f1c62-adfc-4b74-b618-11a150fb195e',
    area: 'serviceendpoint',
    resourceName: 'endpoints',
    routeTemplate: '{project}/_apis/{area}/{resource}/{endpointId}',
    resourceVersion: 4,
  },
  {
    id: 'cc63bb57-2a5f-4a7a-b79c-c142d308657e',
    area: 'serviceendpoint',
    resourceName: 'endpointproxy',
    routeTemplate: '{project}/_apis/{area}/{resource}',
    resourceVersion: 1,
  },
  {
    id: '10a16738-9299-4cd1-9a81-fd23ad6200d0',
    area: 'serviceendpoint',
    resourceName: 'executionhistory',
    routeTemplate: '{project}/_apis/{area}/{endpointId}/{resource}',
    resourceVersion: 1,
  },
  {
    id: '5a7938a4-655e-486c-b562-b78c54a7e87b',
    area: 'serviceendpoint',
    resourceName: 'types',
    routeTemplate: '_apis/{area}/{resource}/{type}',
    resourceVersion: 1,
  },
];

function listAreas({ store, request }: DevOpsCall): SandboxResponse {
  const locationUrl = `${request.base}/${store.organization.name}/`;
  return listOf(areas.map((area) => ({ ...area, locationUrl })));
}

function listLocations({ params }: DevOpsCall): SandboxResponse {
  const wanted = params['area']?.toLowerCase();
  const found = locations.filter(({ area }) => area.toLowerCase() === wanted);
  return listOf(
    found.map(({ isPreview, ...location }) => ({
      ...location,
      minVersion: '1.0',
      maxVersion: isPreview === true ? '7.2' : '7.1',
      releasedVersion: isPreview === true ? '0.0' : '7.1',
    })),
  );
}
