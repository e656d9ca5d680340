import type { Entity } from '../../../entity-store.ts';

export type AssignmentError =
  | 'None'
  | 'CountViolation'
  | 'MutuallyExclusiveViolation'
  | 'DependencyViolation'
  | 'ProhibitedInUsageLocationViolation';

/** One reason why a user has, or should have, a licence. */
export interface AssignmentState {
  readonly skuId: string;
  readonly disabledPlans: readonly string[];
  /** Group that passes the licence on; null when it was assigned to the user. */
  readonly assignedByGroup: string | null;
  readonly state: 'Active' | 'Error';
  readonly error: AssignmentError;
  readonly lastUpdatedDateTime: string;
}

export interface Licence {
  readonly skuId: string;
  readonly disabledPlans: readonly string[];
}

export function assignmentStatesOf(user: Entity): readonly AssignmentState[] {
  const states = user['licenseAssignmentStates'];
  // The seed and this folder are the only writers, and both write this shape.
  return Array.isArray(states) ? (states as readonly AssignmentState[]) : [];
}

/** Licences of a group, or of a user as the sum of all reasons. */
export function assignedLicencesOf(entity: Entity): readonly Licence[] {
  const licences = entity['assignedLicenses'];
  // Written by the seed and this folder only, in this shape.
  return Array.isArray(licences) ? (licences as readonly Licence[]) : [];
}

/** What the user has in the end: a plan is off only when every assignment of the product switches it off. */
export function effectiveLicences(states: readonly AssignmentState[]): readonly Licence[] {
  const bySku = Map.groupBy(
    states.filter(({ state }) => state === 'Active'),
    ({ skuId }) => skuId,
  );
  return [...bySku].map(([skuId, reasons]) => ({
    skuId,
    disabledPlans: (reasons[0]?.disabledPlans ?? []).filter((plan) =>
      reasons.every(({ disabledPlans }) => disabledPlans.includes(plan)),
    ),
  }));
}
