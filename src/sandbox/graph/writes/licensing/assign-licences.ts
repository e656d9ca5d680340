import { isRecord } from '../../../../core/base/guards.ts';
import type { Entity, EntityStore } from '../../../base/entity-store.ts';
import { type GraphError, requestBadRequest } from '../../graph-error.ts';
import { type JsonObject, readBody } from '../../json-body.ts';
import type { GraphHandler } from '../../parsed-path.ts';
import { resolveEntity } from '../../reads/resolve-entity.ts';
import { entityBody, nowText } from '../write-input.ts';
import {
  type AssignmentState,
  activeState,
  assignmentStatesOf,
  effectiveLicences,
  hasAvailableUnit,
  type Licence,
  saveAssignments,
} from './assignments.ts';
import { findPlanProblem, type PlanProblem, planIdsOf } from './plan-rules.ts';

/** Countries in which the products are not sold. */
const prohibitedLocations = ['CU', 'IR', 'KP', 'SY'];

/** `POST /users/{id}/assignLicense`: all or nothing. Source: "user: assignLicense" and its error messages. */
export const assignLicenceToUser: GraphHandler = async (parsed, request, context) => {
  const { entity: user } = resolveEntity(parsed, context.store);
  const wanted = readLicenceRequest(readBody(request), context.store);
  const states = nextStates(user, wanted, nowText(context));
  if (wanted.add.length > 0) checkUsageLocation(user);
  for (const licence of wanted.add) checkUnits(user, licence, context.store);
  const problem = findPlanProblem(effectiveLicences(states), context.store);
  if (problem) throw planRefusal(problem);
  const updated = saveAssignments(user, states, context);
  return { status: 200, body: entityBody('user', updated, parsed, request) };
};

interface LicenceRequest {
  readonly add: readonly Licence[];
  readonly remove: readonly string[];
}

/** Reads the body of `assignLicense`; both lists are required. Source: "user: assignLicense". */
export function readLicenceRequest(body: JsonObject, store: EntityStore): LicenceRequest {
  const [added, removed] = [listIn(body, 'addLicenses'), listIn(body, 'removeLicenses')];
  const add = added.map((licence) => readLicence(licence, store));
  const remove = removed.map((skuId) => String(skuId).toLowerCase());
  const twice = add.find(
    ({ skuId }, index) => remove.includes(skuId) || add.findIndex((one) => one.skuId === skuId) !== index,
  );
  if (twice) throw requestBadRequest(`License ${twice.skuId} is specified more than once in the request.`);
  return { add, remove };
}

function listIn(body: JsonObject, name: string): readonly unknown[] {
  const list = body[name];
  if (Array.isArray(list)) return list;
  throw requestBadRequest(`The parameter '${name}' is required and must be a collection; it may be empty.`);
}

function readLicence(value: unknown, store: EntityStore): Licence {
  const { skuId, disabledPlans = [] } = isRecord(value) ? value : {};
  if (typeof skuId !== 'string' || !Array.isArray(disabledPlans)) {
    throw requestBadRequest('Each element of addLicenses needs a skuId and a collection disabledPlans.');
  }
  const id = skuId.toLowerCase();
  if (!store.findByKey('subscribedSku', 'skuId', id)) {
    throw requestBadRequest(`License ${skuId} does not correspond to a valid company License.`);
  }
  const plans = planIdsOf(id, store);
  const disabled = disabledPlans.map((plan) => String(plan).toLowerCase());
  const unknown = disabled.find((plan) => !plans.includes(plan));
  if (unknown !== undefined) throw requestBadRequest(`Service plan ${unknown} is not part of license ${skuId}.`);
  return { skuId: id, disabledPlans: disabled };
}

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

function checkUsageLocation(user: Entity): void {
  const location = user['usageLocation'];
  if (typeof location !== 'string' || prohibitedLocations.includes(location.toUpperCase())) {
    throw requestBadRequest('License assignment cannot be done for user with invalid usage location.');
  }
}

/** A user who already has the product, directly or through a group, needs no further unit. */
function checkUnits(user: Entity, { skuId }: Licence, store: EntityStore): void {
  const has = assignmentStatesOf(user).some((state) => state.skuId === skuId && state.state === 'Active');
  if (!has && !hasAvailableUnit(skuId, store)) {
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
