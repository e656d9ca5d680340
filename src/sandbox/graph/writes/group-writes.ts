import type { Entity } from '../../entity-store.ts';
import { tenant } from '../../seed/tenant.ts';
import type { SandboxRequest } from '../../service.ts';
import { type GraphError, requestBadRequest } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed } from './deletion.ts';
import { checkGroupIsWritable, checkRoleGroup, type MembershipListener } from './group-rules.ts';
import { newGroup } from './new-objects.ts';
import { addReferences, readBindings } from './references.ts';
import { upsertByKey } from './upsert.ts';
import type { GraphRoutes } from './write-handler.ts';
import {
  checkProperties,
  conflictingValue,
  created,
  invalidValue,
  type JsonObject,
  noContent,
  nowText,
  readBody,
  requireProperties,
} from './write-input.ts';

/** Source: "Create group", "Update group", "Upsert group". */
export function groupRoutes(onMembership: MembershipListener): GraphRoutes {
  const create: GraphHandler = async (parsed, request, context) => {
    const group = createGroup(readBody(request), request, context, onMembership);
    return created('group', group, parsed, request);
  };
  const update: GraphHandler = async (parsed, request, context) => {
    const { entity: group } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
    updateGroup(group, readBody(request), request, context, onMembership);
    return noContent;
  };
  return {
    'POST /groups': create,
    'PATCH /groups/{id}': upsertByKey('group', { create, update }),
    'DELETE /groups/{id}': async (parsed, request, context) => {
      const { entity: group } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
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
  const groupTypes = stringsOf(body['groupTypes']);
  const isUnified = groupTypes.includes('Unified');
  checkKind(body, isUnified);
  const owners = readBindings(body, 'owners', request, context);
  const members = readBindings(body, 'members', request, context);
  if (owners.length + members.length > 20) throw tooManyReferences();
  const { 'owners@odata.bind': _owners, 'members@odata.bind': _members, ...properties } = body;
  const id = context.newId();
  const now = nowText(context);
  const nickname = String(body['mailNickname']);
  const mail = isUnified ? `${nickname}@${tenant.domain}` : null;
  const dynamic = groupTypes.includes('DynamicMembership');
  const group = newGroup({
    createdDateTime: now,
    renewedDateTime: now,
    createdByAppId: context.caller.appId,
    membershipRuleProcessingState: dynamic ? 'On' : null,
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
  if (members.length + owners.length > 20) throw tooManyReferences();
  addReferences({ relation: 'group.members', owner: group, targets: members }, context);
  addReferences({ relation: 'group.owners', owner: group, targets: owners }, context);
  for (const member of members) onMembership(group.id, member, context);
  const { 'owners@odata.bind': _owners, 'members@odata.bind': _members, ...properties } = body;
  if (Object.keys(properties).length > 0) context.store.update('group', group.id, properties);
}

function checkGroup(body: JsonObject, context: GraphCallContext, group?: Entity): void {
  const { mailNickname, displayName, uniqueName, membershipRule, isAssignableToRole } = body;
  if (typeof mailNickname === 'string' && (/[@()\\[\]";:<>, ]/.test(mailNickname) || mailNickname.length > 64)) {
    throw invalidValue('mailNickname', 'Group');
  }
  if (displayName === '' || displayName === null || String(displayName ?? '').length > 256) {
    throw invalidValue('displayName', 'Group');
  }
  const types = stringsOf(body['groupTypes'] ?? group?.['groupTypes']);
  if (types.includes('DynamicMembership') && !membershipRule && !group?.['membershipRule']) {
    throw requestBadRequest(
      `A value is required for property 'membershipRule' of resource 'Group' with dynamic membership.`,
    );
  }
  if (membershipRule && !types.includes('DynamicMembership')) {
    throw requestBadRequest(`A group without 'DynamicMembership' in groupTypes cannot have a membershipRule.`);
  }
  if (typeof uniqueName === 'string' && taken('uniqueName', uniqueName, context, group)) {
    throw conflictingValue('uniqueName');
  }
  if (
    typeof mailNickname === 'string' &&
    types.includes('Unified') &&
    taken('mailNickname', mailNickname, context, group)
  ) {
    throw conflictingValue('mailNickname');
  }
  if (isAssignableToRole === true && !group) checkRoleGroup({ id: '', isAssignableToRole }, context);
  if (isAssignableToRole === true && types.includes('DynamicMembership')) {
    throw requestBadRequest('A role-assignable group cannot have dynamic membership.');
  }
}

function taken(property: string, value: string, { store }: GraphCallContext, group: Entity | undefined): boolean {
  const other = store.findByKey('group', property, value);
  return other !== undefined && other.id !== group?.id;
}

/** Graph makes security groups and Microsoft 365 groups; the rest is Exchange's. */
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

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function tooManyReferences(): GraphError {
  return requestBadRequest(
    'The request adds more than 20 references. At most 20 owners and members can be added in one request.',
  );
}
