import type { DeletedEntity, Entity, EntityType } from '../../base/entity-store.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { requestBadRequest, resourceNotFound, syncedObject } from '../graph-error.ts';
import { readBody } from '../json-body.ts';
import { setOfType } from '../model/navigation.ts';
import { parseGraphPath } from '../parse-path.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { checkPermission } from '../permissions.ts';
import { findObject, resolveEntity } from '../reads/resolve-entity.ts';
import { hasGroupType } from './group-rules.ts';
import { reclaimLicences, releaseLicences } from './licensing/assignments.ts';
import { conflictingValue, entityBody, isTaken, nameInUse, noContent } from './write-input.ts';
import type { GraphRoutes } from './write-routes.ts';

/** `DELETE /{set}/{id}` */
export const deleteAddressed: GraphHandler = async (parsed, _request, context) => {
  const { type, entity } = resolveEntity(parsed, context.store);
  return deleteObject(type, entity, context);
};

/** Types of members that can be deleted this way. */
const deletable: readonly EntityType[] = ['user', 'group', 'device', 'application', 'servicePrincipal'];

/**
 * `DELETE …/members/{id}` without `/$ref` does not remove the membership: it deletes the member itself, if the caller
 * is allowed to. Source: "Remove member", "Delete registeredOwner" (the warnings there).
 */
export const deleteThroughRelation: GraphHandler = async ({ keys: [, target] }, _request, context) => {
  const found = target && findObject(target.value, context.store);
  if (!found || !deletable.includes(found.type)) throw resourceNotFound(target?.value ?? '');
  const { type, entity } = found;
  checkPermission(parseGraphPath(`/v1.0/${setOfType.get(type)}/${entity.id}`, ''), 'DELETE', context);
  return deleteObject(type, entity, context);
};

const restorable: readonly EntityType[] = ['user', 'application', 'servicePrincipal', 'administrativeUnit'];

/**
 * Deletes an object according to its type: users, Microsoft 365 groups, applications, service principals, and
 * administrative units can be restored for thirty days; everything else is permanently deleted. Source: "deletedItem
 * resource type".
 */
function deleteObject(type: EntityType, entity: Entity, context: GraphCallContext): SandboxResponse {
  const { store } = context;
  if (type === 'group') {
    if (entity['onPremisesSyncEnabled'] === true) throw syncedObject();
    if (Array.isArray(entity['assignedLicenses']) && entity['assignedLicenses'].length > 0) {
      throw requestBadRequest(
        'The group still has licenses assigned. Remove the licenses before you delete the group.',
      );
    }
  }
  if (type === 'user') releaseLicences(entity, context);
  const isSoft = type === 'group' ? hasGroupType(entity, 'Unified') : restorable.includes(type);
  if (isSoft) {
    store.softDelete(type, entity.id);
  } else {
    store.purge(type, entity.id);
  }
  if (type === 'application') {
    const servicePrincipal = store.findByKey('servicePrincipal', 'appId', String(entity['appId']));
    if (servicePrincipal) store.softDelete('servicePrincipal', servicePrincipal.id);
  }
  return noContent;
}

const keptMs = 30 * 86_400_000;

const restore: GraphHandler = async (parsed, request, context) => {
  const item = findDeleted(parsed.keys[0]?.value ?? '', context);
  const body = readBody(request, true);
  checkConflicts(item, body['autoReconcileProxyConflict'] === true, context);
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

/** Deleted items are kept for thirty days. */
function findDeleted(id: string, { store, clock }: GraphCallContext): DeletedEntity {
  const item = store.deletedItems().find(({ entity }) => entity.id === id.toLowerCase());
  if (!item || clock.now() > item.deletedAt + keptMs) throw resourceNotFound(id);
  return item;
}

/** Another object can have taken its keys in the meantime. */
function checkConflicts({ type, entity }: DeletedEntity, reconcileProxies: boolean, context: GraphCallContext): void {
  const isInUse = (property: string) => isTaken(type, property, entity[property], context);
  if (type === 'user') {
    if (isInUse('userPrincipalName')) throw conflictingValue('userPrincipalName');
    if (isInUse('mail') && !reconcileProxies) throw conflictingValue('proxyAddresses');
  }
  if (type === 'group' && isInUse('mailNickname')) throw conflictingValue('mailNickname');
  if (type === 'application' && isInUse('uniqueName')) throw conflictingValue('uniqueName');
  if (type === 'servicePrincipal') {
    const appId = String(entity['appId']);
    if (isInUse('appId')) throw nameInUse(appId);
    if (!context.store.findByKey('application', 'appId', appId)) {
      throw requestBadRequest(`The application '${appId}' has to be restored before its service principal.`);
    }
  }
}
