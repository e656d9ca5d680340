import type { Entity } from '../../../entity-store.ts';
import { requestBadRequest } from '../../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../../parsed-path.ts';
import { resolveEntity } from '../../reads/resolve-entity.ts';
import { entityBody, nowText, readBody } from '../write-input.ts';
import { assignedLicencesOf, assignmentStatesOf } from './assignment-states.ts';
import { inheritLicences } from './inherited-licences.ts';
import { readLicenceRequest } from './licence-request.ts';

/** Group-based licensing happens in the background, some seconds after the request that causes it. */
export interface GroupLicensing {
  /** `POST /groups/{id}/assignLicense`: 202, the members follow. */
  readonly assign: GraphHandler;
  /** `POST /users/{id}/reprocessLicenseAssignment`: at once. */
  readonly reprocess: GraphHandler;
  /** A member came or went. */
  membershipChanged(groupId: string, memberId: string, context: GraphCallContext): void;
  /** Does what is due by the sandbox clock. Called before every request. */
  runDue(context: GraphCallContext): void;
}

interface Task {
  readonly dueAt: number;
  readonly groupId: string;
  /** Members to look at; undefined: all. */
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
      const [key] = parsed.keys;
      const { entity: group } = resolveEntity(parsed.names, key ?? { value: '' }, context.store);
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
      const location = `${request.base}/${parsed.version}/directoryObjects/${group.id}/Microsoft.DirectoryServices.Group`;
      return { status: 202, headers: { location }, body: entityBody('group', updated, parsed, request) };
    },
    reprocess: async (parsed, request, context) => {
      const [key] = parsed.keys;
      const { entity: user } = resolveEntity(parsed.names, key ?? { value: '' }, context.store);
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
  const finishedAt = new Date(dueAt).toISOString().replace(/\.\d+/, '');
  const members = memberId === undefined ? store.links('group.members', groupId) : [memberId];
  for (const id of members) {
    const user = store.typeOf(id) === 'user' ? store.get('user', id) : undefined;
    if (user) inheritLicences(user, context, finishedAt);
  }
  const group = store.get('group', groupId);
  if (!group) return;
  noteErrors(store.update('group', groupId, { licenseProcessingState: { state: 'ProcessingComplete' } }), context);
}

/** `hasMembersWithLicenseErrors` of a group. */
function noteErrors(group: Entity, { store }: GraphCallContext): void {
  const hasErrors = store.links('group.members', group.id).some((id) => {
    const user = store.typeOf(id) === 'user' ? store.get('user', id) : undefined;
    return (
      user &&
      assignmentStatesOf(user).some(({ state, assignedByGroup }) => state === 'Error' && assignedByGroup === group.id)
    );
  });
  if ((group['hasMembersWithLicenseErrors'] === true) !== hasErrors) {
    store.update('group', group.id, { hasMembersWithLicenseErrors: hasErrors });
  }
}
