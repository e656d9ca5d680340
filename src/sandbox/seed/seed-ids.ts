import { type EntityType, entityTypes } from '../base/entity-store.ts';
import { mix } from './hash.ts';

/** Seeded ids other than object ids, encoded the same way. */
const extraKinds = ['deviceId', 'keyId', 'immutableId', 'subscription', 'correlation', 'appId'] as const;
type ExtraKind = (typeof extraKinds)[number];

/** Encodes and decodes ids of seeded objects. */
export interface SeedIds {
  idOf(type: EntityType | ExtraKind, index: number): string;
  locate(id: string): { readonly type: EntityType; readonly index: number } | undefined;
  /** Index of an id of the given kind if it is below `size`; undefined for other ids. */
  indexOf(type: EntityType | ExtraKind, id: string, size?: number): number | undefined;
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
    indexOf(type, id, size = Number.POSITIVE_INFINITY) {
      const found = codec.decode(id);
      return found && found.kind === kindOf.get(type) && found.index < size ? found.index : undefined;
    },
  };
}

/** Object ids that encode a kind (0–255) and an index, masked with the seed. */
interface GuidCodec {
  encode(kind: number, index: number): string;
  /** The kind and index of an id of this seed; undefined for other GUIDs. */
  decode(guid: string): { readonly kind: number; readonly index: number } | undefined;
}

const shape = /^([0-9a-f]{8})-([0-9a-f]{4})-4([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{4})([0-9a-f]{8})$/;

/**
 * Version 4 GUIDs: 32 bits for the index and 16 for the kind, masked with 68 bits that depend on both and that `decode`
 * checks. This finds any of 200,000 ids without a table.
 */
function createGuidCodec(seed: number): GuidCodec {
  const check = (kind: number, index: number) => [mix(seed, kind, index), mix(index, seed, kind)] as const;
  const masks = (first: number, second: number) =>
    [mix(first, second, seed), mix(second, seed, first) & 0xffff] as const;
  const encode = (kind: number, index: number) => {
    const [first, second] = check(kind, index);
    const [indexMask, kindMask] = masks(first & 0xfff_fff, second);
    const middle = hex(first & 0xfff_fff, 6);
    return `${hex(index ^ indexMask, 8)}-${hex((first >>> 12) & 0xffff, 4)}-4${middle.slice(0, 3)}-8${middle.slice(3)}-${hex(kind ^ kindMask, 4)}${hex(second, 8)}`;
  };
  return {
    encode,
    decode(guid) {
      const parts = shape.exec(guid);
      if (!parts) return undefined;
      const [, indexPart = '', , third = '', fourth = '', kindPart = '', tail = ''] = parts;
      const [indexMask, kindMask] = masks(Number.parseInt(third + fourth, 16), Number.parseInt(tail, 16));
      const index = (Number.parseInt(indexPart, 16) ^ indexMask) >>> 0;
      const kind = Number.parseInt(kindPart, 16) ^ kindMask;
      return encode(kind, index) === guid ? { kind, index } : undefined;
    },
  };
}

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0');
}
