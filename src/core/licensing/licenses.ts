import { z } from 'zod';
import { type Answer, readAnswer } from '../http/read-answer.ts';

// Shapes of Microsoft Graph's licensing resources, reduced to what decisions need.
// https://learn.microsoft.com/graph/api/resources/subscribedsku
// https://learn.microsoft.com/graph/api/resources/licenseassignmentstate

// What is missing or has another type counts as absent; an element without its id is left out, and the rest is read.

const text = z.string().nullish().catch(undefined);
const units = z.number().nullish().catch(undefined);
const planIds = z.array(z.string()).nullish().catch(undefined);

/** The elements of a list that have the form; none where there is no list. */
function readable<Element extends z.ZodType>(element: Element) {
  return z
    .array(z.unknown())
    .nullish()
    .catch(undefined)
    .transform((list) =>
      (list ?? []).flatMap((one): readonly z.output<Element>[] => {
        const parsed = element.safeParse(one);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}

const servicePlanSchema = z
  .looseObject({ servicePlanId: z.string(), servicePlanName: text, appliesTo: text })
  .transform((plan) => ({ ...plan, servicePlanName: plan.servicePlanName || plan.servicePlanId }));
export type ServicePlan = z.infer<typeof servicePlanSchema>;

const subscribedSkuSchema = z
  .looseObject({
    skuId: z.string(),
    skuPartNumber: text,
    /** `User` or `Company`; only the former can be assigned. */
    appliesTo: text,
    /** `Enabled`, `Warning`, `Suspended`, `Deleted` or `LockedOut`. */
    capabilityStatus: text,
    consumedUnits: units,
    prepaidUnits: z.looseObject({ enabled: units, warning: units }).nullish().catch(undefined),
    servicePlans: readable(servicePlanSchema).optional(),
  })
  .transform((sku) => ({ ...sku, skuPartNumber: sku.skuPartNumber || sku.skuId }));
export type SubscribedSku = z.infer<typeof subscribedSkuSchema>;

const subscribedSkusSchema = z.looseObject({ value: z.array(z.unknown()).nullable() });

/** The products of a tenant. Throws `upstream_error` for an answer that is no list of them. */
export function parseSubscribedSkus(answer: Answer): readonly SubscribedSku[] {
  const { value } = readAnswer(subscribedSkusSchema, answer, 'the licences of the tenant');
  return readable(subscribedSkuSchema).parse(value);
}

const assignedLicenseSchema = z.looseObject({ skuId: z.string(), disabledPlans: planIds });
type AssignedLicense = z.infer<typeof assignedLicenseSchema>;

const licenseAssignmentStateSchema = z.looseObject({
  skuId: z.string(),
  disabledPlans: planIds,
  /** Id of the group that the licence comes from; null when it is assigned directly. */
  assignedByGroup: text,
  state: text,
  error: text,
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
  displayName: text,
  userPrincipalName: text,
  usageLocation: text,
  assignedLicenses: readable(assignedLicenseSchema),
  licenseAssignmentStates: readable(licenseAssignmentStateSchema),
});

/** Reads the service's user or group. Throws `upstream_error` for an answer that is neither. */
export function parseHolder(kind: LicenseHolder['kind'], answer: Answer): LicenseHolder {
  const object = readAnswer(holderSchema, answer, `the ${kind}`);
  const { id, displayName, userPrincipalName, usageLocation, licenseAssignmentStates: states } = object;
  return {
    kind,
    id,
    displayName: displayName ?? userPrincipalName ?? id,
    ...(userPrincipalName ? { userPrincipalName } : {}),
    ...(usageLocation ? { usageLocation } : {}),
    direct: states.length === 0 ? object.assignedLicenses : states.filter(isDirect),
    inherited: states.flatMap(inheritedOf),
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
