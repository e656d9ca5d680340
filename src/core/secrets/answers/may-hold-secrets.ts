import { fileAddresses } from './graph-operations.ts';
import { cachedTest, isSecretName } from './secret-members.ts';
import { leadsToPlace } from './secret-places.ts';
import { mayHoldShapes } from './secret-shapes.ts';

/** Says, at a fraction of the cost of masking, that an answer holds nothing to mask. */
export interface SecretScent {
  /** `bytes` are the JSON that `body` was parsed from. */
  mayHoldSecrets(body: unknown, bytes: Buffer): boolean;
}

/** Members of an object whose names are predicted from the object before: items of a list have the same ones. */
const mostPredicted = 64;

/** For the answers of one API. What it learns about names makes the next answers faster. */
export function createSecretScent(api: string): SecretScent {
  const isTelling = cachedTest(
    (name) =>
      isSecretName(name) ||
      leadsToPlace(api, name) ||
      (api === 'graph' && (fileAddresses.has(name) || name === 'thumbnails')),
  );
  /** By depth: names in order that are known to tell nothing. */
  const predicted: string[][] = [];

  const smells = (value: object, depth: number): boolean =>
    Array.isArray(value) ? listSmells(value, depth) : objectSmells(value, depth);

  function listSmells(list: readonly unknown[], depth: number): boolean {
    for (const item of list) {
      if (typeof item === 'object' && item !== null && smells(item, depth + 1)) return true;
    }
    return false;
  }

  function objectSmells(value: object, depth: number): boolean {
    predicted[depth] ??= [];
    const names = predicted[depth];
    let at = 0;
    for (const name in value) {
      // Parsed from JSON: an object with members of its own alone.
      const member = (value as Record<string, unknown>)[name];
      if (name !== names[at]) {
        if (isTelling(name) && holdsText(member)) return true;
        if (at < mostPredicted && !isTelling(name)) names[at] = name;
      }
      at += 1;
      if (typeof member === 'object' && member !== null && smells(member, depth + 1)) return true;
    }
    return false;
  }

  return {
    mayHoldSecrets: (body, bytes) =>
      (typeof body === 'object' && body !== null && smells(body, 0)) ||
      typeof body === 'string' ||
      mayHoldShapes(bytes),
  };
}

/** `null` and the empty text say whether something is set, and nothing more. */
function holdsText(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : typeof value === 'object' && value !== null;
}
