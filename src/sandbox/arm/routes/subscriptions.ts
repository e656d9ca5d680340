import type { PlainObject } from '../../base/plain-object.ts';
import { hasAnyRole, requireAnyRole } from '../access/guards.ts';
import type { ArmCall, ArmRoute } from '../arm-call.ts';
import { subscriptionScope } from '../arm-ids.ts';
import type { SubscriptionRecord } from '../arm-store.ts';
import { pageOf } from '../paging.ts';
import { requireSubscription } from '../requirements.ts';
import { locationSeeds } from '../seed/provider-catalogue.ts';

const type = 'Microsoft.Resources/subscriptions';

export const subscriptionRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: '/tenants', type: 'Microsoft.Resources/tenants', handle: listTenants },
  { method: 'GET', path: '/subscriptions', type, handle: listSubscriptions },
  { method: 'GET', path: '/subscriptions/{subscription}', type, handle: readSubscription },
  { method: 'GET', path: '/subscriptions/{subscription}/locations', type, handle: listLocations },
  { method: 'GET', path: '/subscriptions/{subscription}/tagNames', type, handle: listTagNames },
];

function listTenants(call: ArmCall) {
  const { tenant } = call.context;
  return pageOf(call, [
    {
      id: `/tenants/${tenant.id}`,
      tenantId: tenant.id,
      displayName: tenant.displayName,
      defaultDomain: tenant.domain,
      domains: [tenant.domain, tenant.initialDomain],
      countryCode: tenant.countryCode,
      tenantCategory: 'Home',
      tenantType: 'AAD',
    },
  ]);
}

function listSubscriptions(call: ArmCall) {
  const visible = call.store.subscriptions().filter(({ subscriptionId }) => hasAnyRole(call, subscriptionId));
  return pageOf(
    call,
    visible.map((one) => renderSubscription(one, call)),
  );
}

function readSubscription(call: ArmCall) {
  return { status: 200, body: renderSubscription(visibleSubscription(call, `${type}/read`), call) };
}

/** Any role in a subscription makes it visible. */
function visibleSubscription(call: ArmCall, action: string): SubscriptionRecord {
  const subscription = requireSubscription(call.store, call.params['subscription'] ?? '');
  requireAnyRole(call, action, subscriptionScope(subscription.subscriptionId));
  return subscription;
}

function renderSubscription(
  { subscriptionId, displayName, state, tags }: SubscriptionRecord,
  { context: { tenant } }: ArmCall,
): PlainObject {
  return {
    id: subscriptionScope(subscriptionId),
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionId,
    tenantId: tenant.id,
    homeTenantId: tenant.id,
    displayName,
    state,
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
    tags,
  };
}

function listLocations(call: ArmCall) {
  const { subscriptionId } = visibleSubscription(call, `${type}/locations/read`);
  const value = locationSeeds.map(([name, displayName, geographyGroup, latitude, longitude]) => ({
    id: `${subscriptionScope(subscriptionId)}/locations/${name}`,
    name,
    type: 'Region',
    displayName,
    regionalDisplayName: `(${geographyGroup}) ${displayName}`,
    metadata: { regionType: 'Physical', regionCategory: 'Recommended', geographyGroup, latitude, longitude },
  }));
  return { status: 200, body: { value } };
}

function listTagNames(call: ArmCall) {
  const { subscriptionId } = visibleSubscription(call, `${type}/tagNames/read`);
  const scope = subscriptionScope(subscriptionId);
  const counts = new Map<string, Map<string, number>>();
  for (const { tags } of call.store.resources(scope)) {
    for (const [name, value] of Object.entries(tags ?? {})) {
      const values = counts.get(name) ?? new Map<string, number>();
      counts.set(name, values.set(value, (values.get(value) ?? 0) + 1));
    }
  }
  const tagNames = [...counts].map(([tagName, values]) => ({
    id: `${scope}/tagNames/${tagName}`,
    tagName,
    count: { type: 'Total', value: [...values.values()].reduce((sum, count) => sum + count, 0) },
    values: [...values].map(([tagValue, count]) => ({ tagValue, count: { type: 'Total', value: count } })),
  }));
  return pageOf(call, tagNames);
}
