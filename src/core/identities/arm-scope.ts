import { invalidArgument } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { isPlainLine } from '../base/plain-text.ts';

const forms =
  'Use /subscriptions/{id}, optionally with /resourceGroups/{name} and a resource below it, or /providers/Microsoft.Management/managementGroups/{id}.';

/**
 * The path of an ARM scope, encoded for use in an address. Throws `invalid_argument` on anything that is no
 * subscription, group, resource or management group.
 */
export function scopePath(scope: string): string {
  if (!isScope(scope)) {
    throw invalidArgument(`The scope ${shown(scope)} is not one that a role can be assigned at.`, forms);
  }
  return `/${segmentsOf(scope).map(encodeURIComponent).join('/')}`;
}

/** Whether a text is the path of a subscription, group, resource or management group. */
export function isScope(scope: string): boolean {
  const segments = segmentsOf(scope);
  const isPlain =
    scope.startsWith('/') &&
    scope.length <= 2_000 &&
    isPlainLine(scope) &&
    segments.every((segment) => /^[^?#%\\]{1,260}$/.test(segment) && !/^\.+$/.test(segment));
  return isPlain && (isManagementGroup(segments) || isBelowSubscription(segments));
}

function segmentsOf(scope: string): readonly string[] {
  return scope.replace(/\/$/, '').split('/').slice(1);
}

function isManagementGroup(segments: readonly string[]): boolean {
  const [providers, namespace, type, id] = segments;
  return (
    segments.length === 4 &&
    providers?.toLowerCase() === 'providers' &&
    namespace?.toLowerCase() === 'microsoft.management' &&
    type?.toLowerCase() === 'managementgroups' &&
    /^[\w().-]{1,90}$/.test(id ?? '')
  );
}

function isBelowSubscription([subscriptions, id = '', ...rest]: readonly string[]): boolean {
  if (subscriptions?.toLowerCase() !== 'subscriptions' || !isGuid(id)) return false;
  const isInGroup = rest[0]?.toLowerCase() === 'resourcegroups' && rest[1] !== undefined;
  const below = isInGroup ? rest.slice(2) : rest;
  if (below.length === 0) return rest.length === 0 || isInGroup;
  // providers/{namespace}, then pairs of type and name.
  return below[0]?.toLowerCase() === 'providers' && below.length >= 4 && below.length % 2 === 0;
}

function shown(scope: string): string {
  return JSON.stringify(scope.replace(/[^\x20-\x7e]/g, '?').slice(0, 200));
}

const identityPath =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourcegroups\/[^/]+\/providers\/microsoft\.managedidentity\/userassignedidentities\/[^/]+$/i;

/** The path of a user-assigned managed identity, encoded; throws `invalid_argument` when the id is of something else. */
export function managedIdentityPath(resourceId: string): string {
  if (!identityPath.test(resourceId)) {
    throw invalidArgument(
      `${shown(resourceId)} is not the id of a user-assigned managed identity.`,
      'Use /subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}.',
    );
  }
  return scopePath(resourceId);
}
