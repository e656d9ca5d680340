import { type EntityType, entityTypes } from '../entity-store.ts';
import { createGuidCodec } from './guid-codec.ts';

/** Ids of the seed beside object ids: what they belong to is coded the same way. */
const extraKinds = ['deviceId', 'keyId', 'immutableId', 'subscription', 'correlation', 'appId'] as const;
type ExtraKind = (typeof extraKinds)[number];

/** Makes and reads the ids of seeded objects. */
export interface SeedIds {
  idOf(type: EntityType | ExtraKind, index: number): string;
  locate(id: string): { readonly type: EntityType; readonly index: number } | undefined;
  /** Index behind an id of the given kind; undefined for every other id. */
  indexOf(type: EntityType | ExtraKind, id: string): number | undefined;
}

export function createSeedIds(seed: number): SeedIds {
  const codec = createGuidCodec(seed);
  const kinds: readonly (EntityType | ExtraKind)[] = [...entityTypes, ...extraKinds];
  const kindOf = new Map(kinds.map((type, kind) => [type, kind]));
  return {
    idOf: (type, index) => codec.encode(kindOf.get(type) ?? 0, index),
    locate(id) {
      const found = codec.decode(id);
      const type = found && entityTypes[found.kind];
      return type && { type, index: found.index };
    },
    indexOf(type, id) {
      const found = codec.decode(id);
      return found && found.kind === kindOf.get(type) ? found.index : undefined;
    },
  };
}
