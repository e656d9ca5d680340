import { type Entity, type EntityStore, type EntityType, entityTypes, type Relation } from '../entity-store.ts';
import { throttleLimitNames } from '../throttle/throttle-limits.ts';
import { ControlInputError } from './control-input.ts';

type PlainObject = Readonly<Record<string, unknown>>;

/** What `placeObject` takes besides entities, with the names in it: behaviour of the tenant, read through `placed`. */
const settings: Readonly<Record<string, readonly string[]>> = {
  throttleLimits: throttleLimitNames,
  tokenLifetime: ['expires_in', 'refresh_in'],
  replicationLag: ['seconds'],
  issuer: ['issuer', 'keys'],
  claimsChallenge: ['claims', 'client_id'],
};

/** Objects that were placed and are no entities. */
export interface PlacedObjects {
  place(service: 'graph' | 'arm' | 'devops', type: string, object: PlainObject): void;
  of(type: string): readonly PlainObject[];
  clear(): void;
}

interface PlacedObjectsOptions {
  readonly store: EntityStore;
  /** Takes what is placed for Azure Resource Manager. */
  readonly arm: { place(type: string, object: PlainObject): void };
  /** The same for Azure DevOps. */
  readonly devops: { place(type: string, object: PlainObject): void };
  newId(): string;
}

export function createPlacedObjects({ store, arm, devops, newId }: PlacedObjectsOptions): PlacedObjects {
  let placed: { readonly type: string; readonly object: PlainObject }[] = [];
  return {
    place(service, type, object) {
      if (service === 'arm') arm.place(type, object);
      else if (service === 'devops') devops.place(type, object);
      else if (isEntityType(type)) placeEntity(store, type, object, newId);
      else if (type === 'link') placeLink(store, object);
      else if (settings[type]) placed.push({ type, object: checkedSetting(type, object, settings[type]) });
      else {
        const valid = [...entityTypes, 'link', ...Object.keys(settings)].join(', ');
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

function checkedSetting(type: string, object: PlainObject, names: readonly string[]): PlainObject {
  const unknown = Object.keys(object).find((name) => !names.includes(name));
  if (unknown === undefined) return object;
  throw new ControlInputError(`object.${unknown}: not known in ${type}. Valid: ${names.join(', ')}.`);
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
