import { createHash } from 'node:crypto';

/** GUIDs that are the same in every run with the same seed. */
export interface IdSource {
  next(): string;
  reset(): void;
}

export function createIdSource(seed: number, purpose: string): IdSource {
  let count = 0;
  return {
    next() {
      count += 1;
      return guidOf(`${seed}/${purpose}/${count}`);
    },
    reset() {
      count = 0;
    },
  };
}

/** A GUID of version 4 shape made from a text: the same in every run. */
export function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
