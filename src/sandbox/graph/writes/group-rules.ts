import type { Entity } from '../../base/entity-store.ts';
import { forbidden, requestBadRequest, syncedObject } from '../graph-error.ts';
import type { GraphCallContext } from '../parsed-path.ts';

/** Called when a group member is added or removed. */
export type MembershipListener = (groupId: string, memberId: string, context: GraphCallContext) => void;

/** Groups from on-premises directories and Exchange are read-only in Graph. */
export function checkGroupIsWritable(group: Entity): void {
  if (group['onPremisesSyncEnabled'] === true) throw syncedObject();
  if (group['mailEnabled'] === true && !hasGroupType(group, 'Unified')) {
    throw requestBadRequest('Cannot Update a mail-enabled security groups and or distribution list.');
  }
}

/** Role-assignable groups require the permission to assign roles. */
export function checkRoleGroup(group: Entity, { caller }: GraphCallContext): void {
  if (group['isAssignableToRole'] === true && !caller.roles.includes('RoleManagement.ReadWrite.Directory')) {
    throw forbidden();
  }
}

/** A dynamic group's members follow from its rule. */
export function checkMembersAreStatic(group: Entity): void {
  if (hasGroupType(group, 'DynamicMembership')) {
    throw requestBadRequest('Members of a group with dynamic membership cannot be changed directly.');
  }
}

export function hasGroupType({ groupTypes }: Readonly<Record<string, unknown>>, type: 'Unified' | 'DynamicMembership') {
  return Array.isArray(groupTypes) && groupTypes.includes(type);
}
