import type { GraphOperation } from './operation-tree.ts';
import type { TypeTable } from './type-table.ts';
import { walkPath } from './walk-path.ts';

/**
 * The path that is sent: the permission data leaves out that objects which live elsewhere are only referred to. Without `/$ref`,
 * `DELETE /groups/{id}/members/{id}` deletes the member itself. https://learn.microsoft.com/graph/api/group-delete-members
 */
export function callPath({ method, path }: Pick<GraphOperation, 'method' | 'path'>, types: TypeTable): string {
  if (method === 'GET' || method === 'PATCH') return path;
  const walk = walkPath(types, path);
  if (!walk.isKnown || walk.navigation === undefined || !['navigation', 'key'].includes(walk.end)) return path;
  const { isContained, type } = walk.navigation;
  const isReference = !isContained && types.withBases(type).some(({ name }) => name === 'directoryObject');
  return isReference ? `${path}/$ref` : path;
}
