import { isRecord } from '../../../../core/base/guards.ts';
import type { Entity, EntityStore } from '../../../base/entity-store.ts';
import { assignedPlansFor } from '../../../seed/licence-products.ts';
import { servicePlanIds } from '../../../seed/service-plan-ids.ts';
import { timestamp } from '../../../seed/timestamp.ts';
import { objectsIn } from '../../json-body.ts';
import type { GraphCallContext } from '../../parsed-path.ts';

export type AssignmentError =
  | 'None'
  | 'CountViolation'
  | 'MutuallyExclusiveViolation'
  | 'DependencyViolation'
  | 'ProhibitedInUsageLocationViolation';

/** One reason why a user has, or should have, a licence. */
export interface AssignmentState extends Licence {
  /** Group that assigns the licence; null if it is assigned directly. */
  readonly assignedByGroup: string | null;
  readonly state: 'Active' | 'Error';
  readonly error: AssignmentError;
  readonly lastUpdatedDateTime: string;
}

export interface Licence {
  readonly skuId: string;
  readonly disabledPlans: readonly string[];
}

export function activeState(
  { skuId, disabledPlans }: Licence,
  assignedByGroup: string | null,
  now: string,
): AssignmentState {
  return { skuId, disabledPlans, assignedByGroup, state: 'Active', error: 'None', lastUpdatedDateTime: now };
}

export function assignmentStatesOf(user: Entity): readonly AssignmentState[] {
  const states = user['licenseAssignmentStates'];
  // Only the seed and this folder write this, both in this shape.
  return Array.isArray(states) ? (states as readonly AssignmentState[]) : [];
}

/** Licences of a group, or of a user from all sources. */
export function assignedLicencesOf(entity: Entity): readonly Licence[] {
  const licences = entity['assignedLicenses'];
  // Only the seed and this folder write this, in this shape.
  return Array.isArray(licences) ? (licences as readonly Licence[]) : [];
}

/** The user's effective licences: a plan is disabled only if every assignment of the product disables it. */
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

export function hasServicePlan(user: Entity, names: readonly string[]): boolean {
  const ids: readonly unknown[] = names.map((name) => servicePlanIds[name]);
  return objectsIn(user['assignedPlans']).some(({ servicePlanId }) => ids.includes(servicePlanId));
}

/** Stores a user's assignments and updates the units in use. */
export function saveAssignments(
  user: Entity,
  states: readonly AssignmentState[],
  { store, clock }: GraphCallContext,
): Entity {
  const before = assignedLicencesOf(user).map(({ skuId }) => skuId);
  const licences = effectiveLicences(states);
  const after = licences.map(({ skuId }) => skuId);
  for (const skuId of after) if (!before.includes(skuId)) consume(skuId, 1, store);
  for (const skuId of before) if (!after.includes(skuId)) consume(skuId, -1, store);
  return store.update('user', user.id, {
    assignedLicenses: licences,
    assignedPlans: assignedPlansFor(licences, timestamp(clock.now())),
    licenseAssignmentStates: states,
  });
}

/** Whether a product has a free unit: enabled and warning units, minus consumed ones. */
export function hasAvailableUnit(skuId: string, store: EntityStore): boolean {
  const sku = store.findByKey('subscribedSku', 'skuId', skuId);
  const units = isRecord(sku?.['prepaidUnits']) ? sku['prepaidUnits'] : {};
  const bought = Number(units['enabled'] ?? 0) + Number(units['warning'] ?? 0);
  return bought - Number(sku?.['consumedUnits'] ?? 0) >= 1;
}

/** Deleting a user releases the units; restoring the user takes them again. */
export function releaseLicences(user: Entity, { store }: GraphCallContext): void {
  for (const { skuId } of assignedLicencesOf(user)) consume(skuId, -1, store);
}

export function reclaimLicences(user: Entity, { store }: GraphCallContext): void {
  for (const { skuId } of assignedLicencesOf(user)) consume(skuId, 1, store);
}

function consume(skuId: string, units: number, store: EntityStore): void {
  const sku = store.findByKey('subscribedSku', 'skuId', skuId);
  if (sku) store.update('subscribedSku', sku.id, { consumedUnits: Number(sku['consumedUnits'] ?? 0) + units });
}
