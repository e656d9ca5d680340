import type { Relation } from '../../base/entity-store.ts';
import { forbidden } from '../graph-error.ts';
import type { GraphCallContext, ParsedGraphPath } from '../parsed-path.ts';
import { type ResolvedEntity, resolveEntity } from '../reads/resolve-entity.ts';

/**
 * The application or service principal that a path addresses. `Application.ReadWrite.OwnedBy` reaches only owned ones.
 */
export function addressedApp(parsed: ParsedGraphPath, { store, caller }: GraphCallContext): ResolvedEntity {
  const app = resolveEntity(parsed, store);
  const reachesAll = ['Application.ReadWrite.All', 'Directory.ReadWrite.All', 'Directory.AccessAsUser.All'];
  if (reachesAll.some((role) => caller.roles.includes(role))) return app;
  const relation: Relation = `${app.type}.owners`;
  if (!store.links(relation, app.entity.id).includes(caller.objectId)) throw forbidden();
  return app;
}
