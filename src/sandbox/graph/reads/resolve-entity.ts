import { isGuid } from '../../../core/base/guid.ts';
import { type Entity, type EntityStore, type EntityType, entityTypes } from '../../base/entity-store.ts';
import { meOfApp, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import { setOfType } from '../model/navigation.ts';
import type { GraphCaller, ParsedGraphPath, PathKey } from '../parsed-path.ts';

export interface ResolvedEntity {
  readonly type: EntityType;
  readonly entity: Entity;
}

const typeOfSet: ReadonlyMap<string, string> = new Map([...setOfType].map(([type, set]) => [set, type]));

/** Types whose ids are not GUIDs. */
const freeIds: readonly EntityType[] = ['domain', 'subscribedSku', 'oAuth2PermissionGrant', 'directoryAudit', 'signIn'];

/**
 * The object that the first key of a path addresses. Throws 404 if it does not exist, and 400 for an invalid id: text
 * that is not a GUID is a principal name for users, and invalid elsewhere.
 */
export function resolveEntity(
  { names, keys: [key = { value: '' }] }: Pick<ParsedGraphPath, 'names' | 'keys'>,
  store: EntityStore,
): ResolvedEntity {
  const [first = '', second] = names;
  const set = first === 'directory' || first === 'auditLogs' ? `${first}/${second}` : first;
  const type = typeOfSet.get(set) ?? '';
  if (type === 'directoryObject') return resolveDirectoryObject(key, store);
  if (!isEntityType(type)) throw resourceNotFound(key.value);
  const entity = key.property ? store.findByKey(type, key.property, key.value) : findById(type, key.value, store);
  if (!entity) throw resourceNotFound(key.value);
  return { type, entity };
}

function resolveDirectoryObject({ value }: PathKey, store: EntityStore): ResolvedEntity {
  if (!isGuid(value)) throw invalidId(value);
  const found = findObject(value, store);
  if (!found) throw resourceNotFound(value);
  return found;
}

function findById(type: EntityType, id: string, store: EntityStore): Entity | undefined {
  if (type === 'user') return findUser(id, store);
  if (!isGuid(id) && !freeIds.includes(type)) throw invalidId(id);
  return store.get(type, id);
}

/** Finds a user by id or user principal name. */
export function findUser(name: string, store: EntityStore): Entity | undefined {
  return store.get('user', name) ?? store.findByKey('user', 'userPrincipalName', name);
}

/** Finds a directory object of any type. */
export function findObject(id: string, store: EntityStore): ResolvedEntity | undefined {
  const type = store.typeOf(id);
  const entity = type && store.get(type, id);
  return type && entity && { type, entity };
}

/** The path with `/me` replaced by the signed-in user; apps are refused. */
export function resolveMe(parsed: ParsedGraphPath, caller: GraphCaller): ParsedGraphPath {
  if (parsed.names[0] !== 'me') return parsed;
  if (caller.isApp) throw meOfApp();
  return { ...parsed, names: ['users', ...parsed.names.slice(1)], keys: [{ value: caller.objectId }, ...parsed.keys] };
}

export function isEntityType(type: string): type is EntityType {
  return entityTypes.some((name) => name === type);
}

export function invalidId(id: string) {
  return requestBadRequest(`Invalid object identifier '${id}'.`);
}
