import { type Entity, type EntityType, isReplicated, type Relation } from '../../base/entity-store.ts';
import type { SandboxRequest } from '../../base/service.ts';
import { GraphError, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import { type JsonObject, readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { findObject, resolveEntity } from '../reads/resolve-entity.ts';
import { deleteThroughRelation } from './deletion.ts';
import { checkGroupIsWritable, checkMembersAreStatic, checkRoleGroup, type MembershipListener } from './group-rules.ts';
import { noContent, readReference } from './write-input.ts';
import type { GraphRoutes } from './write-routes.ts';

interface ReferenceChange {
  readonly relation: Relation;
  readonly owner: Entity;
  readonly targets: readonly string[];
}

const maximumOwners = 100;

/** Types that a relation can point to. */
const allowedTargets: Readonly<Record<string, readonly EntityType[]>> = {
  'administrativeUnit.members': ['user', 'group', 'device'],
  'group.members': ['user', 'group', 'device', 'servicePrincipal', 'orgContact'],
  'group.owners': ['user', 'servicePrincipal'],
  'application.owners': ['user', 'servicePrincipal'],
  'servicePrincipal.owners': ['user', 'servicePrincipal'],
  'device.registeredOwners': ['user'],
  'device.registeredUsers': ['user'],
  'directoryRole.members': ['user', 'group', 'servicePrincipal'],
};

/**
 * `$ref` of every writable relation, and the form without `/$ref`. Source: "Add member", "Remove member", "Add owner",
 * "Create registeredOwner".
 */
export function referenceRoutes(onMembership: MembershipListener): GraphRoutes {
  const routes: Record<string, GraphHandler> = {};
  const relations: readonly (readonly [set: string, relation: Relation])[] = [
    ['groups', 'group.members'],
    ['groups', 'group.owners'],
    ['applications', 'application.owners'],
    ['servicePrincipals', 'servicePrincipal.owners'],
    ['devices', 'device.registeredOwners'],
    ['devices', 'device.registeredUsers'],
    ['directoryRoles', 'directoryRole.members'],
    ['directory/administrativeUnits', 'administrativeUnit.members'],
  ];
  for (const [set, relation] of relations) {
    const path = `/${set}/{id}/${relation.split('.')[1]}`;
    routes[`POST ${path}/$ref`] = addOne(relation, onMembership);
    routes[`DELETE ${path}/{id}/$ref`] = removeOne(relation, onMembership);
    routes[`DELETE ${path}/{id}`] = deleteThroughRelation;
  }
  return routes;
}

function addOne(relation: Relation, onMembership: MembershipListener): GraphHandler {
  return async (parsed, request, context) => {
    const { entity: owner } = resolveEntity(parsed, context.store);
    const target = readReference(readBody(request)['@odata.id'], request, context);
    addReferences({ relation, owner, targets: [target] }, context);
    if (relation === 'group.members') onMembership(owner.id, target, context);
    return noContent;
  };
}

function removeOne(relation: Relation, onMembership: MembershipListener): GraphHandler {
  return async (parsed, _request, context) => {
    const { entity: owner } = resolveEntity(parsed, context.store);
    const target = (parsed.keys[1]?.value ?? '').toLowerCase();
    checkOwner(relation, owner, context);
    checkLastOwner(relation, owner, target, context);
    if (!context.store.unlink(relation, owner.id, target)) throw resourceNotFound(target);
    if (relation === 'group.members') onMembership(owner.id, target, context);
    return noContent;
  };
}

/** Adds all references or none. */
export function addReferences({ relation, owner, targets }: ReferenceChange, context: GraphCallContext): void {
  if (targets.length === 0) return;
  const { store } = context;
  checkOwner(relation, owner, context);
  const property = relation.split('.')[1] ?? '';
  const existing = store.links(relation, owner.id);
  for (const target of targets) checkTarget(relation, target, context);
  if (targets.some((target) => existing.includes(target)) || new Set(targets).size < targets.length) {
    throw requestBadRequest(
      `One or more added object references already exist for the following modified properties: '${property}'.`,
    );
  }
  if (property === 'owners' && existing.length + targets.length > maximumOwners) {
    const message = `Unable to perform operation as '${existing.length + targets.length}' would exceed the maximum quota count '${maximumOwners}' for forward-link 'owners'.`;
    throw new GraphError(403, 'Directory_QuotaExceeded', message);
  }
  for (const target of targets) store.link(relation, owner.id, target);
}

function checkTarget(relation: Relation, target: string, context: GraphCallContext): void {
  const found = findObject(target, context.store);
  if (!found || !isReplicated(found.entity, context)) throw resourceNotFound(target);
  if (!allowedTargets[relation]?.includes(found.type)) {
    throw requestBadRequest(`An object of type '${found.type}' cannot be added to '${relation.split('.')[1]}'.`);
  }
}

function checkOwner(relation: Relation, owner: Entity, context: GraphCallContext): void {
  if (relation !== 'group.members' && relation !== 'group.owners') return;
  checkGroupIsWritable(owner);
  checkRoleGroup(owner, context);
  if (relation === 'group.members') checkMembersAreStatic(owner);
}

/** A Microsoft 365 group with owners must keep at least one. */
function checkLastOwner(relation: Relation, owner: Entity, target: string, { store }: GraphCallContext): void {
  if (relation !== 'group.owners') return;
  const owners = store.links(relation, owner.id);
  if (owners.length === 1 && owners[0] === target) {
    throw requestBadRequest('The group must have at least one owner, hence this owner cannot be removed.');
  }
}

/** Targets of `members@odata.bind` or `owners@odata.bind`. */
export function readBindings(
  body: JsonObject,
  property: string,
  request: SandboxRequest,
  context: GraphCallContext,
): readonly string[] {
  const bindings = body[`${property}@odata.bind`];
  if (bindings === undefined) return [];
  if (!Array.isArray(bindings)) throw requestBadRequest(`The value of '${property}@odata.bind' must be a collection.`);
  const targets = bindings.map((address) => readReference(address, request, context));
  for (const target of targets) {
    if (!context.store.typeOf(target)) throw resourceNotFound(target);
  }
  return targets;
}
