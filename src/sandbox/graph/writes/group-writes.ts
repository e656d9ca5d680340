import type { Entity } from '../../base/entity-store.ts';
import type { SandboxRequest } from '../../base/service.ts';
import { requestBadRequest } from '../graph-error.ts';
import { type JsonObject, readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed } from './deletion.ts';
import { checkGroupIsWritable, checkRoleGroup, hasGroupType, type MembershipListener } from './group-rules.ts';
import { newGroup } from './new-objects.ts';
import { addReferences, readBindings } from './references.ts';
import {
  checkDisplayName,
  checkMailNickname,
  checkProperties,
  conflictingValue,
  created,
  invalidValue,
  isTaken,
  noContent,
  nowText,
  requireProperties,
} from './write-input.ts';
import { type GraphRoutes, upsertByKey } from './write-routes.ts';

const maximumReferences = 20;

/** Source: "Create group", "Update group", "Upsert group". */
export function groupRoutes(onMembership: MembershipListener): GraphRoutes {
  const create: GraphHandler = async (parsed, request, context) => {
    const group = createGroup(readBody(request), request, context, onMembership);
    return created('group', group, { parsed, request, context });
  };
  const update: GraphHandler = async (parsed, request, context) => {
    const { entity: group } = resolveEntity(parsed, context.store);
    updateGroup(group, readBody(request), request, context, onMembership);
    return noContent;
  };
  return {
    'POST /groups': create,
    'PATCH /groups/{id}': upsertByKey('group', { create, update }),
    'DELETE /groups/{id}': async (parsed, request, context) => {
      const { entity: group } = resolveEntity(parsed, context.store);
      checkRoleGroup(group, context);
      return deleteAddressed(parsed, request, context);
    },
  };
}

function createGroup(
  body: JsonObject,
  request: SandboxRequest,
  context: GraphCallContext,
  onMembership: MembershipListener,
): Entity {
  checkProperties('group', body);
  requireProperties(body, ['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled'], 'Group');
  checkGroup(body, context);
  const isUnified = hasGroupType(body, 'Unified');
  checkKind(body, isUnified);
  const owners = readBindings(body, 'owners', request, context);
  const members = readBindings(body, 'members', request, context);
  checkReferences([...owners, ...members]);
  const { 'owners@odata.bind': _owners, 'members@odata.bind': _members, ...properties } = body;
  const id = context.newId();
  const now = nowText(context);
  const nickname = String(body['mailNickname']);
  const mail = isUnified ? `${nickname}@${context.tenant.domain}` : null;
  const group = newGroup({
    createdDateTime: now,
    renewedDateTime: now,
    createdByAppId: context.caller.appId,
    membershipRuleProcessingState: hasGroupType(body, 'DynamicMembership') ? 'On' : null,
    visibility: isUnified ? 'Public' : null,
    mail,
    proxyAddresses: mail ? [`SMTP:${mail}`] : [],
    ...properties,
    id,
  });
  context.store.insert('group', group);
  for (const owner of owners) context.store.link('group.owners', id, owner);
  for (const member of members) context.store.link('group.members', id, member);
  for (const member of members) onMembership(id, member, context);
  return group;
}

function updateGroup(
  group: Entity,
  body: JsonObject,
  request: SandboxRequest,
  context: GraphCallContext,
  onMembership: MembershipListener,
): void {
  checkGroupIsWritable(group);
  checkRoleGroup(group, context);
  checkProperties('group', body);
  if ('isAssignableToRole' in body && body['isAssignableToRole'] !== group['isAssignableToRole']) {
    throw requestBadRequest(`Property 'isAssignableToRole' is immutable and cannot be changed.`);
  }
  checkGroup(body, context, group);
  const members = readBindings(body, 'members', request, context);
  const owners = readBindings(body, 'owners', request, context);
  checkReferences([...owners, ...members]);
  addReferences({ relation: 'group.members', owner: group, targets: members }, context);
  addReferences({ relation: 'group.owners', owner: group, targets: owners }, context);
  for (const member of members) onMembership(group.id, member, context);
  const { 'owners@odata.bind': _owners, 'members@odata.bind': _members, ...properties } = body;
  if (Object.keys(properties).length > 0) context.store.update('group', group.id, properties);
}

function checkGroup(body: JsonObject, context: GraphCallContext, group?: Entity): void {
  const { mailNickname, uniqueName, membershipRule, isAssignableToRole } = body;
  checkMailNickname(body, 'Group');
  checkDisplayName(body, 'Group');
  const kind = { groupTypes: body['groupTypes'] ?? group?.['groupTypes'] };
  const isDynamic = hasGroupType(kind, 'DynamicMembership');
  if (isDynamic && !membershipRule && !group?.['membershipRule']) {
    throw requestBadRequest(
      `A value is required for property 'membershipRule' of resource 'Group' with dynamic membership.`,
    );
  }
  if (membershipRule && !isDynamic) {
    throw requestBadRequest(`A group without 'DynamicMembership' in groupTypes cannot have a membershipRule.`);
  }
  if (isTaken('group', 'uniqueName', uniqueName, context, group)) throw conflictingValue('uniqueName');
  if (hasGroupType(kind, 'Unified') && isTaken('group', 'mailNickname', mailNickname, context, group)) {
    throw conflictingValue('mailNickname');
  }
  if (isAssignableToRole === true && !group) checkRoleGroup({ id: '', isAssignableToRole }, context);
  if (isAssignableToRole === true && isDynamic) {
    throw requestBadRequest('A role-assignable group cannot have dynamic membership.');
  }
}

/** Graph creates security groups and Microsoft 365 groups; Exchange creates the others. */
function checkKind(body: JsonObject, isUnified: boolean): void {
  if (body['mailEnabled'] === true && !isUnified) {
    throw requestBadRequest(
      'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
    );
  }
  if (isUnified && body['mailEnabled'] !== true) {
    throw requestBadRequest(`A Microsoft 365 group needs mailEnabled set to true.`);
  }
  if (body['mailEnabled'] !== true && body['securityEnabled'] !== true) {
    throw requestBadRequest(`A group must be security-enabled or mail-enabled.`);
  }
}

function checkReferences(targets: readonly string[]): void {
  if (targets.length <= maximumReferences) return;
  throw requestBadRequest(
    'The request adds more than 20 references. At most 20 owners and members can be added in one request.',
  );
}

/** Source: "Create administrativeUnit", "Update administrativeUnit", "Delete administrativeUnit", "Add a member". */
export const administrativeUnitRoutes: GraphRoutes = {
  'POST /directory/administrativeUnits': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('administrativeUnit', body);
    requireProperties(body, ['displayName'], 'AdministrativeUnit');
    checkUnit(body);
    const unit = {
      deletedDateTime: null,
      description: null,
      isMemberManagementRestricted: false,
      membershipRule: null,
      membershipRuleProcessingState: null,
      membershipType: null,
      visibility: null,
      ...body,
      id: context.newId(),
    };
    context.store.insert('administrativeUnit', unit);
    return created('administrativeUnit', unit, { parsed, request, context });
  },
  'PATCH /directory/administrativeUnits/{id}': async (parsed, request, context) => {
    const { entity: owner } = resolveEntity(parsed, context.store);
    const body = readBody(request);
    const { 'members@odata.bind': _members, ...properties } = body;
    checkProperties('administrativeUnit', properties);
    checkUnit(properties);
    if ('isMemberManagementRestricted' in properties) {
      throw requestBadRequest(`Property 'isMemberManagementRestricted' is immutable and cannot be changed.`);
    }
    const targets = readBindings(body, 'members', request, context);
    if (targets.length > maximumReferences) {
      throw requestBadRequest(`At most ${maximumReferences} members can be added in one request.`);
    }
    addReferences({ relation: 'administrativeUnit.members', owner, targets }, context);
    if (Object.keys(properties).length > 0) context.store.update('administrativeUnit', owner.id, properties);
    return noContent;
  },
  'DELETE /directory/administrativeUnits/{id}': deleteAddressed,
};

function checkUnit(body: JsonObject): void {
  const { visibility } = body;
  checkDisplayName(body, 'AdministrativeUnit');
  if (visibility !== undefined && visibility !== null && visibility !== 'HiddenMembership') {
    throw invalidValue('visibility', 'AdministrativeUnit');
  }
}
