import { z } from 'zod';

// Shapes of Microsoft Graph's licensing resources, reduced to what decisions need.
// https://learn.microsoft.com/graph/api/resources/subscribedsku
// https://learn.microsoft.com/graph/api/resources/licenseassignmentstate

export const servicePlanSchema = z.looseObject({
  servicePlanId: z.string(),
  servicePlanName: z.string(),
  appliesTo: z.string().nullish(),
});
export type ServicePlan = z.infer<typeof servicePlanSchema>;

const units = z.number().nullish();

export const subscribedSkuSchema = z.looseObject({
  skuId: z.string(),
  skuPartNumber: z.string(),
  /** `User` or `Company`; only the former can be assigned. */
  appliesTo: z.string().nullish(),
  /** `Enabled`, `Warning`, `Suspended`, `Deleted` or `LockedOut`. */
  capabilityStatus: z.string().nullish(),
  consumedUnits: units,
  prepaidUnits: z.looseObject({ enabled: units, warning: units }).nullish(),
  servicePlans: z.array(servicePlanSchema).nullish(),
});
export type SubscribedSku = z.infer<typeof subscribedSkuSchema>;

export const subscribedSkusSchema = z.looseObject({ value: z.array(subscribedSkuSchema) });

export const assignedLicenseSchema = z.looseObject({
  skuId: z.string(),
  disabledPlans: z.array(z.string()).nullish(),
});
export type AssignedLicense = z.infer<typeof assignedLicenseSchema>;

export const licenseAssignmentStateSchema = z.looseObject({
  skuId: z.string(),
  disabledPlans: z.array(z.string()).nullish(),
  /** Id of the group that the licence comes from; null when it is assigned directly. */
  assignedByGroup: z.string().nullish(),
  state: z.string().nullish(),
  error: z.string().nullish(),
});
export type LicenseAssignmentState = z.infer<typeof licenseAssignmentStateSchema>;

/** Units that can still be assigned: units in the warning period count, suspended and locked-out ones do not. */
export function availableUnits(sku: SubscribedSku): number {
  return (sku.prepaidUnits?.enabled ?? 0) + (sku.prepaidUnits?.warning ?? 0) - (sku.consumedUnits ?? 0);
}
