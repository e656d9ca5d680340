import { Secret } from '../secrets/secret.ts';
import type { CheckedProperties } from './check-properties.ts';

/**
 * Addresses that the parent of a connection may send its secrets to: the target, and every other address among its
 * properties, such as `authUrl` of OAuth2 or an endpoint in `metadata`.
 */
export function destinationsOf({ others, credentials = new Map() }: CheckedProperties): readonly string[] {
  const { target, ...rest } = others;
  const texts = [rest, ...[...credentials.values()].map((one) => ('value' in one ? one.value : undefined))].flatMap(
    textsOf,
  );
  const addresses = texts.filter((text) => text.includes('://') || /^\s*(?:https?:|[\\/]{2})/i.test(text));
  return [...new Set([...(typeof target === 'string' ? [target] : []), ...addresses])];
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Secret) return [];
  return Object.values(value).flatMap(textsOf);
}
