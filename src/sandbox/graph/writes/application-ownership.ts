import type { Entity, Relation } from '../../entity-store.ts';
import { GraphError } from '../graph-error.ts';
import type { GraphCallContext } from '../parsed-path.ts';

/** `Application.ReadWrite.OwnedBy` reaches only apps that the caller owns. */
export function checkOwnsApplication(
  type: 'application' | 'servicePrincipal',
  entity: Entity,
  { store, caller }: GraphCallContext,
): void {
  const reachesAll = ['Application.ReadWrite.All', 'Directory.ReadWrite.All', 'Directory.AccessAsUser.All'];
  if (reachesAll.some((role) => caller.roles.includes(role))) return;
  const relation: Relation = `${type}.owners`;
  if (!store.links(relation, entity.id).includes(caller.objectId)) {
    throw new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
}
