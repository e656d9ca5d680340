import { type Entity, type EntityStore, type EntityType, entityTypes, type Relation } from '../entity-store.ts';
import { ControlInputError } from './control-input.ts';

type PlainObject = Readonly<Record<string, unknown>>;

/** What `placeObject` takes besides entities: behaviour of the tenant, read by the services through `placed`. */
const settingTypes = ['throttleLimits', 'tokenLifetime', 'replicationLag', 'issuer', 'claimsChallenge'] as const;

/** Objects that were placed and are no entities. */
export interface PlacedObjects {
  place(service: 'graph' | 'arm' | 'devops', type: string, object: PlainObject): void;
  of(type: string): readonly PlainObject[];
  clear(): void;
}

export function createPlacedObjects(store: EntityStore, newId: () => string): PlacedObjects {
  let placed: { readonly type: string; readonly object: PlainObject }[] = [];
  return {
    place(service, type, object) {
      if (service !== 'graph') {
        throw new ControlInputError(`The sandbox holds no objects of ${service} yet. Valid services: graph.`);
      }
      if (isEntityType(type)) placeEntity(store, type, object, newId);
      else if (type === 'link') placeLink(store, object);
      else if (settingTypes.some((name) => name === type)) placed.push({ type, object });
      else {
        const valid = [...entityTypes, 'link', ...settingTypes].join(', ');
        throw new ControlInputError(`type: '${type}' is not known. Valid: ${valid}.`);
      }
    },
    of: (type) => placed.filter((entry) => entry.type === type).map((entry) => entry.object),
    clear() {
      placed = [];
    },
  };
}

function placeEntity(store: EntityStore, type: EntityType, object: PlainObject, newId: () => string): void {
  const id = object['id'] ?? newId();
  if (typeof id !== 'string' || id === '') throw new ControlInputError('object.id: must be a string.');
  const entity: Entity = { ...object, id };
  if (store.get(type, id)) store.update(type, id, entity);
  else store.insert(type, entity);
}

/** `{ relation: 'group.members', from, to }` */
function placeLink(store: EntityStore, { relation, from, to }: PlainObject): void {
  if (typeof relation !== 'string' || typeof from !== 'string' || typeof to !== 'string' || !isRelation(relation)) {
    throw new ControlInputError("object: a link is { relation: 'group.members', from: id, to: id }.");
  }
  store.link(relation, from, to);
}

function isEntityType(type: string): type is EntityType {
  return entityTypes.some((name) => name === type);
}

function isRelation(text: string): text is Relation {
  return isEntityType(text.split('.', 1)[0] ?? '') && text.includes('.');
}
