import type { Entity, EntityStore } from '../../entity-store.ts';

/** `licenseDetails` of a user: the assigned products with the plans of the subscription. */
export function licenseDetailsOf(user: Entity, store: EntityStore): readonly Entity[] {
  const licences = Array.isArray(user['assignedLicenses']) ? user['assignedLicenses'] : [];
  return licences.flatMap((licence: unknown) => {
    const { skuId, disabledPlans } = propertiesOf(licence);
    const sku = typeof skuId === 'string' ? store.findByKey('subscribedSku', 'skuId', skuId) : undefined;
    if (!sku) return [];
    const disabled = Array.isArray(disabledPlans) ? disabledPlans : [];
    const plans = Array.isArray(sku['servicePlans']) ? sku['servicePlans'] : [];
    const servicePlans = plans.map((plan: unknown) => {
      const properties = propertiesOf(plan);
      const isDisabled = disabled.includes(properties['servicePlanId']);
      return isDisabled ? { ...properties, provisioningStatus: 'Disabled' } : properties;
    });
    const id = Buffer.from(`${user.id}/${String(skuId)}`).toString('base64url');
    return [{ id, skuId, skuPartNumber: sku['skuPartNumber'], servicePlans }];
  });
}

function propertiesOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
