import { resolveAddresses } from '../../base/hosts.ts';
import { namesOf } from '../../base/names.ts';
import type { Tenant } from '../../seed/tenant.ts';
import { readableOnly } from '../access/guards.ts';
import type { ArmCall } from '../arm-call.ts';
import {
  idKey,
  isWithin,
  managementGroupScope,
  resourceGroupOf,
  subscriptionIdOf,
  subscriptionScope,
} from '../arm-ids.ts';
import { type ArmResource, groupsUpFrom, type RoleAssignmentRecord } from '../arm-store.ts';
import { renderAssignment, renderDefinition } from '../routes/role-definitions.ts';
import type { Row } from './expression.ts';

const resourceColumns = [
  ...['id', 'name', 'type', 'tenantId', 'kind', 'location', 'resourceGroup', 'subscriptionId', 'managedBy', 'sku'],
  ...['plan', 'properties', 'tags', 'identity', 'zones', 'extendedLocation'],
];

/** Tables with their columns. Source: "Azure Resource Graph table and resource type reference". */
export const tableColumns: Readonly<Record<string, readonly string[]>> = {
  resources: resourceColumns,
  resourcecontainers: resourceColumns,
  authorizationresources: namesOf('id name type tenantId location resourceGroup subscriptionId properties'),
};

/** Tables that exist in Resource Graph but not in the sandbox. */
export const otherTables =
  /^(advisor|alertsmanagement|chaos|compute|extensibility|guestconfiguration|health|insights|iot|kubernetesconfiguration|maintenance|networking|patch(assessment|installation)|policy|recoveryservices|resource(container)?changes|security|servicehealth|spot|support)/;

/** Assignments that a query over roles sees, in addition to those at the scope. */
export type ScopeFilter = 'AtScopeAndBelow' | 'AtScopeAndAbove' | 'AtScopeExact' | 'AtScopeAboveAndBelow';

interface TableScope {
  /** Lower case; only those that the caller can see. */
  readonly subscriptions: ReadonlySet<string>;
  readonly filter: ScopeFilter;
}

/** Rows of a table as Resource Graph spells them: types and groups in lower case. */
export function tableRows(table: string, call: ArmCall, scope: TableScope): Iterable<Row> {
  if (table === 'resources') return resourceRows(call, scope);
  return table === 'resourcecontainers' ? containerRows(call, scope) : roleRows(call, scope);
}

function* resourceRows(call: ArmCall, { subscriptions }: TableScope): Iterable<Row> {
  const isReadable = readableOnly(call);
  for (const resource of call.store.resources()) {
    // Child resources have their own tables, or none.
    if (resource.type.split('/').length !== 2) continue;
    if (subscriptions.has(idKey(subscriptionIdOf(resource.id) ?? '')) && isReadable(resource)) {
      yield rowOf(resource, call, resource.type);
    }
  }
}

function* containerRows(call: ArmCall, { subscriptions }: TableScope): Iterable<Row> {
  const isReadable = readableOnly(call);
  for (const subscription of call.store.subscriptions()) {
    if (!subscriptions.has(idKey(subscription.subscriptionId))) continue;
    const { subscriptionId, displayName, state, tags, managementGroup } = subscription;
    yield {
      id: subscriptionScope(subscriptionId),
      name: displayName,
      type: 'microsoft.resources/subscriptions',
      tenantId: call.context.tenant.id,
      subscriptionId,
      tags,
      properties: { state, managementGroupAncestorsChain: groupsUpFrom(managementGroup, call.store) },
    };
  }
  for (const group of call.store.resourceGroups()) {
    if (!subscriptions.has(idKey(subscriptionIdOf(group.id) ?? ''))) continue;
    const type = 'microsoft.resources/subscriptions/resourcegroups';
    if (isReadable({ id: group.id, type })) yield rowOf(group, call, type);
  }
  for (const { name, displayName } of call.store.managementGroups()) {
    const id = managementGroupScope(name);
    if (!call.store.can(call.caller.objectId, 'Microsoft.Management/managementGroups/read', id)) continue;
    yield {
      id,
      name,
      type: 'microsoft.management/managementgroups',
      tenantId: call.context.tenant.id,
      properties: { displayName },
    };
  }
}

function rowOf(resource: ArmResource, { request, context }: ArmCall, type: string): Row {
  const { id, name, kind, location, managedBy, sku, plan, tags, identity, zones, properties } = resource;
  return {
    id,
    name,
    type: type.toLowerCase(),
    tenantId: context.tenant.id,
    kind: kind?.toLowerCase() ?? '',
    location: location ?? '',
    resourceGroup: resourceGroupOf(id)?.toLowerCase() ?? '',
    subscriptionId: subscriptionIdOf(id) ?? '',
    managedBy: managedBy ?? '',
    sku: sku ?? null,
    plan: plan ?? null,
    tags: tags ?? null,
    identity: identity ?? null,
    zones: zones ?? null,
    properties: resolveAddresses(properties, request.base),
  };
}

function* roleRows(call: ArmCall, scope: TableScope): Iterable<Row> {
  const { tenant } = call.context;
  for (const assignment of call.store.roleAssignments.values()) {
    if (!isAssignmentSeen(call, assignment, scope)) continue;
    yield authorizationRow(renderAssignment(assignment), 'roleassignments', assignment.scope, tenant);
  }
  for (const role of call.store.roleDefinitions.values()) {
    yield authorizationRow(renderDefinition(role, ''), 'roledefinitions', '', tenant);
  }
}

function authorizationRow(rendered: Row, kind: string, scope: string, tenant: Pick<Tenant, 'id'>): Row {
  return {
    ...rendered,
    type: `microsoft.authorization/${kind}`,
    tenantId: tenant.id,
    location: 'global',
    resourceGroup: resourceGroupOf(scope)?.toLowerCase() ?? '',
    subscriptionId: subscriptionIdOf(scope) ?? '',
  };
}

function isAssignmentSeen(
  call: ArmCall,
  { scope }: RoleAssignmentRecord,
  { subscriptions, filter }: TableScope,
): boolean {
  const owner = subscriptionIdOf(scope);
  const isRead = call.store.can(call.caller.objectId, 'Microsoft.Authorization/roleAssignments/read', scope);
  if (!isRead) return false;
  if (owner === undefined) return filter === 'AtScopeAndAbove' || filter === 'AtScopeAboveAndBelow';
  if (!subscriptions.has(idKey(owner))) return false;
  const isBelow = !isWithin(subscriptionScope(owner), scope);
  return filter === 'AtScopeAndBelow' || filter === 'AtScopeAboveAndBelow' || !isBelow;
}
