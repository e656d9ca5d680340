import type { Entity } from '../../../base/entity-store.ts';
import { timestamp } from '../../../seed/timestamp.ts';
import { requestBadRequest } from '../../graph-error.ts';
import { readBody } from '../../json-body.ts';
import type { GraphCallContext, GraphHandler } from '../../parsed-path.ts';
import { resolveEntity } from '../../reads/resolve-entity.ts';
import { directoryLocation, entityBody, nowText } from '../write-input.ts';
import { readLicenceRequest } from './assign-licences.ts';
import {
  type AssignmentError,
  type AssignmentState,
  activeState,
  assignedLicencesOf,
  assignmentStatesOf,
  effectiveLicences,
  hasAvailableUnit,
  type Licence,
  saveAssignments,
} from './assignments.ts';
import { findPlanProblem } from './plan-rules.ts';

/** Group-based licensing runs in the background, some seconds after the request. */
export interface GroupLicensing {
  /** `POST /groups/{id}/assignLicense`: 202; members are processed later. */
  readonly assign: GraphHandler;
  /** `POST /users/{id}/reprocessLicenseAssignment`: runs at once. */
  readonly reprocess: GraphHandler;
  /** Called when a member is added or removed. */
  membershipChanged(groupId: string, memberId: string, context: GraphCallContext): void;
  /** Runs the tasks that are due on the sandbox clock. Called before every request. */
  runDue(context: GraphCallContext): void;
}

interface Task {
  readonly dueAt: number;
  readonly groupId: string;
  /** Member to process; undefined means all. */
  readonly memberId?: string;
}

const processingMs = 3000;

/** Source: "group: assignLicense", "Group-based licensing". */
export function createGroupLicensing(): GroupLicensing {
  let tasks: readonly Task[] = [];
  const plan = (task: Omit<Task, 'dueAt'>, { clock }: GraphCallContext) => {
    tasks = [...tasks, { ...task, dueAt: clock.now() + processingMs }];
  };
  return {
    assign: async (parsed, request, context) => {
      const { entity: group } = resolveEntity(parsed, context.store);
      const { add, remove } = readLicenceRequest(readBody(request), context.store);
      const before = assignedLicencesOf(group);
      const missing = remove.find((skuId) => !before.some((licence) => licence.skuId === skuId));
      if (missing !== undefined) throw requestBadRequest('Group does not have a corresponding license.');
      const touched = [...remove, ...add.map(({ skuId }) => skuId)];
      const assignedLicenses = [...before.filter(({ skuId }) => !touched.includes(skuId)), ...add];
      const updated = context.store.update('group', group.id, {
        assignedLicenses,
        licenseProcessingState: { state: 'QueuedForProcessing' },
      });
      plan({ groupId: group.id }, context);
      const location = directoryLocation('group', group, { parsed, request, context });
      return { status: 202, headers: { location }, body: entityBody('group', updated, parsed, request) };
    },
    reprocess: async (parsed, request, context) => {
      const { entity: user } = resolveEntity(parsed, context.store);
      const updated = inheritLicences(user, context, nowText(context));
      for (const { assignedByGroup } of assignmentStatesOf(updated)) {
        const group = assignedByGroup === null ? undefined : context.store.get('group', assignedByGroup);
        if (group) noteErrors(group, context);
      }
      return { status: 200, body: entityBody('user', updated, parsed, request) };
    },
    membershipChanged(groupId, memberId, context) {
      const group = context.store.get('group', groupId);
      if (group && assignedLicencesOf(group).length > 0) plan({ groupId, memberId }, context);
    },
    runDue(context) {
      const now = context.clock.now();
      const due = tasks.filter(({ dueAt }) => dueAt <= now);
      if (due.length === 0) return;
      tasks = tasks.filter(({ dueAt }) => dueAt > now);
      for (const task of due) runTask(task, context);
    },
  };
}

function runTask({ groupId, memberId, dueAt }: Task, context: GraphCallContext): void {
  const { store } = context;
  const finishedAt = timestamp(dueAt);
  const members = memberId === undefined ? store.links('group.members', groupId) : [memberId];
  for (const id of members) {
    const user = store.get('user', id);
    if (user) inheritLicences(user, context, finishedAt);
  }
  const group = store.get('group', groupId);
  if (!group) return;
  noteErrors(store.update('group', groupId, { licenseProcessingState: { state: 'ProcessingComplete' } }), context);
}

/** Updates a group's `hasMembersWithLicenseErrors`. */
function noteErrors(group: Entity, { store }: GraphCallContext): void {
  const isFailed = ({ state, assignedByGroup }: AssignmentState) => state === 'Error' && assignedByGroup === group.id;
  const hasErrors = store.links('group.members', group.id).some((id) => {
    const user = store.get('user', id);
    return user && assignmentStatesOf(user).some(isFailed);
  });
  if ((group['hasMembersWithLicenseErrors'] === true) !== hasErrors) {
    store.update('group', group.id, { hasMembersWithLicenseErrors: hasErrors });
  }
}

/**
 * Updates a user's inherited licences to match the user's groups. A licence that cannot be assigned becomes an
 * assignment in error. Nested groups pass nothing on. Source: "Group-based licensing: identify and resolve problems".
 */
function inheritLicences(user: Entity, context: GraphCallContext, now: string): Entity {
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
  if (!hasUnit && !hasAvailableUnit(licence.skuId, store)) return failed('CountViolation');
  const problem = findPlanProblem(effectiveLicences([...states, wanted]), store);
  if (problem) return failed(problem.kind === 'dependency' ? 'DependencyViolation' : 'MutuallyExclusiveViolation');
  return wanted;
}

function samePlans(licence: Licence, state: AssignmentState): boolean {
  return [...licence.disabledPlans].sort().join() === [...state.disabledPlans].sort().join();
}
