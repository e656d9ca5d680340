import type { ConnectionRecord } from '../record/connection.ts';
import type { NamedSecret, SecretPlace, SecretUse } from '../storage/storage.ts';
import type { WantedExport, WantedUse } from './named-secrets.ts';

/** What a secret of the configuration or of a person may be used for. */
export interface Bounds {
  readonly use: readonly SecretUse[];
  readonly to: readonly SecretPlace[];
  readonly cloud: string;
}

/** Why a use is not one of those that the secret is for; undefined where it is. `isFree` tells clouds that may see all. */
export function outOfBounds(
  { use, to, cloud }: Bounds,
  wanted: WantedUse,
  isFree: (cloud: string) => boolean,
): string | undefined {
  if (!use.includes(wanted.kind)) return `its use does not include ${wanted.kind}`;
  const wantedCloud = cloudOf(wanted);
  if (cloud !== wantedCloud && !isFree(wantedCloud)) return `it is for the cloud ${cloud}`;
  return wanted.kind === 'sign_in' ? undefined : outOfPlaces(to, wanted);
}

function cloudOf(wanted: WantedUse): string {
  return wanted.kind === 'sign_in' ? wanted.cloud : wanted.connection.cloud;
}

function outOfPlaces(to: readonly SecretPlace[], { holder, alias, targets }: WantedExport): string | undefined {
  const held = to.filter((place) =>
    [holder, alias].some((one) => one !== undefined && isSameHolder(place.holder, one)),
  );
  if (held.length === 0) return 'no place in to has this holder';
  if (targets === undefined) return undefined;
  if (targets.length === 0) {
    return held.some(({ target }) => target === undefined)
      ? undefined
      : 'the place in to has a target, and this has none';
  }
  const isBound = (target: string) =>
    held.some((place) => place.target !== undefined && isSameHost(place.target, target));
  return targets.every(isBound) ? undefined : 'no place in to has this holder and this target';
}

/** A kept secret signs in as the app that it belongs to, and is handed on within its tenant. */
export function isAtHome({ cloud, origin }: NamedSecret, wanted: WantedUse): boolean {
  if (origin === undefined || cloudOf(wanted) !== cloud) return false;
  if (wanted.kind === 'sign_in') {
    return isSameId(origin.tenantId, wanted.tenantId) && isSameId(origin.appId, wanted.clientId);
  }
  const { id, identity }: ConnectionRecord = wanted.connection;
  // The tenant of a connection can change, and some name none.
  return origin.tenantId === undefined
    ? identity.tenant_id === undefined && id === origin.connectionId
    : isSameId(origin.tenantId, identity.tenant_id);
}

function isSameId(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && lower(one) === lower(other);
}

/** ARM ids, and names in Azure DevOps, are compared without regard to case, encoding and slashes at the ends. */
function isSameHolder(one: string, other: string): boolean {
  return holderKey(one) === holderKey(other);
}

function holderKey(holder: string): string {
  return lower(decoded(holder.trim())).replace(/^\/+|\/+$/g, '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Letters of ASCII alone: others have look-alikes that become the same in lower case. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Two addresses with the same scheme, host and port. What is no address must be the same text. */
function isSameHost(one: string, other: string): boolean {
  const [a, b] = [hostKey(one), hostKey(other)];
  return a !== undefined && a === b;
}

/**
 * Undefined for what parsers read in different ways: the service that sends the secret later must not find another host
 * in the address than we do.
 */
function hostKey(address: string): string | undefined {
  const text = address.trim();
  if (!/^[!-~]+$/.test(text) || text.includes('\\')) return undefined;
  const isHost = /^[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+(?::\d+)?(?:[/?#]|$)/i.test(text);
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (!isHost && !hasScheme) return `text ${text}`;
  const url = URL.parse(hasScheme ? text : `https://${text}`);
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(url?.href ?? '')?.[1] ?? '';
  if (url === null || authority === '' || /[@%]/.test(authority) || text.split(/[/?#]/)[2]?.includes('@')) {
    return undefined;
  }
  return `${url.protocol}//${lower(url.host).replace(/\.(?=:|$)/, '')}`;
}
