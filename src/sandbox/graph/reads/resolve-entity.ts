import type { Entity, EntityStore, EntityType } from '../../entity-store.ts';
import { requestBadRequest, resourceNotFound } from '../graph-error.ts';
import type { PathKey } from '../parsed-path.ts';

export interface ResolvedEntity {
  readonly type: EntityType;
  readonly entity: Entity;
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isGuid(text: string): boolean {
  return guid.test(text);
}

/** Type of the objects of an entity set, by the set's name. */
const typeOfSet: Readonly<Record<string, EntityType>> = {
  administrativeUnits: 'administrativeUnit',
  applications: 'application',
  contacts: 'orgContact',
  devices: 'device',
  directoryAudits: 'directoryAudit',
  directoryRoles: 'directoryRole',
  domains: 'domain',
  groups: 'group',
  oauth2PermissionGrants: 'oAuth2PermissionGrant',
  organization: 'organization',
  servicePrincipals: 'servicePrincipal',
  signIns: 'signIn',
  subscribedSkus: 'subscribedSku',
  users: 'user',
};

/** Types whose ids are not GUIDs. */
const freeIds: readonly EntityType[] = ['domain', 'subscribedSku', 'oAuth2PermissionGrant', 'directoryAudit', 'signIn'];

/**
 * The object that the first key of a path addresses. Throws 404 when there is none, and 400 for an id that cannot be
 * one: a text that is no GUID is taken for a user's principal name, elsewhere it is invalid.
 */
export function resolveEntity(names: readonly string[], key: PathKey, store: EntityStore): ResolvedEntity {
  const set = names[0] === 'directory' || names[0] === 'auditLogs' ? names[1] : names[0];
  if (set === 'directoryObjects') return resolveDirectoryObject(key, store);
  const type = typeOfSet[set ?? ''];
  if (!type) throw resourceNotFound(key.value);
  const entity = key.property ? store.findByKey(type, key.property, key.value) : findById(type, key.value, store);
  if (!entity) throw resourceNotFound(key.value);
  return { type, entity };
}

function resolveDirectoryObject(key: PathKey, store: EntityStore): ResolvedEntity {
  if (!isGuid(key.value)) throw invalidId(key.value);
  const type = store.typeOf(key.value);
  const entity = type && store.get(type, key.value);
  if (!type || !entity) throw resourceNotFound(key.value);
  return { type, entity };
}

function findById(type: EntityType, id: string, store: EntityStore): Entity | undefined {
  if (isGuid(id) || freeIds.includes(type)) return store.get(type, id);
  if (type === 'user') return store.findByKey('user', 'userPrincipalName', id);
  throw invalidId(id);
}

function invalidId(id: string) {
  return requestBadRequest(`Invalid object identifier '${id}'.`);
}
