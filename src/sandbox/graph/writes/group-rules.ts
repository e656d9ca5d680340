import type { Entity } from '../../entity-store.ts';
import { GraphError, requestBadRequest } from '../graph-error.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import { syncedObject } from './deletion.ts';

/** Told when a member of a group comes or goes. */
export type MembershipListener = (groupId: string, memberId: string, context: GraphCallContext) => void;

/** Groups from on-premises directories and of Exchange are read-only in Graph. */
export function checkGroupIsWritable(group: Entity): void {
  if (group['onPremisesSyncEnabled'] === true) throw requestBadRequest(syncedObject);
  const isUnified = Array.isArray(group['groupTypes']) && group['groupTypes'].includes('Unified');
  if (group['mailEnabled'] === true && !isUnified) {
    throw requestBadRequest('Cannot Update a mail-enabled security groups and or distribution list.');
  }
}

/** Groups that can hold directory roles need the permission to assign roles. */
export function checkRoleGroup(group: Entity, { caller }: GraphCallContext): void {
  if (group['isAssignableToRole'] === true && !caller.roles.includes('RoleManagement.ReadWrite.Directory')) {
    throw new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
}

/** Members of a dynamic group follow its rule. */
export function checkMembersAreStatic(group: Entity): void {
  if (Array.isArray(group['groupTypes']) && group['groupTypes'].includes('DynamicMembership')) {
    throw requestBadRequest('Members of a group with dynamic membership cannot be changed directly.');
  }
}
