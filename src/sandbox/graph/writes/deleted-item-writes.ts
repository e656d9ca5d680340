import type { DeletedEntity } from '../../entity-store.ts';
import { requestBadRequest, resourceNotFound } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { reclaimLicences } from './licensing/seats.ts';
import { nameInUse } from './service-principal-writes.ts';
import type { GraphRoutes } from './write-handler.ts';
import { conflictingValue, entityBody, isObject, noContent, readBody } from './write-input.ts';

const keptMs = 30 * 86_400_000;

const restore: GraphHandler = async (parsed, request, context) => {
  const item = findDeleted(parsed.keys[0]?.value ?? '', context);
  const body = readBody(request, true);
  checkConflicts(item, isObject(body) && body['autoReconcileProxyConflict'] === true, context);
  const entity = context.store.restore(item.entity.id);
  if (!entity) throw resourceNotFound(item.entity.id);
  if (item.type === 'user') reclaimLicences(entity, context);
  const typed = { '@odata.type': `#microsoft.graph.${item.type}` };
  return { status: 200, body: { ...typed, ...entityBody(item.type, entity, parsed, request) } };
};

/** Source: "Restore deleted directory object item", "Permanently delete item". */
export const deletedItemRoutes: GraphRoutes = {
  'POST /directory/deletedItems/{id}/restore': restore,
  'POST /directoryObjects/{id}/restore': restore,
  'DELETE /directory/deletedItems/{id}': async (parsed, _request, context) => {
    const { type, entity } = findDeleted(parsed.keys[0]?.value ?? '', context);
    context.store.purge(type, entity.id);
    return noContent;
  },
};

/** Deleted things are kept for thirty days. */
function findDeleted(id: string, { store, clock }: GraphCallContext): DeletedEntity {
  const item = store.deletedItems().find(({ entity }) => entity.id === id.toLowerCase());
  if (!item || clock.now() > item.deletedAt + keptMs) throw resourceNotFound(id);
  return item;
}

/** What the object was known by may belong to another one in the meantime. */
function checkConflicts({ type, entity }: DeletedEntity, reconcileProxies: boolean, { store }: GraphCallContext): void {
  const isTaken = (property: string) => {
    const value = entity[property];
    return typeof value === 'string' && store.findByKey(type, property, value) !== undefined;
  };
  if (type === 'user') {
    if (isTaken('userPrincipalName')) throw conflictingValue('userPrincipalName');
    if (isTaken('mail') && !reconcileProxies) throw conflictingValue('proxyAddresses');
  }
  if (type === 'group' && isTaken('mailNickname')) throw conflictingValue('mailNickname');
  if (type === 'application' && isTaken('uniqueName')) throw conflictingValue('uniqueName');
  if (type === 'servicePrincipal') {
    const appId = String(entity['appId']);
    if (isTaken('appId')) throw nameInUse(appId);
    if (!store.findByKey('application', 'appId', appId)) {
      throw requestBadRequest(`The application '${appId}' has to be restored before its service principal.`);
    }
  }
}
