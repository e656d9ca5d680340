import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { resolveAddresses } from '../base/hosts.ts';
import type { PlainObject } from '../base/plain-object.ts';
import type { ArmCall } from './arm-call.ts';
import { idKey } from './arm-ids.ts';
import type { ArmResource } from './arm-store.ts';

/**
 * Types whose ids come back in a different case: compute spells the group in upper case, and web spells the collection
 * in lower case. Source: responses of the services.
 */
const respelled: Readonly<Record<string, (id: string) => string>> = {
  'microsoft.compute/disks': (id) =>
    id.replace(/\/resourceGroups\/([^/]+)/i, (_, group: string) => `/resourceGroups/${group.toUpperCase()}`),
  'microsoft.web/sites': (id) => id.replace('/resourceGroups/', '/resourcegroups/'),
};

function spellId({ id, type }: Pick<ArmResource, 'id' | 'type'>): string {
  return respelled[idKey(type)]?.(id) ?? id;
}

/** A resource in the response to a GET. */
export function renderResource(resource: ArmResource, call: ArmCall): PlainObject {
  const { properties, etag } = resource;
  const { zones } = resource;
  return {
    ...renderHead(resource),
    ...(zones ? { zones } : {}),
    etag,
    properties: resolveAddresses(properties, call.request.base),
  };
}

/** A resource in lists of all types: without properties. `expand` adds times and state. */
export function renderListed(resource: ArmResource, expand: readonly string[]): PlainObject {
  const { createdTime, changedTime, properties } = resource;
  const expanded = { createdTime, changedTime, provisioningState: properties['provisioningState'] ?? 'Succeeded' };
  return {
    ...renderHead(resource),
    ...Object.fromEntries(Object.entries(expanded).filter(([name]) => expand.includes(name.toLowerCase()))),
  };
}

function renderHead(resource: ArmResource): PlainObject {
  const { name, type, location, kind, tags, sku, identity, plan, managedBy } = resource;
  const head = { id: spellId(resource), name, type, location, kind, tags, sku, identity, plan, managedBy };
  return withoutUndefined(head);
}

/** The `$expand` of a list, in lower case. */
export function expandOf(query: ReadonlyMap<string, string>): readonly string[] {
  return (query.get('$expand') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}
