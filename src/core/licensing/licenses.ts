import { z } from 'zod';
import { type Answer, readAnswer } from '../http/read-answer.ts';

// Shapes of Microsoft Graph's licensing resources, reduced to what decisions need.
// https://learn.microsoft.com/graph/api/resources/subscribedsku
// https://learn.microsoft.com/graph/api/resources/licenseassignmentstate

const servicePlanSchema = z.looseObject({
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

const subscribedSkusSchema = z.looseObject({ value: z.array(subscribedSkuSchema).nullable() });

/** The products of a tenant. Throws `upstream_error` for an answer that is no list of them. */
export function parseSubscribedSkus(answer: Answer): readonly SubscribedSku[] {
  return readAnswer(subscribedSkusSchema, answer, 'the licences of the tenant').value ?? [];
}

const assignedLicenseSchema = z.looseObject({
  skuId: z.string(),
  disabledPlans: z.array(z.string()).nullish(),
});
type AssignedLicense = z.infer<typeof assignedLicenseSchema>;

const licenseAssignmentStateSchema = z.looseObject({
  skuId: z.string(),
  disabledPlans: z.array(z.string()).nullish(),
  /** Id of the group that the licence comes from; null when it is assigned directly. */
  assignedByGroup: z.string().nullish(),
  state: z.string().nullish(),
  error: z.string().nullish(),
});
type LicenseAssignmentState = z.infer<typeof licenseAssignmentStateSchema>;

/** Units that can still be assigned: units in the warning period count, suspended and locked-out ones do not. */
export function availableUnits(sku: SubscribedSku): number {
  return (sku.prepaidUnits?.enabled ?? 0) + (sku.prepaidUnits?.warning ?? 0) - (sku.consumedUnits ?? 0);
}

/** A licence that a user has through a group. It can only be taken away at the group. */
interface InheritedLicense {
  readonly skuId: string;
  readonly disabledPlans: readonly string[];
  readonly groupId: string;
}

/** Assignment states other than `Active`, such as `Error` with `CountViolation`. */
interface LicenseTrouble {
  readonly skuId: string;
  readonly state: string;
  readonly error: string;
}

/** The user or group whose licences change, as it is now. */
export interface LicenseHolder {
  readonly kind: 'user' | 'group';
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName?: string;
  readonly usageLocation?: string;
  readonly direct: readonly AssignedLicense[];
  readonly inherited: readonly InheritedLicense[];
  readonly troubles: readonly LicenseTrouble[];
}

/** Properties to select; the schema below reads them. */
export const userHolderSelect =
  'id,displayName,userPrincipalName,usageLocation,assignedLicenses,licenseAssignmentStates';
export const groupHolderSelect = 'id,displayName,assignedLicenses';

const holderSchema = z.looseObject({
  id: z.string(),
  displayName: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
  usageLocation: z.string().nullish(),
  assignedLicenses: z.array(assignedLicenseSchema).nullish(),
  licenseAssignmentStates: z.array(licenseAssignmentStateSchema).nullish(),
});

/** Reads the service's user or group. Throws `upstream_error` for an answer that is neither. */
export function parseHolder(kind: LicenseHolder['kind'], answer: Answer): LicenseHolder {
  const object = readAnswer(holderSchema, answer, `the ${kind}`);
  const { id, displayName, userPrincipalName, usageLocation, licenseAssignmentStates } = object;
  const states = licenseAssignmentStates ?? [];
  const inherited = states.flatMap(inheritedOf);
  const assigned = object.assignedLicenses ?? [];
  return {
    kind,
    id,
    displayName: displayName ?? userPrincipalName ?? id,
    ...(userPrincipalName ? { userPrincipalName } : {}),
    ...(usageLocation ? { usageLocation } : {}),
    direct: states.length === 0 ? assigned : states.filter(isDirect),
    inherited,
    troubles: states.flatMap(troubleOf),
  };
}

function isDirect({ assignedByGroup }: LicenseAssignmentState): boolean {
  return !assignedByGroup;
}

function inheritedOf({ skuId, disabledPlans, assignedByGroup }: LicenseAssignmentState): InheritedLicense[] {
  return assignedByGroup ? [{ skuId, disabledPlans: disabledPlans ?? [], groupId: assignedByGroup }] : [];
}

function troubleOf({ skuId, state, error }: LicenseAssignmentState): LicenseTrouble[] {
  return !state || state === 'Active' ? [] : [{ skuId, state, error: error ?? 'None' }];
}

/** GUIDs are compared without regard to case. */
export function isSameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
