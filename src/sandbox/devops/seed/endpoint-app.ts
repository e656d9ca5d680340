import type { ArmStore } from '../../arm/arm-store.ts';
import type { EntityStore } from '../../entity-store.ts';
import { clientSecretOf } from '../../entra/client-secret.ts';
import type { DevOpsStore, EndpointRecord, TextMap } from '../devops-store.ts';
import { scopeOf } from '../endpoints/automatic-endpoint.ts';
import { addFederation, addSecret, assignRole, automaticSecretDays, makeApp } from '../endpoints/directory-app.ts';
import { isAutomatic } from '../endpoints/endpoint-input.ts';
import { assertionAudience, federationOf } from '../endpoints/federation.ts';
import { textAt, withTexts } from '../text-map.ts';

/** Where things are made, and when: `startedAt` is the start of the sandbox clock, milliseconds. */
export interface SeedPlaces {
  readonly store: DevOpsStore;
  readonly directory: EntityStore;
  readonly arm: ArmStore;
  readonly startedAt: number;
}

interface AppTraits {
  readonly role?: 'contributor' | 'reader' | 'none' | undefined;
  /** Days until the secret ends; default 60. */
  readonly secretDays?: number | undefined;
}

export const dayMs = 86_400_000;
const federation = 'WorkloadIdentityFederation';

/** Makes app, principal, credential and role of an endpoint that names none; gives the endpoint with them. */
export function withNewApp(
  endpoint: EndpointRecord,
  ids: EndpointIds,
  { role = 'contributor', secretDays = 60 }: AppTraits,
  { directory, arm, store, startedAt }: SeedPlaces,
): EndpointRecord {
  const { scheme, parameters } = endpoint.authorization;
  const [reference] = endpoint.references;
  const createdAt = startedAt + (secretDays - automaticSecretDays) * dayMs;
  const displayName = `${store.organization.name}-${store.findProject(reference?.projectId ?? '')?.name}-${reference?.name}`;
  makeApp(
    { appId: ids.appId, objectId: ids.application, principalId: ids.principal, displayName, createdAt },
    directory,
  );
  const made: EndpointRecord = {
    ...endpoint,
    authorization: { scheme, parameters: { ...parameters, serviceprincipalid: ids.appId } },
    data: withTexts(endpoint.data, isAutomatic(endpoint.data) ? dataOfApp(ids) : {}),
  };
  if (role !== 'none') {
    assignRole({ name: ids.assignment, principalId: ids.principal, scope: scopeOf(made), role, createdAt }, arm);
  }
  if (scheme === federation) trustEndpoint(made, ids, { directory, store });
  const deadline = Date.parse(textAt(endpoint.data, 'revertSchemeDeadline') ?? '');
  const isRevertible = scheme === federation && deadline > startedAt;
  const wantsKey = scheme === 'ServicePrincipal' && textAt(parameters, 'authenticationType') !== 'spnCertificate';
  if (!isRevertible && !wantsKey) return made;
  const endsAt = startedAt + secretDays * dayMs;
  addSecret(ids.application, { keyId: ids.key, startsAt: createdAt, endsAt }, directory);
  const withKey = {
    scheme: 'ServicePrincipal',
    parameters: withTexts(
      { authenticationType: 'spnKey', serviceprincipalkey: clientSecretOf(ids.key) },
      made.authorization.parameters,
    ),
  };
  return isRevertible ? { ...made, previous: withKey } : { ...made, authorization: withKey };
}

function dataOfApp({ application, principal, assignment }: EndpointIds): TextMap {
  return {
    appObjectId: application,
    spnObjectId: principal,
    azureSpnRoleAssignmentId: assignment,
    azureSpnPermissions: JSON.stringify([
      { roleAssignmentId: assignment, resourceProvider: 'Microsoft.RoleAssignment', provisioned: true },
    ]),
  };
}

function trustEndpoint(
  endpoint: EndpointRecord,
  ids: EndpointIds,
  { directory, store }: Pick<SeedPlaces, 'directory' | 'store'>,
): void {
  const application = directory.get('application', ids.application);
  const audience = assertionAudience(textAt(endpoint.data, 'environment'));
  const credential = { ...federationOf(endpoint, store), id: ids.credential, name: endpoint.id, audience };
  if (application) addFederation(application, credential, directory);
}

/** Lets a user-assigned identity trust an endpoint, through a child resource of its own, and gives it a role. */
export function trustFromIdentity(
  endpoint: EndpointRecord,
  ids: EndpointIds,
  { role = 'contributor' }: AppTraits,
  { arm, store, startedAt, directory }: SeedPlaces,
): void {
  const identity = arm.resource(textAt(endpoint.data, 'resourceId') ?? '');
  const clientId = textAt(endpoint.authorization.parameters, 'serviceprincipalid') ?? '';
  const principalId = directory.findByKey('servicePrincipal', 'appId', clientId)?.id;
  if (!identity || principalId === undefined) return;
  const createdAt = startedAt - 20 * dayMs;
  const time = new Date(createdAt).toISOString();
  const name = `devops-${endpoint.id}`;
  arm.putResource({
    id: `${identity.id}/federatedIdentityCredentials/${name}`,
    name,
    type: `${identity.type}/federatedIdentityCredentials`,
    properties: { ...federationOf(endpoint, store), audiences: [assertionAudience(undefined)] },
    etag: `"${endpoint.id}"`,
    createdTime: time,
    changedTime: time,
  });
  if (role !== 'none') {
    assignRole({ name: ids.assignment, principalId, scope: scopeOf(endpoint), role, createdAt }, arm);
  }
}

/** Ids of an endpoint and of what stands behind it. */
export interface EndpointIds {
  readonly endpoint: string;
  readonly application: string;
  readonly principal: string;
  readonly appId: string;
  /** Key id of the app's secret. */
  readonly key: string;
  /** Role assignment. */
  readonly assignment: string;
  /** Federated credential. */
  readonly credential: string;
}

/** Ids of the seed: the same in every run. */
export function seededEndpointIds(index: number): EndpointIds {
  const idOf = (kind: string) => `5a11d0c5-7e4a-4c0d-8b0a-de${kind}${index.toString(16).padStart(8, '0')}`;
  return {
    endpoint: idOf('02'),
    application: idOf('03'),
    principal: idOf('04'),
    appId: idOf('05'),
    key: idOf('06'),
    assignment: idOf('08'),
    credential: idOf('07'),
  };
}

export function newEndpointIds(newId: () => string): EndpointIds {
  return {
    endpoint: newId(),
    application: newId(),
    principal: newId(),
    appId: newId(),
    key: newId(),
    assignment: newId(),
    credential: newId(),
  };
}
