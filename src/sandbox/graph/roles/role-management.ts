import type { Entity } from '../../base/entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { notModelled, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import { readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { checkOptions, filterOf } from '../query/derived-list.ts';
import { parseSelect } from '../query/select.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { createProjector } from '../reads/projection.ts';
import { findObject } from '../reads/resolve-entity.ts';
import { noContent } from '../writes/write-input.ts';
import { assignmentInstances, roleAssignments, roleDefinitions } from './role-entities.ts';

interface Call {
  readonly parsed: ParsedGraphPath;
  readonly request: SandboxRequest;
  readonly context: GraphCallContext;
}

/**
 * `/roleManagement/directory`: the roles of the directory and who has them, which are the same as the members of
 * `/directoryRoles`. Source: "List roleDefinitions", "List unifiedRoleAssignments", "Create unifiedRoleAssignment".
 */
export const handleRoleManagement: GraphHandler = async (parsed, request, context) => {
  const call = { parsed, request, context };
  const [, , collection] = parsed.names;
  const isDeeper = parsed.names.length > 3 || parsed.suffix !== undefined || collection === undefined;
  if (isDeeper) throw notModelled(`${request.method} ${parsed.template}`);
  if (request.method === 'GET') return parsed.isCollection ? list(call) : read(call);
  if (collection === 'roleAssignments' && request.method === 'POST') return assign(call);
  if (collection === 'roleAssignments' && request.method === 'DELETE') return remove(call);
  throw notModelled(`${request.method} ${parsed.template}`);
};

function entitiesOf({ parsed: { names }, context }: Call): readonly Entity[] {
  const { store } = context;
  switch (names[2]) {
    case 'roleDefinitions':
      return roleDefinitions(store);
    case 'roleAssignments':
      return roleAssignments(store).map(({ entity }) => entity);
    case 'roleAssignmentScheduleInstances':
      return assignmentInstances(context);
    default:
      // Nobody is only eligible.
      return [];
  }
}

function list(call: Call): SandboxResponse {
  const { parsed, request } = call;
  checkOptions(parsed, ['$filter', '$select', '$expand', '$count', '$format']);
  const found = entitiesOf(call).filter(filterOf(parsed));
  const context = metadataAddress(parsed.names.join('/'), parsed, request);
  return { status: 200, body: { '@odata.context': context, value: found.map((entity) => show(entity, call)) } };
}

function read(call: Call): SandboxResponse {
  const { parsed, request } = call;
  const context = metadataAddress(`${parsed.names.join('/')}/$entity`, parsed, request);
  return { status: 200, body: { '@odata.context': context, ...show(findEntity(call), call) } };
}

function findEntity(call: Call): Entity {
  const key = call.parsed.keys[0]?.value ?? '';
  const found = entitiesOf(call).find(({ id }) => id === key || id === key.toLowerCase());
  if (!found) throw resourceNotFound(key);
  return found;
}

/** The selected properties, and the principal or the definition if it is expanded. */
function show(entity: Entity, { parsed, context }: Call): Record<string, unknown> {
  const { type = '', query } = parsed;
  const select = parseSelect(query.get('$select'), { type, isCollection: false });
  const body = createProjector({ select, withType: false })({ type, entity });
  const expand = query.get('$expand');
  if (expand === undefined) return body;
  if (expand === 'principal') {
    const found = findObject(String(entity['principalId']), context.store);
    if (!found) return { ...body, principal: null };
    return { ...body, principal: createProjector({ select: undefined, withType: true })(found) };
  }
  if (expand === 'roleDefinition') {
    const found = roleDefinitions(context.store).find(({ id }) => id === entity['roleDefinitionId']);
    return { ...body, roleDefinition: found ?? null };
  }
  throw notModelled(`$expand=${expand} of ${parsed.template}`);
}

/** Makes the principal a member of the role. */
function assign(call: Call): SandboxResponse {
  const { parsed, request, context } = call;
  const { store } = context;
  const { principalId, roleDefinitionId, directoryScopeId = '/' } = readBody(request);
  if (typeof principalId !== 'string' || typeof roleDefinitionId !== 'string') {
    throw requestBadRequest('The principalId and the roleDefinitionId of a role assignment are required.');
  }
  if (directoryScopeId !== '/') throw notModelled('role assignments in a part of the directory');
  const role = store.findByKey('directoryRole', 'roleTemplateId', roleDefinitionId);
  if (!role) throw resourceNotFound(roleDefinitionId);
  const principal = findObject(principalId, store);
  if (!principal) throw resourceNotFound(principalId);
  if (principal.type === 'group' && principal.entity['isAssignableToRole'] !== true) {
    throw requestBadRequest('The group is not assignable to roles.');
  }
  if (store.links('directoryRole.members', role.id).includes(principal.entity.id)) {
    throw requestBadRequest(
      'A conflicting object with one or more of the specified property values is present in the directory.',
    );
  }
  store.link('directoryRole.members', role.id, principal.entity.id);
  const made = roleAssignments(store).find(
    ({ roleId, entity }) => roleId === role.id && entity['principalId'] === principal.entity.id,
  );
  const address = metadataAddress(`${parsed.names.join('/')}/$entity`, parsed, request);
  return { status: 201, body: { '@odata.context': address, ...made?.entity } };
}

function remove(call: Call): SandboxResponse {
  const { store } = call.context;
  const { id } = findEntity(call);
  const found = roleAssignments(store).find(({ entity }) => entity.id === id);
  if (found) store.unlink('directoryRole.members', found.roleId, String(found.entity['principalId']));
  return noContent;
}
