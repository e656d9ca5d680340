import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { resolveAddresses } from '../base/hosts.ts';
import type { PlainObject } from '../base/plain-object.ts';
import type { ArmCall } from './arm-call.ts';
import { idKey } from './arm-ids.ts';
import type { ArmResource } from './arm-store.ts';

/**
 * Types whose ids come back in another case than they were created: compute spells the group in capitals, web the
 * collection without. Source: answers of the services; ids compare without regard to case.
 */
const respelled: Readonly<Record<string, (id: string) => string>> = {
  'microsoft.compute/disks': (id) =>
    id.replace(/\/resourceGroups\/([^/]+)/i, (_, group: string) => `/resourceGroups/${group.toUpperCase()}`),
  'microsoft.web/sites': (id) => id.replace('/resourceGroups/', '/resourcegroups/'),
};

function spellId({ id, type }: Pick<ArmResource, 'id' | 'type'>): string {
  return respelled[idKey(type)]?.(id) ?? id;
}

/** A resource as a GET shows it. */
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

/** A resource as lists of all types show it: without properties. `expand` names times and state. */
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

/** The list's `$expand`, in lower case. */
export function expandOf(query: ReadonlyMap<string, string>): readonly string[] {
  return (query.get('$expand') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}
