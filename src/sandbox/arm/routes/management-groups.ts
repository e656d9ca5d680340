import type { PlainObject } from '../../base/plain-object.ts';
import { authorize } from '../access/guards.ts';
import type { ArmCall, ArmRoute } from '../arm-call.ts';
import { notFound } from '../arm-error.ts';
import { isSameId, managementGroupScope, subscriptionScope } from '../arm-ids.ts';
import type { ManagementGroupRecord, SubscriptionRecord } from '../arm-store.ts';
import { pageOf } from '../paging.ts';

const type = 'Microsoft.Management/managementGroups';
const path = '/providers/Microsoft.Management/managementGroups';

export const managementGroupRoutes: readonly ArmRoute[] = [
  { method: 'GET', path, type, handle: listGroups },
  { method: 'GET', path: `${path}/{name}`, type, handle: readGroup },
  { method: 'GET', path: `${path}/{name}/descendants`, type, handle: listDescendants },
  { method: 'GET', path: `${path}/{name}/subscriptions/{member}`, type, handle: readSubscription },
];

/** Only groups that the caller can read. An empty list is normal for an app. */
function listGroups(call: ArmCall) {
  const readable = call.store
    .managementGroups()
    .filter(({ name }) => call.store.can(call.caller.objectId, `${type}/read`, managementGroupScope(name)));
  return pageOf(
    call,
    readable.map((group) => render(group, call)),
  );
}

function render(group: ManagementGroupRecord, { context }: ArmCall) {
  return { ...groupHead(group), properties: { tenantId: context.tenant.id, displayName: group.displayName } };
}

function requireGroup(call: ArmCall): ManagementGroupRecord {
  const name = call.params['name'] ?? '';
  authorize(call, `${type}/read`, managementGroupScope(name));
  const group = call.store.managementGroups().find((one) => isSameId(one.name, name));
  if (group) return group;
  throw notFound('NotFound', `Management group '${name}' not found.`);
}

function readGroup(call: ArmCall) {
  const group = requireGroup(call);
  const hasChildren = (call.query.get('$expand') ?? '').toLowerCase() === 'children';
  const isRecursive = call.query.get('$recurse')?.toLowerCase() === 'true';
  const parent = call.store.managementGroups().find(({ name }) => name === group.parent);
  const details = {
    version: 1,
    ...(parent
      ? { parent: { id: managementGroupScope(parent.name), name: parent.name, displayName: parent.displayName } }
      : {}),
  };
  const children = hasChildren ? { children: childrenOf(call, group, isRecursive) } : {};
  const { properties, ...head } = render(group, call);
  return { status: 200, body: { ...head, properties: { ...properties, details, ...children } } };
}

function childrenOf(call: ArmCall, group: ManagementGroupRecord, isRecursive: boolean): readonly PlainObject[] {
  const groups = groupsIn(call, group).map((child) => ({
    ...groupHead(child),
    displayName: child.displayName,
    ...(isRecursive ? { children: childrenOf(call, child, true) } : {}),
  }));
  const subscriptions = subscriptionsIn(call, group).map((one) => ({
    ...subscriptionHead(one),
    displayName: one.displayName,
  }));
  return [...groups, ...subscriptions];
}

function groupHead({ name }: ManagementGroupRecord) {
  return { id: managementGroupScope(name), type, name };
}

function subscriptionHead({ subscriptionId }: SubscriptionRecord) {
  return { id: subscriptionScope(subscriptionId), type: '/subscriptions', name: subscriptionId };
}

function groupsIn({ store }: ArmCall, { name }: ManagementGroupRecord): readonly ManagementGroupRecord[] {
  return store.managementGroups().filter(({ parent }) => parent !== undefined && isSameId(parent, name));
}

function subscriptionsIn({ store }: ArmCall, { name }: ManagementGroupRecord): readonly SubscriptionRecord[] {
  return store.subscriptions().filter(({ managementGroup }) => isSameId(managementGroup, name));
}

function listDescendants(call: ArmCall) {
  return pageOf(call, descendantsOf(call, requireGroup(call)));
}

function descendantsOf(call: ArmCall, group: ManagementGroupRecord): readonly PlainObject[] {
  const parent = { id: managementGroupScope(group.name) };
  const under = ({ displayName }: { readonly displayName: string }) => ({ properties: { displayName, parent } });
  return [
    ...subscriptionsIn(call, group).map((one) => ({ ...subscriptionHead(one), ...under(one) })),
    ...groupsIn(call, group).flatMap((one) => [{ ...groupHead(one), ...under(one) }, ...descendantsOf(call, one)]),
  ];
}

function readSubscription(call: ArmCall) {
  const group = requireGroup(call);
  const found = subscriptionsIn(call, group).find(({ subscriptionId }) =>
    isSameId(subscriptionId, call.params['member'] ?? ''),
  );
  if (!found) {
    throw notFound('NotFound', `Subscription '${call.params['member']}' is not in management group '${group.name}'.`);
  }
  const { subscriptionId, displayName, state } = found;
  return {
    status: 200,
    body: {
      id: `${managementGroupScope(group.name)}/subscriptions/${subscriptionId}`,
      type: `${type}/subscriptions`,
      name: subscriptionId,
      properties: {
        displayName,
        state,
        tenant: call.context.tenant.id,
        parent: { id: managementGroupScope(group.name) },
      },
    },
  };
}
