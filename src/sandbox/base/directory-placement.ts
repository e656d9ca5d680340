import { throttleLimitNames } from '../graph/throttle/throttle-limits.ts';
import { ControlInputError } from './control-input.ts';
import { type Entity, type EntityStore, type EntityType, entityTypes, type Relation } from './entity-store.ts';
import { createPlacement, type Placement, type Placer } from './placement.ts';
import type { PlainObject } from './plain-object.ts';

/** Settings of the tenant, read through `placed`. */
const settings: Readonly<Record<string, readonly string[]>> = {
  throttleLimits: throttleLimitNames,
  tokenLifetime: ['expires_in', 'refresh_in'],
  replicationLag: ['seconds'],
  issuer: ['issuer', 'keys'],
  claimsChallenge: ['claims', 'client_id'],
  conditionalAccess: ['user', 'claims'],
};

export function createDirectoryPlacement(store: EntityStore, newId: () => string): Placement {
  const entities = entityTypes.map((type): readonly [string, Placer] => [
    type,
    (object) => placeEntity(store, type, object, newId),
  ]);
  const objects = { ...Object.fromEntries(entities), link: (object: PlainObject) => placeLink(store, object) };
  return createPlacement({ objects, settings });
}

function placeEntity(store: EntityStore, type: EntityType, object: PlainObject, newId: () => string): void {
  const id = object['id'] ?? newId();
  if (typeof id !== 'string' || id === '') throw new ControlInputError('object.id: must be a string.');
  const entity: Entity = { ...object, id };
  if (store.get(type, id)) {
    store.update(type, id, entity);
  } else {
    store.insert(type, entity);
  }
}

/** `{ relation: 'group.members', from, to }` */
function placeLink(store: EntityStore, { relation, from, to }: PlainObject): void {
  if (typeof relation !== 'string' || typeof from !== 'string' || typeof to !== 'string' || !isRelation(relation)) {
    throw new ControlInputError("object: a link is { relation: 'group.members', from: id, to: id }.");
  }
  store.link(relation, from, to);
}

function isRelation(text: string): text is Relation {
  return entityTypes.some((type) => text.startsWith(`${type}.`));
}
