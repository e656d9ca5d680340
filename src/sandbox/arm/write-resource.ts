import { createHash } from 'node:crypto';
import { isRecord } from '../../core/base/guards.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { optionalText, type PlainObject } from '../base/plain-object.ts';
import { normalizeLocation } from './api-versions.ts';
import { type ArmCall, tagsOf } from './arm-call.ts';
import { badRequest } from './arm-error.ts';
import { groupScope, resourceGroupOf, subscriptionIdOf } from './arm-ids.ts';
import type { ArmResource } from './arm-store.ts';
import { gremlinAccount, postgresServer, searchService, serviceBus, storageAccount } from './seed/linked-services.ts';

/** The resource that a PUT creates: everything comes from the body, except what the service sets. */
export function buildResource(
  call: ArmCall,
  type: string,
  body: PlainObject,
  existing: ArmResource | undefined,
): ArmResource {
  const properties = objectOf(body['properties']) ?? {};
  checkState(properties, existing);
  const id = existing?.id ?? ownId(call);
  const name = id.split('/').at(-1) ?? id;
  const location = optionalText(body['location']);
  const optional: PlainObject = {
    location: location === undefined ? existing?.location : normalizeLocation(location),
    kind: optionalText(body['kind']),
    tags: tagsOf(body['tags']),
    sku: objectOf(body['sku']),
    identity: objectOf(body['identity']),
    plan: objectOf(body['plan']),
    zones: Array.isArray(body['zones']) ? body['zones'].map(String) : undefined,
    managedBy: optionalText(body['managedBy']),
    traits: existing?.traits,
  };
  return {
    id,
    name,
    type,
    ...withoutUndefined(optional),
    properties: { ...createdProperties(type, name), ...properties },
    ...stampsOf(call, existing),
  };
}

/** A PATCH: given tags replace the old ones, properties are merged, and `null` removes a value. */
export function mergeResource(call: ArmCall, existing: ArmResource, body: PlainObject): ArmResource {
  const { tags, properties, sku, identity, kind, location, ...rest } = body;
  const unknown = Object.keys(rest).filter((name) => !['id', 'name', 'type', 'etag', 'plan', 'zones'].includes(name));
  if (unknown.length > 0) throw badRequest('InvalidRequestContent', `Could not find member '${unknown[0]}' on object.`);
  if (location !== undefined && normalizeLocation(String(location)) !== existing.location) {
    throw badRequest('PropertyChangeNotAllowed', "Changing property 'location' is not allowed.");
  }
  const changes: PlainObject = {
    kind: optionalText(kind),
    tags: tagsOf(tags),
    sku: objectOf(sku),
    identity: objectOf(identity),
  };
  return {
    ...existing,
    ...withoutUndefined(changes),
    properties: properties === undefined ? existing.properties : merge(existing.properties, objectOf(properties) ?? {}),
    ...stampsOf(call, existing),
  };
}

/** JSON merge patch. Source: RFC 7396. */
function merge(target: PlainObject, patch: PlainObject): PlainObject {
  const result: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const old = result[name];
    if (value === null) {
      delete result[name];
    } else {
      result[name] = isRecord(value) && isRecord(old) ? merge(old, value) : value;
    }
  }
  return result;
}

/** The resource during or after an operation. Search spells its states in lower case. */
export function withState(call: ArmCall, resource: ArmResource, state: string): ArmResource {
  const provisioningState = resource.type.startsWith('Microsoft.Search/') ? state.toLowerCase() : state;
  const properties =
    resource.type === 'Microsoft.DBforPostgreSQL/flexibleServers'
      ? { ...resource.properties, state: state === 'Succeeded' ? 'Ready' : 'Updating' }
      : { ...resource.properties, provisioningState };
  return { ...resource, properties, changedTime: timeOf(call) };
}

function checkState(properties: PlainObject, existing: ArmResource | undefined): void {
  const state = properties['provisioningState'];
  const current = existing?.properties['provisioningState'];
  if (state === undefined || existing === undefined || state === current) return;
  throw badRequest('InvalidRequestContent', `The property 'provisioningState' is read-only; it is '${current}'.`);
}

/** The id of a new resource: the group is spelled as it was created, the rest as in the request. */
function ownId({ path, store }: ArmCall): string {
  const group = resourceGroupOf(path);
  if (group === undefined) return path;
  const scope = groupScope(subscriptionIdOf(path) ?? '', group);
  return `${store.resource(scope)?.id ?? scope}${path.slice(scope.length)}`;
}

export function timeOf({ context }: ArmCall): string {
  return new Date(context.clock.now()).toISOString();
}

/** ETag and times of a write. An existing resource keeps its creation time. */
export function stampsOf(call: ArmCall, existing?: ArmResource) {
  const etag = `"${createHash('sha256').update(call.context.newId()).digest('hex').slice(0, 24)}"`;
  const changedTime = timeOf(call);
  return { etag, createdTime: existing?.createdTime ?? changedTime, changedTime };
}

function objectOf(value: unknown): PlainObject | undefined {
  if (value === undefined || value === null) return undefined;
  if (isRecord(value)) return value;
  throw badRequest('InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
}

/** Default properties that a provider gives a new resource. */
function createdProperties(type: string, name: string): PlainObject {
  switch (type) {
    case 'Microsoft.Storage/storageAccounts':
      return storageAccount(name, { allowSharedKeyAccess: true }).properties;
    case 'Microsoft.ServiceBus/namespaces':
      return serviceBus(name, { disableLocalAuth: false }).properties;
    case 'Microsoft.DBforPostgreSQL/flexibleServers':
      return postgresServer(name).properties;
    case 'Microsoft.DocumentDB/databaseAccounts':
      return { ...gremlinAccount(name, { disableLocalAuth: false }).properties, capabilities: [] };
    case 'Microsoft.Search/searchServices':
      // A new service accepts only keys.
      return searchService(name, { authOptions: { apiKeyOnly: {} } }).properties;
    default:
      return {};
  }
}
