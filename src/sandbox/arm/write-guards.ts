import { findType, normalizeLocation } from './api-versions.ts';
import type { ArmCall } from './arm-call.ts';
import { ArmError, badRequest, notFound } from './arm-error.ts';
import { groupScope, idKey, parentIdOf, resourceGroupOf, subscriptionIdOf } from './arm-ids.ts';
import type { ArmResource } from './arm-records.ts';

/** Throws 404 when the path names a resource group that is not there. */
export function requireGroup(call: ArmCall, path: string): void {
  const group = resourceGroupOf(path);
  if (group === undefined || call.store.resource(groupScope(subscriptionIdOf(path) ?? '', group))) return;
  throw notFound('ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
}

/** Throws 404 when the resource would be a child of nothing. */
export function requireParent(call: ArmCall, id: string, type: string): void {
  const parentId = parentIdOf(id);
  // Singletons such as `blobServices/default` are there without being stored.
  if (parentId === undefined || call.store.resource(parentId) || /\/default$/i.test(parentId)) return;
  throw notFound(
    'ParentResourceNotFound',
    `Failed to perform 'write' on resource(s) of type '${type.split('/').slice(1).join('/')}', because the parent resource '${parentId}' could not be found.`,
  );
}

/** One write at a time. */
export function refuseWhileRunning(call: ArmCall): void {
  if (!call.operations.runningOn(call.path)) return;
  throw new ArmError(
    409,
    'AnotherOperationInProgress',
    'Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri of the operation.',
  );
}

/** Throws when the region is missing, unknown to the type, or another one than the resource is in. */
export function checkLocation(
  call: ArmCall,
  type: string,
  location: string | undefined,
  existing: ArmResource | undefined,
): void {
  const known = findType(type);
  const isTracked = type.split('/').length === 2 && known !== undefined && known.locations.length > 0;
  if (!isTracked) return;
  if (!location) throw badRequest('LocationRequired', 'The location property is required for this definition.');
  const wanted = normalizeLocation(location);
  const available = known.locations.map(normalizeLocation);
  if (!available.includes(wanted)) {
    throw badRequest(
      'LocationNotAvailableForResourceType',
      `The provided location '${location}' is not available for resource type '${type}'. List of available regions for the resource type is '${available.join(',')}'.`,
    );
  }
  if (existing && existing.location !== wanted) {
    throw new ArmError(
      409,
      'InvalidResourceLocation',
      `The resource '${existing.name}' already exists in location '${existing.location}' in resource group '${resourceGroupOf(call.path)}'. A resource with the same name cannot be created in location '${wanted}'. Please select a new resource name.`,
    );
  }
}

/** Names of storage accounts are the world's, not the group's. */
export function checkUniqueName(call: ArmCall, type: string, existing: ArmResource | undefined): void {
  if (existing || type !== 'Microsoft.Storage/storageAccounts') return;
  const name = idKey(call.path).split('/').at(-1) ?? '';
  for (const other of call.store.resources()) {
    if (other.type === type && idKey(other.name) === name) {
      throw new ArmError(409, 'StorageAccountAlreadyTaken', `The storage account named ${name} is already taken.`);
    }
  }
}
