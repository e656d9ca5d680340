import type { Entity, EntityStore } from '../../base/entity-store.ts';
import { localize, localizeText } from '../../seed/localize.ts';
import { appIds } from '../../seed/sandbox-credentials.ts';
import type { Tenant } from '../../seed/tenant.ts';
import {
  type AccessTokenRecord,
  type DevOpsStore,
  type EndpointRecord,
  type ExecutionRecord,
  type IdentityRef,
  identityOf,
  type MemberRecord,
  type ProjectRecord,
  type ProjectReference,
  type TextMap,
} from '../devops-store.ts';
import { dayMs } from '../endpoints/directory-app.ts';
import { accessTokenOf, seededProjects } from './devops-credentials.ts';
import { type EndpointIds, type SeedPlaces, seededEndpointIds, trustFromIdentity, withNewApp } from './endpoint-app.ts';
import { type EndpointSeed, endpointSeeds } from './endpoint-seeds.ts';

/**
 * The organization before the first write. The tenant's first user and the sandbox app are administrators; the
 * read-only app is a reader. `startedAt` is the start of the sandbox clock in milliseconds.
 */
export function createDevOpsSeed(
  directory: EntityStore,
  startedAt: number,
  tenant: Tenant,
): {
  readonly projects: readonly ProjectRecord[];
  readonly members: readonly MemberRecord[];
  readonly accessTokens: readonly AccessTokenRecord[];
} {
  const principalOf = (appId: string) =>
    directory.findByKey('servicePrincipal', 'appId', localizeText(appId, tenant))?.id ?? '';
  const person = firstPerson(directory)?.id ?? '';
  return {
    projects: localize(
      [
        projectOf(seededProjects.payments, 'Payment services and their deployments'),
        projectOf(seededProjects.game, 'Build and release of the web game'),
        projectOf(seededProjects.empty, 'Nothing here yet'),
      ],
      tenant,
    ),
    members: [
      { objectId: principalOf(appIds.sandbox), role: 'administrator' },
      { objectId: person, role: 'administrator' },
      { objectId: principalOf(appIds.readOnly), role: 'reader' },
    ],
    accessTokens: [{ token: accessTokenOf(tenant), objectId: person, scopes: [], expires: startedAt + 90 * dayMs }],
  };
}

export function firstPerson(directory: EntityStore): Entity | undefined {
  for (const { entity } of directory.scan('user')) return entity;
  return undefined;
}

function projectOf({ id, name }: { readonly id: string; readonly name: string }, description: string): ProjectRecord {
  return { id, name, description, lastUpdateTime: '2025-10-06T07:30:00Z' };
}

/** Endpoints of every kind, with their apps in the directory and the roles of these in Resource Manager. */
export function seededEndpoints(places: SeedPlaces): readonly EndpointRecord[] {
  const createdBy = identityOf(firstPerson(places.directory)?.id ?? '', places.directory);
  const { tenant } = places.store;
  return localize(endpointSeeds(places), tenant).map((seed, index) =>
    seedEndpoint(seed, localize(seededEndpointIds(index + 1), tenant), createdBy, places),
  );
}

/** Enough uses of the first endpoint for three pages of ten. */
export function seededExecutions(endpointId: string, startedAt: number, tenant: Tenant): readonly ExecutionRecord[] {
  return Array.from({ length: 25 }, (_, index) => ({
    id: 25 - index,
    endpointId,
    projectId: localizeText(seededProjects.payments.id, tenant),
    result: index % 7 === 3 ? 'failed' : 'succeeded',
    startTime: new Date(startedAt - (index + 1) * 3 * 3_600_000).toISOString(),
  }));
}

/** Creates a seeded endpoint and what it needs in the directory and in Resource Manager. */
function seedEndpoint(
  seed: EndpointSeed,
  ids: EndpointIds,
  createdBy: IdentityRef,
  places: SeedPlaces,
): EndpointRecord {
  const { app = 'new', failure } = seed;
  const endpoint: EndpointRecord = {
    id: ids.endpoint,
    type: seed.type ?? 'azurerm',
    url: seed.url ?? 'https://management.azure.com/',
    description: seed.description ?? '',
    owner: 'library',
    createdBy,
    authorization: { scheme: seed.scheme ?? 'ServicePrincipal', parameters: parametersOf(seed, places.store) },
    data: dataOf(seed, places),
    references: referencesOf(seed, places.store),
    isReady: failure === undefined,
    state: failure === undefined ? 'Ready' : 'Failed',
    statusMessage: failure ?? '',
    issuer: seed.issuer ?? 'entra',
  };
  if (app === 'new') return withNewApp(endpoint, ids, seed, places);
  if (app !== 'none') trustFromIdentity(endpoint, ids, seed, places);
  return endpoint;
}

function parametersOf(
  { type = 'azurerm', app, scheme = 'ServicePrincipal', parameters }: EndpointSeed,
  { tenant }: Pick<DevOpsStore, 'tenant'>,
): TextMap {
  if (type !== 'azurerm') return { ...parameters };
  return {
    tenantid: tenant.id,
    ...(typeof app === 'object' ? { serviceprincipalid: app.clientId } : {}),
    ...(scheme === 'ServicePrincipal' ? { authenticationType: 'spnKey' } : {}),
    ...parameters,
  };
}

function dataOf(
  { type = 'azurerm', creationMode = 'Automatic', revertDays, data }: EndpointSeed,
  { startedAt, store: { tenant } }: Pick<SeedPlaces, 'startedAt' | 'store'>,
): TextMap {
  if (type !== 'azurerm') return { ...data };
  const { subscriptionId, displayName } = tenant;
  const subscription = { subscriptionId, subscriptionName: `${displayName} Production` };
  return {
    environment: 'AzureCloud',
    scopeLevel: 'Subscription',
    ...(data?.['scopeLevel'] === 'ManagementGroup' ? {} : subscription),
    creationMode,
    ...(revertDays === undefined
      ? {}
      : { revertSchemeDeadline: new Date(startedAt + revertDays * dayMs).toISOString() }),
    ...data,
  };
}

function referencesOf(
  { name, description = '', projects }: EndpointSeed,
  { tenant }: Pick<DevOpsStore, 'tenant'>,
): readonly ProjectReference[] {
  const used = projects ?? [localizeText(seededProjects.payments.id, tenant)];
  return used.map((projectId) => ({ projectId, name, description }));
}
