import { Secret } from '../secrets/secret.ts';
import type { CheckedProperties } from './check-properties.ts';

/** Members that name a place, if need be without a scheme: `Endpoint: evil.example`. */
const placeName = /(?:endpoint|host|hostname|server|ur[il]|address|domain|suffix|(?<!data)base|proxy)$/i;

/**
 * Addresses that the parent of a connection may send its secrets to: the target, and every other address among its
 * properties, such as `authUrl` of OAuth2 or an endpoint in `metadata`.
 */
export function destinationsOf({ others, credentials = new Map() }: CheckedProperties): readonly string[] {
  const { target, ...rest } = others;
  const own = typeof target === 'string' ? target : '';
  const texts = textsOf('', [
    rest,
    ...[...credentials.values()].map((one) => ('value' in one ? one.value : undefined)),
  ]);
  const addresses = texts.filter(
    ([name, text]) =>
      text.includes('://') ||
      /^\s*(?:https?:|[\\/]{2})/i.test(text) ||
      (placeName.test(name) && text.trim() !== '' && !isPartOf(text, own)),
  );
  return [...new Set([...(typeof target === 'string' ? [target] : []), ...addresses.map(([, text]) => text)])];
}

/** Whether a text is the host of the target, or the end of it: `core.windows.net`. */
function isPartOf(text: string, target: string): boolean {
  const host = URL.parse(target)?.hostname ?? target;
  const end = text.trim().toLowerCase().replace(/^\./, '');
  return host.toLowerCase() === end || (end.includes('.') && host.toLowerCase().endsWith(`.${end}`));
}

/** Texts with the names of their members. */
function textsOf(name: string, value: unknown): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[name, value]];
  if (typeof value !== 'object' || value === null || value instanceof Secret) return [];
  return Object.entries(value).flatMap(([key, child]) => textsOf(Array.isArray(value) ? name : key, child));
}
