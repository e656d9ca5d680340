import type { Entity, EntityStore } from '../../../entity-store.ts';
import { type GraphError, requestBadRequest } from '../../graph-error.ts';
import type { GraphHandler } from '../../parsed-path.ts';
import { resolveEntity } from '../../reads/resolve-entity.ts';
import { entityBody, nowText, readBody } from '../write-input.ts';
import { type AssignmentState, assignmentStatesOf, effectiveLicences, type Licence } from './assignment-states.ts';
import { type LicenceRequest, readLicenceRequest } from './licence-request.ts';
import { findPlanProblem, type PlanProblem } from './plan-rules.ts';
import { availableUnits, saveAssignments } from './seats.ts';

/** Countries in which the products are not sold. */
const prohibitedLocations = ['CU', 'IR', 'KP', 'SY'];

/** `POST /users/{id}/assignLicense`: all of it or nothing. Source: "user: assignLicense" and its error messages. */
export const assignLicenceToUser: GraphHandler = async (parsed, request, context) => {
  const [key] = parsed.keys;
  const { entity: user } = resolveEntity(parsed.names, key ?? { value: '' }, context.store);
  const wanted = readLicenceRequest(readBody(request), context.store);
  const states = nextStates(user, wanted, nowText(context));
  if (wanted.add.length > 0) checkUsageLocation(user);
  for (const licence of wanted.add) checkUnits(user, licence, context.store);
  const problem = findPlanProblem(effectiveLicences(states), context.store);
  if (problem) throw planRefusal(problem);
  const updated = saveAssignments(user, states, context);
  return { status: 200, body: entityBody('user', updated, parsed, request) };
};

function nextStates(user: Entity, { add, remove }: LicenceRequest, now: string): readonly AssignmentState[] {
  const states = assignmentStatesOf(user);
  const isDirect = ({ assignedByGroup }: AssignmentState) => assignedByGroup === null;
  for (const skuId of remove) {
    const ofSku = states.filter((state) => state.skuId === skuId);
    if (ofSku.length === 0) throw requestBadRequest('User does not have a corresponding license.');
    if (!ofSku.some(isDirect)) {
      throw requestBadRequest(
        'User license is inherited from a group membership and it cannot be removed directly from the user.',
      );
    }
  }
  const touched = [...remove, ...add.map(({ skuId }) => skuId)];
  const kept = states.filter((state) => !(isDirect(state) && touched.includes(state.skuId)));
  return [...kept, ...add.map((licence) => activeState(licence, null, now))];
}

export function activeState(
  { skuId, disabledPlans }: Licence,
  assignedByGroup: string | null,
  now: string,
): AssignmentState {
  return { skuId, disabledPlans, assignedByGroup, state: 'Active', error: 'None', lastUpdatedDateTime: now };
}

function checkUsageLocation(user: Entity): void {
  const location = user['usageLocation'];
  if (typeof location !== 'string' || prohibitedLocations.includes(location.toUpperCase())) {
    throw requestBadRequest('License assignment cannot be done for user with invalid usage location.');
  }
}

/** Who has the product already, from whatever side, needs no further unit. */
function checkUnits(user: Entity, { skuId }: Licence, store: EntityStore): void {
  const has = assignmentStatesOf(user).some((state) => state.skuId === skuId && state.state === 'Active');
  const sku = store.findByKey('subscribedSku', 'skuId', skuId);
  if (!has && (!sku || availableUnits(sku) < 1)) {
    throw requestBadRequest(`Subscription with SKU ${skuId} does not have any available licenses.`);
  }
}

function planRefusal(problem: PlanProblem): GraphError {
  return problem.kind === 'dependency'
    ? requestBadRequest(
        `License assignment failed because service plan ${problem.plan} depends on the service plan(s) ${problem.needs.join(', ')}`,
      )
    : requestBadRequest(
        `License assignment failed because service plans ${problem.plans.join(', ')} are mutually exclusive.`,
      );
}
