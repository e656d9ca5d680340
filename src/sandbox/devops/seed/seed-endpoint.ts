import { tenant } from '../../seed/tenant.ts';
import type { EndpointRecord, IdentityRef, ProjectReference, TextMap } from '../devops-records.ts';
import { seededProjects } from './devops-credentials.ts';
import { dayMs, type SeedPlaces, trustFromIdentity, withNewApp } from './endpoint-app.ts';
import type { EndpointIds } from './endpoint-ids.ts';
import type { EndpointSeed } from './endpoint-seeds.ts';

/** Makes an endpoint of the seed, and what it needs in the directory and in Resource Manager. */
export function seedEndpoint(
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
    authorization: { scheme: seed.scheme ?? 'ServicePrincipal', parameters: parametersOf(seed) },
    data: dataOf(seed, places.startedAt),
    references: referencesOf(seed),
    isReady: failure === undefined,
    state: failure === undefined ? 'Ready' : 'Failed',
    statusMessage: failure ?? '',
    issuer: seed.issuer ?? 'entra',
  };
  if (app === 'new') return withNewApp(endpoint, ids, seed, places);
  if (app !== 'none') trustFromIdentity(endpoint, ids, seed, places);
  return endpoint;
}

function parametersOf({ type = 'azurerm', app, scheme = 'ServicePrincipal', parameters }: EndpointSeed): TextMap {
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
  startedAt: number,
): TextMap {
  if (type !== 'azurerm') return { ...data };
  const subscription = { subscriptionId: tenant.subscriptionId, subscriptionName: 'Contoso Production' };
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

function referencesOf({
  name,
  description = '',
  projects = [seededProjects.payments.id],
}: EndpointSeed): readonly ProjectReference[] {
  return projects.map((projectId) => ({ projectId, name, description }));
}
