import { isGuid } from '../../core/base/guid.ts';
import { findProvider, findType, normalizeLocation } from './api-versions.ts';
import type { ArmCall } from './arm-call.ts';
import { ArmError, badRequest, conflict, notFound } from './arm-error.ts';
import { groupScope, idKey, isSameId, parentIdOf, resourceGroupOf, subscriptionIdOf } from './arm-ids.ts';
import type { ArmResource, ArmStore, SubscriptionRecord } from './arm-store.ts';
import { containerNameProblem } from './container-names.ts';

export function requireSubscription(store: ArmStore, id: string): SubscriptionRecord {
  if (!isGuid(id)) {
    throw badRequest('InvalidSubscriptionId', `The provided subscription identifier '${id}' is malformed or invalid.`);
  }
  const subscription = store.subscription(id);
  if (subscription) return subscription;
  throw notFound('SubscriptionNotFound', `The subscription '${id}' could not be found.`);
}

/** Throws 409 if the namespace is not registered in the subscription. It can be used while it is registering. */
export function requireProvider({ store, path }: ArmCall, namespace: string): void {
  const subscriptionId = subscriptionIdOf(path);
  if (subscriptionId === undefined || findProvider(namespace)?.isRegistrationFree !== false) return;
  const state = store.registration(subscriptionId, namespace);
  if (state === 'Registered' || state === 'Registering') return;
  const message = `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`;
  throw conflict('MissingSubscriptionRegistration', message, {
    details: [{ code: 'MissingSubscriptionRegistration', target: namespace, message }],
  });
}

/** Throws 404 if the resource group in the path does not exist. */
export function requireGroup(call: ArmCall, path: string): void {
  const group = resourceGroupOf(path);
  if (group === undefined || call.store.resource(groupScope(subscriptionIdOf(path) ?? '', group))) return;
  throw notFound('ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
}

/** Throws 404 if the parent resource does not exist. */
export function requireParent(call: ArmCall, id: string, type: string): void {
  const parentId = parentIdOf(id);
  if (parentId === undefined || call.store.resource(parentId)) return;
  // Singletons such as `blobServices/default` exist without being stored, wherever what they belong to does.
  if (/\/default$/i.test(parentId)) {
    requireParent(call, parentId, type);
    return;
  }
  throw notFound(
    'ParentResourceNotFound',
    `Failed to perform 'write' on resource(s) of type '${type.split('/').slice(1).join('/')}', because the parent resource '${parentId}' could not be found.`,
  );
}

/** One write at a time. */
export function refuseWhileRunning(call: ArmCall): void {
  if (!call.operations.runningOn(call.path)) return;
  throw conflict(
    'AnotherOperationInProgress',
    'Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri of the operation.',
  );
}

/** Throws if the region is missing, not available for the type, or different from the resource's region. */
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
    throw conflict(
      'InvalidResourceLocation',
      `The resource '${existing.name}' already exists in location '${existing.location}' in resource group '${resourceGroupOf(call.path)}'. A resource with the same name cannot be created in location '${wanted}'. Please select a new resource name.`,
    );
  }
}

/** What is wrong with the name of a storage account; undefined if it is valid. Source: "Storage account overview". */
export function storageNameProblem(name: string): string | undefined {
  if (/^[a-z0-9]{3,24}$/.test(name)) return undefined;
  return `${name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.`;
}

const containerType = 'Microsoft.Storage/storageAccounts/blobServices/containers';

/** Checks names of new storage accounts, which are globally unique, and of containers. */
export function checkStorageName(call: ArmCall, type: string, existing: ArmResource | undefined): void {
  if (existing) return;
  const given = call.path.split('/').at(-1) ?? '';
  if (isSameId(type, containerType)) checkContainerName(given);
  if (type !== 'Microsoft.Storage/storageAccounts') return;
  const problem = storageNameProblem(given);
  if (problem !== undefined) throw badRequest('AccountNameInvalid', problem);
  const name = idKey(given);
  for (const other of call.store.resources()) {
    if (other.type === type && idKey(other.name) === name) {
      throw conflict('StorageAccountAlreadyTaken', `The storage account named ${name} is already taken.`);
    }
  }
}

function checkContainerName(name: string): void {
  const problem = containerNameProblem(name);
  if (problem) throw badRequest(problem.code, problem.message);
}

/** Checks `If-Match` and `If-None-Match`. Source: Azure/azure-resource-manager-rpc, "Concurrency". */
export function checkPreconditions(call: ArmCall, existing: ArmResource | undefined): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = call.request.headers;
  if (ifNoneMatch === '*' && existing) throw failed('The resource already exists.');
  if (ifMatch === undefined) return;
  if (!existing) {
    if (call.method === 'PATCH') throw notFound('ResourceNotFound', `The Resource '${call.path}' was not found.`);
    throw failed('The resource does not exist.');
  }
  if (ifMatch !== '*' && ifMatch !== existing.etag) {
    throw failed(
      `The condition '${ifMatch}' in the If-Match header was not satisfied. The current etag is '${existing.etag}'.`,
    );
  }
}

function failed(message: string): ArmError {
  return new ArmError(412, 'PreconditionFailed', message);
}
