import type { ApiRequest } from '../../http/api-client.ts';
import { pathSegments } from './advanced/directory-path.ts';

/**
 * Objects that come from an on-premises directory: the cloud refuses to change what is kept there.
 * https://learn.microsoft.com/graph/api/user-update, https://learn.microsoft.com/graph/api/group-update
 */

/** The next step after such a refusal, and before it. */
export const synchronisedHint =
  'The object is synchronised from an on-premises directory: change it there. In the cloud a user takes usageLocation, otherMails, passwordPolicies, preferredDataLocation and the like; a group and its members take no change.';

/** What a synchronised user takes in the cloud, in lower case. Directory extensions are its own affair. */
const cloudProperties = new Set([
  'aboutme',
  'birthday',
  'customsecurityattributes',
  'employeehiredate',
  'employeeleavedatetime',
  'hiredate',
  'interests',
  'mysite',
  'othermails',
  'passwordpolicies',
  'pastprojects',
  'preferreddatalocation',
  'preferredname',
  'responsibilities',
  'schools',
  'skills',
  'usagelocation',
]);

/** A write that would be refused if its object is synchronised. */
export interface WriteToSynchronised {
  /** Address of the object that tells whether it is. */
  readonly object: string;
  /** The properties that stand in the way; for members and deletions, what is done. */
  readonly refused: readonly string[];
}

/** What of a write a synchronised user or group would refuse; undefined when it would take all of it. */
export function refusedIfSynchronised({
  method,
  path,
  body,
}: Pick<ApiRequest, 'method' | 'path' | 'body'>): WriteToSynchronised | undefined {
  const [set, id, navigation, ...rest] = pathSegments(path);
  if (id === undefined || (set !== 'users' && set !== 'groups')) return undefined;
  const object = ownerAddress(path);
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  if (object === undefined) return undefined;
  if (navigation === undefined) {
    if (method === 'DELETE') return set === 'groups' ? { object, refused: ['deletion'] } : undefined;
    const refused = set === 'groups' ? names : names.filter((name) => !isCloudProperty(name));
    return method === 'PATCH' && refused.length > 0 ? { object, refused } : undefined;
  }
  const isReference = set === 'groups' && ['members', 'owners'].includes(navigation) && rest.at(-1) === '$ref';
  return isReference ? { object, refused: [navigation] } : undefined;
}

function isCloudProperty(name: string): boolean {
  return cloudProperties.has(name.toLowerCase()) || name.startsWith('@') || /^extension_[0-9a-f]{32}_/i.test(name);
}

/** `/groups/{id}` of `/groups/{id}/members/$ref`, as written. */
function ownerAddress(path: string): string | undefined {
  const [bare = ''] = path.trim().split('?', 1);
  return /^(?:https?:\/\/[^/]+)?\/?(?:(?:v1\.0|beta)\/)?(?:users|groups)(?:\/[^/]+|\([^/]*\))/i.exec(bare)?.[0];
}
