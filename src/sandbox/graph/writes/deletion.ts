import type { Entity, EntityType } from '../../entity-store.ts';
import type { SandboxResponse } from '../../service.ts';
import { requestBadRequest, resourceNotFound } from '../graph-error.ts';
import { parseGraphPath } from '../parse-path.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { checkPermission } from '../permissions.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { releaseLicences } from './licensing/seats.ts';
import { noContent } from './write-input.ts';

const setOfType: Readonly<Partial<Record<EntityType, string>>> = {
  user: 'users',
  group: 'groups',
  device: 'devices',
  application: 'applications',
  servicePrincipal: 'servicePrincipals',
};

/**
 * Deletes an object the way its type is deleted: users, Microsoft 365 groups, applications, service principals and
 * administrative units can be restored for thirty days, everything else is gone. Source: "deletedItem resource type".
 */
function deleteObject(type: EntityType, entity: Entity, context: GraphCallContext): SandboxResponse {
  const { store } = context;
  if (type === 'group') {
    if (entity['onPremisesSyncEnabled'] === true) throw requestBadRequest(syncedObject);
    if (Array.isArray(entity['assignedLicenses']) && entity['assignedLicenses'].length > 0) {
      throw requestBadRequest(
        'The group still has licenses assigned. Remove the licenses before you delete the group.',
      );
    }
  }
  if (type === 'user') releaseLicences(entity, context);
  const isUnified = Array.isArray(entity['groupTypes']) && entity['groupTypes'].includes('Unified');
  const isSoft =
    ['user', 'application', 'servicePrincipal', 'administrativeUnit'].includes(type) || (type === 'group' && isUnified);
  if (isSoft) store.softDelete(type, entity.id);
  else store.purge(type, entity.id);
  if (type === 'application') {
    const servicePrincipal = store.findByKey('servicePrincipal', 'appId', String(entity['appId']));
    if (servicePrincipal) store.softDelete('servicePrincipal', servicePrincipal.id);
  }
  return noContent;
}

/** Objects that come from an on-premises directory are changed there. */
export const syncedObject =
  'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.';

/** `DELETE /{set}/{id}` */
export const deleteAddressed: GraphHandler = async (parsed, _request, context) => {
  const [key] = parsed.keys;
  if (!key) throw resourceNotFound('');
  const { type, entity } = resolveEntity(parsed.names, key, context.store);
  return deleteObject(type, entity, context);
};

/**
 * `DELETE …/members/{id}` without `/$ref` does not remove the membership: it deletes the member itself, when the caller
 * may. Source: "Remove member", "Delete registeredOwner" (the warnings there).
 */
export const deleteThroughRelation: GraphHandler = async (parsed, _request, context) => {
  const [, target] = parsed.keys;
  const type = target && context.store.typeOf(target.value);
  const entity = type && target && context.store.get(type, target.value);
  const set = type && setOfType[type];
  if (!type || !entity || !set) throw resourceNotFound(target?.value ?? '');
  checkPermission(parseGraphPath(`/v1.0/${set}/${entity.id}`, ''), 'DELETE', context.caller.roles);
  return deleteObject(type, entity, context);
};
