import type { PlainObject } from '../../base/guards.ts';
import { subscriptionIdOf, subscriptionScope } from '../arm-ids.ts';
import type { RoleAssignmentRecord, RoleDefinitionRecord } from '../arm-records.ts';

const definitions = 'providers/Microsoft.Authorization/roleDefinitions';

export function renderAssignment(assignment: RoleAssignmentRecord): PlainObject {
  const { name, scope, roleId, principalId, principalType, description, condition, conditionVersion } = assignment;
  const { createdOn } = assignment;
  const subscriptionId = subscriptionIdOf(scope);
  const owner = subscriptionId === undefined ? '' : subscriptionScope(subscriptionId);
  return {
    properties: {
      roleDefinitionId: `${owner}/${definitions}/${roleId}`,
      principalId,
      principalType,
      scope,
      condition: condition ?? null,
      conditionVersion: conditionVersion ?? null,
      createdOn,
      updatedOn: createdOn,
      createdBy: null,
      updatedBy: null,
      delegatedManagedIdentityResourceId: null,
      description: description ?? null,
    },
    id: `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    type: 'Microsoft.Authorization/roleAssignments',
    name,
  };
}

/** `owner` is the subscription's scope, or empty. */
export function renderDefinition(role: RoleDefinitionRecord, owner: string): PlainObject {
  const { id, roleName, description, actions, notActions, dataActions, notDataActions } = role;
  return {
    properties: {
      roleName,
      type: 'BuiltInRole',
      description,
      assignableScopes: ['/'],
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      createdOn: '2015-02-02T21:55:09.8806423Z',
      updatedOn: '2023-07-10T15:10:53.9475316Z',
      createdBy: null,
      updatedBy: null,
    },
    id: `${owner}/${definitions}/${id}`,
    type: 'Microsoft.Authorization/roleDefinitions',
    name: id,
  };
}
