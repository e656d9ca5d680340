import type { Entity, EntityStore } from '../../../entity-store.ts';
import { assignedPlansFor } from '../../../seed/assigned-plans.ts';
import type { GraphCallContext } from '../../parsed-path.ts';
import { type AssignmentState, assignedLicencesOf, effectiveLicences } from './assignment-states.ts';

/** Units of a product that nobody uses yet: enabled and in warning, less those consumed. */
export function availableUnits(sku: Entity): number {
  const units = sku['prepaidUnits'];
  const count = (name: string) => Number((units as Record<string, unknown> | undefined)?.[name] ?? 0); // absent reads as none
  return count('enabled') + count('warning') - Number(sku['consumedUnits'] ?? 0);
}

/** Gives a user these assignments, and moves the units in use accordingly. */
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
  const assignedDateTime = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
  return store.update('user', user.id, {
    assignedLicenses: licences,
    assignedPlans: assignedPlansFor(licences, assignedDateTime),
    licenseAssignmentStates: states,
  });
}

/** A deleted user gives the units back, and takes them again when restored. */
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
