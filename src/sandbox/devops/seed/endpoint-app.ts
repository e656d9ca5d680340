import type { ArmStore } from '../../arm/arm-store.ts';
import type { EntityStore } from '../../base/entity-store.ts';
import type { DevOpsStore, EndpointRecord } from '../devops-store.ts';
import { scopeOf } from '../endpoints/automatic-endpoint.ts';
import {
  addSecret,
  assignRole,
  automaticSecretDays,
  dataOfApp,
  dayMs,
  federate,
  makeApp,
} from '../endpoints/directory-app.ts';
import { isAutomatic } from '../endpoints/endpoint-input.ts';
import { assertionAudience, federationOf } from '../endpoints/federation.ts';
import { textAt, withTexts } from '../text-map.ts';

/** Where objects are created, and when: `startedAt` is the start of the sandbox clock in milliseconds. */
export interface SeedPlaces {
  readonly store: DevOpsStore;
  readonly directory: EntityStore;
  readonly arm: ArmStore;
  readonly startedAt: number;
}

interface AppTraits {
  readonly role?: 'contributor' | 'reader' | 'none' | undefined;
  /** Days until the secret expires; default 60. */
  readonly secretDays?: number | undefined;
}

const federation = 'WorkloadIdentityFederation';

/**
 * Creates the app, principal, credential, and role assignment of an endpoint without an app. Returns the completed
 * endpoint.
 */
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
  makeApp({ ...ids, displayName, createdAt, tenant: store.tenant }, directory);
  const made: EndpointRecord = {
    ...endpoint,
    authorization: { scheme, parameters: { ...parameters, serviceprincipalid: ids.appId } },
    data: withTexts(endpoint.data, isAutomatic(endpoint.data) ? dataOfApp(ids, ids.assignment) : {}),
  };
  if (role !== 'none') {
    assignRole({ name: ids.assignment, principalId: ids.principalId, scope: scopeOf(made), role, createdAt }, arm);
  }
  if (scheme === federation) federate(made, () => ids.credential, { directory, store });
  const deadline = Date.parse(textAt(endpoint.data, 'revertSchemeDeadline') ?? '');
  const isRevertible = scheme === federation && deadline > startedAt;
  const wantsKey = scheme === 'ServicePrincipal' && textAt(parameters, 'authenticationType') !== 'spnCertificate';
  if (!isRevertible && !wantsKey) return made;
  const endsAt = startedAt + secretDays * dayMs;
  const serviceprincipalkey = addSecret(ids.objectId, { keyId: ids.key, startsAt: createdAt, endsAt }, directory);
  const withKey = {
    scheme: 'ServicePrincipal',
    parameters: withTexts({ authenticationType: 'spnKey', serviceprincipalkey }, made.authorization.parameters),
  };
  return isRevertible ? { ...made, previous: withKey } : { ...made, authorization: withKey };
}

/** Makes a user-assigned identity trust an endpoint, through a child resource, and assigns it a role. */
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

/** Ids of an endpoint and of the objects behind it. */
export interface EndpointIds {
  readonly endpoint: string;
  readonly objectId: string;
  readonly principalId: string;
  readonly appId: string;
  /** Key id of the app's secret. */
  readonly key: string;
  /** Role assignment. */
  readonly assignment: string;
  /** Federated credential. */
  readonly credential: string;
}

/** Seeded ids, the same in every run. */
export function seededEndpointIds(index: number): EndpointIds {
  const idOf = (kind: string) => `5a11d0c5-7e4a-4c0d-8b0a-de${kind}${index.toString(16).padStart(8, '0')}`;
  return {
    endpoint: idOf('02'),
    objectId: idOf('03'),
    principalId: idOf('04'),
    appId: idOf('05'),
    key: idOf('06'),
    assignment: idOf('08'),
    credential: idOf('07'),
  };
}

export function newEndpointIds(newId: () => string): EndpointIds {
  return {
    endpoint: newId(),
    objectId: newId(),
    principalId: newId(),
    appId: newId(),
    key: newId(),
    assignment: newId(),
    credential: newId(),
  };
}
