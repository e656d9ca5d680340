import type { Clock } from '../../core/base/clock.ts';

/** An object of the emulated tenant, as the service would return it with every property. */
export interface Entity {
  readonly id: string;
  readonly [property: string]: unknown;
}

export const entityTypes = [
  'user',
  'group',
  'device',
  'application',
  'servicePrincipal',
  'federatedIdentityCredential',
  'appRoleAssignment',
  'oAuth2PermissionGrant',
  'directoryRole',
  'administrativeUnit',
  'orgContact',
  'subscribedSku',
  'organization',
  'domain',
  'invitation',
  'signIn',
  'directoryAudit',
  'mailFolder',
  'message',
] as const;
export type EntityType = (typeof entityTypes)[number];

/** What happened to an object, in order; delta queries read it. */
export interface EntityChange {
  readonly sequence: number;
  readonly type: EntityType;
  readonly id: string;
  readonly kind: 'created' | 'updated' | 'softDeleted' | 'restored' | 'deleted' | 'linked' | 'unlinked';
  /** Properties that an update touched, or the relation that a link belongs to. */
  readonly properties: readonly string[];
  /** The other end of a link. */
  readonly target?: string;
}

export interface DeletedEntity {
  readonly type: EntityType;
  readonly entity: Entity;
  /** Milliseconds by the sandbox clock. */
  readonly deletedAt: number;
}

/** `group.members` and the like: the type that holds the navigation property, and its name. */
export type Relation = `${EntityType}.${string}`;

/**
 * The tenant's objects: a lazily generated base (the seed) with the changes of this run on top. Looking an object up
 * by id or key costs the same for 240 and for 200,000 users.
 */
export interface EntityStore {
  get(type: EntityType, id: string): Entity | undefined;
  /** By alternate key, ignoring case where the service does: userPrincipalName, appId, deviceId, uniqueName, … */
  findByKey(type: EntityType, property: string, value: string): Entity | undefined;
  /** The type of an object of the directory whose type is not known (`/directoryObjects/{id}`). */
  typeOf(id: string): EntityType | undefined;
  /** Objects in a stable order, beginning at position `from`; positions of removed objects are skipped. */
  scan(type: EntityType, from?: number): Iterable<{ readonly position: number; readonly entity: Entity }>;
  count(type: EntityType): number;
  insert(type: EntityType, entity: Entity): void;
  /** Merges the properties into the object and notes the change. */
  update(type: EntityType, id: string, properties: Readonly<Record<string, unknown>>): Entity;
  softDelete(type: EntityType, id: string): void;
  /** Removes for good, from the live objects or from the deleted items. */
  purge(type: EntityType, id: string): void;
  restore(id: string): Entity | undefined;
  deletedItems(type?: EntityType): readonly DeletedEntity[];
  /** Ids at the other end, in the order they were linked. */
  links(relation: Relation, id: string): readonly string[];
  /** Ids that link to `id` by this relation (memberOf from group.members). */
  backlinks(relation: Relation, id: string): readonly string[];
  link(relation: Relation, from: string, to: string): void;
  unlink(relation: Relation, from: string, to: string): boolean;
  /** Changes after `sequence`, oldest first. */
  changes(type: EntityType, sequence: number): readonly EntityChange[];
  /** Sequence number of the newest change; 0 right after the seed. */
  readonly sequence: number;
  reset(): void;
}

/** Objects at the other end of a relation, in the order they were linked. */
export function linkedEntities(
  store: Pick<EntityStore, 'get' | 'links'>,
  relation: Relation,
  id: string,
  type: EntityType,
): readonly Entity[] {
  return store.links(relation, id).flatMap((linked) => store.get(type, linked) ?? []);
}

/**
 * Whether an object has reached every replica. Off by default; `placeObject('graph', 'replicationLag', { seconds })`
 * makes new objects unknown to reads, references and sign-ins for that long, as the real directory does.
 */
export function isReplicated(entity: Entity, { placed, clock }: ReplicationContext): boolean {
  const lagSeconds = Number(placed('replicationLag').at(-1)?.['seconds'] ?? 0);
  if (!(lagSeconds > 0)) return true;
  const created = Date.parse(String(entity['createdDateTime'] ?? ''));
  return Number.isNaN(created) || clock.now() >= created + lagSeconds * 1000;
}

interface ReplicationContext {
  readonly clock: Clock;
  placed(type: string): readonly Readonly<Record<string, unknown>>[];
}
