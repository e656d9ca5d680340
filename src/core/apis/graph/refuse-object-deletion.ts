import { AppError } from '../../base/errors.ts';
import type { HttpMethod } from '../../http/api-client.ts';
import { pathSegments } from './advanced/directory-path.ts';

/** Directory objects that have references to other objects. */
const holders = new Set([
  'administrativeunits',
  'applications',
  'contacts',
  'devices',
  'directoryroles',
  'groups',
  'serviceprincipals',
  'users',
]);

/** References to many objects, and to a single one. */
const lists = new Set([
  'acceptedsenders',
  'createdobjects',
  'directreports',
  'memberof',
  'members',
  'ownedobjects',
  'owneddevices',
  'owners',
  'registereddevices',
  'registeredowners',
  'registeredusers',
  'rejectedsenders',
  'transitivememberof',
  'transitivemembers',
]);
const singles = new Set(['manager']);

/** Segments from the holder on: `/me/…` and `/directory/administrativeUnits/…` look like the others. */
function fromHolder(path: string): readonly string[] {
  // A cast (`/groups/{id}/microsoft.graph.group/members/…`) leads to the same object.
  const segments = pathSegments(path).filter((segment) => !segment.startsWith('microsoft.graph.'));
  if (segments[0] === 'me') return ['users', 'me', ...segments.slice(1)];
  return segments[0] === 'directory' && segments[1] === 'administrativeunits' ? segments.slice(1) : segments;
}

function deletesTheObject(path: string): boolean {
  const [holder = '', , relation = '', ...rest] = fromHolder(path);
  if (!holders.has(holder)) return false;
  const isReference = rest.at(-1) === '$ref';
  return !isReference && ((lists.has(relation) && rest.length > 0) || (singles.has(relation) && rest.length === 0));
}

/**
 * Refuses a DELETE through a reference without `/$ref`: it would delete the object that the reference points to. Throws
 * `refused` with the right form.
 * https://learn.microsoft.com/graph/api/group-delete-members
 */
export function refuseObjectDeletion(method: HttpMethod, path: string): void {
  if (method !== 'DELETE' || !deletesTheObject(path)) return;
  const bare = (path.split('?', 1)[0] ?? '')
    .replace(/^https?:\/\/[^/]+.*?\/(?:v1\.0|beta)(?=\/)/i, '')
    .replace(/\/+$/, '');
  throw new AppError('refused', `DELETE ${bare} would delete the object itself, not remove it from the list.`, {
    hint: `Use DELETE ${bare}/$ref; to delete the object for real, use its own path such as /users/{id}.`,
    instead: { api: 'graph', method: 'DELETE', path: `${bare}/$ref` },
  });
}
