import type { Entity } from '../../../entity-store.ts';
import type { GraphCallContext } from '../../parsed-path.ts';
import { activeState } from './assign-to-user.ts';
import {
  type AssignmentError,
  type AssignmentState,
  assignedLicencesOf,
  assignmentStatesOf,
  effectiveLicences,
  type Licence,
} from './assignment-states.ts';
import { findPlanProblem } from './plan-rules.ts';
import { availableUnits, saveAssignments } from './seats.ts';

/**
 * Makes what a user inherits agree with the groups that the user is in. What cannot be given stays as an assignment in
 * error. Nested groups pass nothing on. Source: "Group-based licensing: identify and resolve problems".
 */
export function inheritLicences(user: Entity, context: GraphCallContext, now: string): Entity {
  const groups = context.store
    .backlinks('group.members', user.id)
    .map((id) => context.store.get('group', id))
    .filter((group) => group !== undefined);
  let states: readonly AssignmentState[] = assignmentStatesOf(user).filter((state) => {
    if (state.assignedByGroup === null) return true;
    const group = groups.find(({ id }) => id === state.assignedByGroup);
    const licence = group && assignedLicencesOf(group).find(({ skuId }) => skuId === state.skuId);
    return state.state === 'Active' && licence !== undefined && samePlans(licence, state);
  });
  for (const group of groups) {
    for (const licence of assignedLicencesOf(group)) {
      const has = states.some(({ skuId, assignedByGroup }) => skuId === licence.skuId && assignedByGroup === group.id);
      if (!has) states = [...states, inheritedState({ user, states, licence, groupId: group.id, now }, context)];
    }
  }
  return JSON.stringify(states) === JSON.stringify(assignmentStatesOf(user))
    ? user
    : saveAssignments(user, states, context);
}

interface Inheritance {
  readonly user: Entity;
  readonly states: readonly AssignmentState[];
  readonly licence: Licence;
  readonly groupId: string;
  readonly now: string;
}

function inheritedState(
  { user, states, licence, groupId, now }: Inheritance,
  { store }: GraphCallContext,
): AssignmentState {
  const wanted = activeState(licence, groupId, now);
  const failed = (error: AssignmentError): AssignmentState => ({ ...wanted, state: 'Error', error });
  const counted = [...states, ...assignmentStatesOf(user)];
  const hasUnit = counted.some(({ skuId, state }) => skuId === licence.skuId && state === 'Active');
  const sku = store.findByKey('subscribedSku', 'skuId', licence.skuId);
  if (!hasUnit && (!sku || availableUnits(sku) < 1)) return failed('CountViolation');
  const problem = findPlanProblem(effectiveLicences([...states, wanted]), store);
  if (problem) return failed(problem.kind === 'dependency' ? 'DependencyViolation' : 'MutuallyExclusiveViolation');
  return wanted;
}

function samePlans(licence: Licence, state: AssignmentState): boolean {
  return [...licence.disabledPlans].sort().join() === [...state.disabledPlans].sort().join();
}
