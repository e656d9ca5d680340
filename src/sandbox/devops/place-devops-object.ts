import * as z from 'zod';
import type { Clock } from '../../core/base/clock.ts';
import { ControlInputError } from '../base/control-input.ts';
import { type Placer, placerOf } from '../base/placement.ts';
import type { Tenant } from '../seed/tenant.ts';
import { type EndpointRecord, identityOf } from './devops-store.ts';
import { dayMs } from './endpoints/directory-app.ts';
import { firstPerson } from './seed/create-devops-seed.ts';
import { newEndpointIds, type SeedPlaces, withNewApp } from './seed/endpoint-app.ts';
import { textAt } from './text-map.ts';

const texts = z.record(z.string(), z.string());
const projectReference = z.strictObject({
  project: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
});

const schemas = {
  project: z.strictObject({ id: z.guid().optional(), name: z.string().min(1), description: z.string().default('') }),
  serviceEndpoint: z.strictObject({
    id: z.guid().optional(),
    name: z.string().min(1),
    /** Name or id; use `projects` for a shared endpoint. */
    project: z.string().optional(),
    projects: z
      .array(z.union([z.string(), projectReference]))
      .min(1)
      .optional(),
    type: z.string().default('azurerm'),
    url: z.string().default('https://management.azure.com/'),
    description: z.string().default(''),
    owner: z.string().default('library'),
    scheme: z.string().default('ServicePrincipal'),
    parameters: texts.default({}),
    data: texts.default({}),
    creationMode: z.enum(['Automatic', 'Manual']).default('Automatic'),
    issuer: z.enum(['entra', 'vstoken']).default('entra'),
    state: z.enum(['Ready', 'InProgress', 'Failed']).default('Ready'),
    statusMessage: z.string().default(''),
    /** Role of the app that is created if `parameters.serviceprincipalid` is absent. */
    role: z.enum(['contributor', 'reader', 'none']).default('contributor'),
    secretDays: z.number().optional(),
    /** Creates no app. */
    app: z.boolean().default(true),
  }),
  personalAccessToken: z.strictObject({
    token: z.string().min(1),
    scopes: z.array(z.string()).default([]),
    /** ISO 8601. */
    expires: z.iso.datetime().optional(),
    /** Object id of the owner; default: the tenant's first user. */
    objectId: z.string().optional(),
  }),
  member: z.strictObject({
    objectId: z.string().optional(),
    appId: z.string().optional(),
    role: z.enum(['administrator', 'reader', 'none']).default('administrator'),
  }),
} as const;

interface PlacePlaces extends Omit<SeedPlaces, 'startedAt'> {
  readonly clock: Clock;
  newId(): string;
}

const listsMembers = { listsMembers: true };

/** Places objects of Azure DevOps without checks. */
export function devopsPlacers(places: PlacePlaces): Readonly<Record<keyof typeof schemas, Placer>> {
  const { store, directory, clock, newId } = places;
  return {
    project: placerOf(
      schemas.project,
      ({ id = newId(), ...project }) =>
        store.putProject({ id: id.toLowerCase(), ...project, lastUpdateTime: new Date(clock.now()).toISOString() }),
      listsMembers,
    ),
    serviceEndpoint: placerOf(schemas.serviceEndpoint, (given) => placeEndpoint(given, places), listsMembers),
    personalAccessToken: placerOf(
      schemas.personalAccessToken,
      ({ expires, objectId = firstPerson(directory)?.id ?? '', ...rest }) => {
        const end = expires === undefined ? clock.now() + 90 * dayMs : Date.parse(expires);
        store.accessTokens.push({ ...rest, objectId, expires: end });
      },
      listsMembers,
    ),
    member: placerOf(schemas.member, (given) => placeMember(given, places), listsMembers),
  };
}

function placeMember(
  { objectId, appId, role }: z.infer<typeof schemas.member>,
  { directory, store }: PlacePlaces,
): void {
  const id = objectId ?? directory.findByKey('servicePrincipal', 'appId', appId ?? '')?.id;
  if (id === undefined) {
    throw new ControlInputError('object: give objectId, or the appId of an app that has a service principal.');
  }
  if (role === 'none') {
    store.members.delete(id);
  } else {
    store.members.set(id, { objectId: id, role });
  }
}

function placeEndpoint(given: z.infer<typeof schemas.serviceEndpoint>, places: PlacePlaces): void {
  const { store, directory, newId } = places;
  const ids = newEndpointIds(newId);
  const { description, type, scheme, state } = given;
  const isAzure = type.toLowerCase() === 'azurerm';
  const endpoint: EndpointRecord = {
    id: given.id?.toLowerCase() ?? ids.endpoint,
    type,
    url: given.url,
    description,
    owner: given.owner,
    createdBy: identityOf(firstPerson(directory)?.id ?? '', directory),
    authorization: {
      scheme,
      parameters: isAzure ? { tenantid: store.tenant.id, ...given.parameters } : given.parameters,
    },
    data: isAzure ? { ...azureData(given, store.tenant), ...given.data } : given.data,
    references: referencesOf(given, places),
    isReady: state === 'Ready',
    state,
    statusMessage: given.statusMessage,
    issuer: given.issuer,
  };
  const signsIn = scheme === 'ServicePrincipal' || scheme === 'WorkloadIdentityFederation';
  const needsApp = isAzure && signsIn && given.app && !textAt(given.parameters, 'serviceprincipalid');
  const placed = needsApp
    ? withNewApp(endpoint, { ...ids, endpoint: endpoint.id }, given, { ...places, startedAt: places.clock.now() })
    : endpoint;
  store.endpoints.set(placed.id, placed);
}

function azureData({ data, creationMode }: z.infer<typeof schemas.serviceEndpoint>, tenant: Tenant) {
  const { subscriptionId, displayName } = tenant;
  const subscription = { subscriptionId, subscriptionName: `${displayName} Production` };
  const level = textAt(data, 'scopeLevel') ?? 'Subscription';
  return {
    environment: 'AzureCloud',
    scopeLevel: level,
    ...(level === 'ManagementGroup' ? {} : subscription),
    creationMode,
  };
}

function referencesOf(
  { name, description, project, projects }: z.infer<typeof schemas.serviceEndpoint>,
  { store }: PlacePlaces,
) {
  const wanted = projects ?? [project ?? 'Payments'];
  return wanted.map((one) => {
    const reference: z.infer<typeof projectReference> = typeof one === 'string' ? { project: one } : one;
    const found = store.findProject(reference.project);
    if (!found) {
      const valid = store
        .projects()
        .map((known) => known.name)
        .join(', ');
      throw new ControlInputError(`object.project: there is no project '${reference.project}'. Valid: ${valid}.`);
    }
    return { projectId: found.id, name: reference.name ?? name, description: reference.description ?? description };
  });
}
