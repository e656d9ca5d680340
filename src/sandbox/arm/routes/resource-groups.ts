import { optionalText, type PlainObject } from '../../base/plain-object.ts';
import { authorize, checkLocks, readableOnly, requireAnyRole } from '../access/guards.ts';
import { normalizeLocation } from '../api-versions.ts';
import { type ArmCall, type ArmRoute, parseBody, tagsOf } from '../arm-call.ts';
import { badRequest, conflict, notFound } from '../arm-error.ts';
import { groupScope, isWithin, subscriptionScope } from '../arm-ids.ts';
import type { ArmResource } from '../arm-store.ts';
import { parseListFilter } from '../list-filter.ts';
import { startOperation } from '../operations/run-operation.ts';
import { pageOf } from '../paging.ts';
import { expandOf, renderListed } from '../render-resource.ts';
import { stampsOf } from '../write-resource.ts';

const type = 'Microsoft.Resources/resourceGroups';
const action = 'Microsoft.Resources/subscriptions/resourceGroups';
const path = '/subscriptions/{subscription}/resourceGroups/{group}';

export const resourceGroupRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: '/subscriptions/{subscription}/resourceGroups', type, handle: listGroups },
  { method: 'GET', path, type, action: `${action}/read`, handle: readGroup },
  { method: 'HEAD', path, type, action: `${action}/read`, handle: checkGroup },
  { method: 'PUT', path, type, action: `${action}/write`, handle: putGroup },
  { method: 'PATCH', path, type, action: `${action}/write`, handle: patchGroup },
  { method: 'DELETE', path, type, action: `${action}/delete`, handle: deleteGroup },
  { method: 'POST', path: `${path}/exportTemplate`, type, action: `${action}/read`, handle: exportTemplate },
  { method: 'GET', path: `${path}/resources`, type, handle: listResources },
  { method: 'GET', path: '/subscriptions/{subscription}/resources', type, handle: listResources },
];

function idOf({ params }: ArmCall): string {
  return groupScope(params['subscription'] ?? '', params['group'] ?? '');
}

function listGroups(call: ArmCall) {
  const scope = subscriptionScope(call.params['subscription'] ?? '');
  requireAnyRole(call, `${action}/read`, scope);
  const isReadable = readableOnly(call);
  const matches = parseListFilter(call.query.get('$filter'));
  const found = [...call.store.resourceGroups()].filter(
    (group) => isWithin(group.id, scope) && isReadable({ ...group, type: action }) && matches(group),
  );
  return pageOf(call, found.map(render));
}

function render({ id, name, location, tags, properties }: ArmResource): PlainObject {
  return { id, name, type, location, ...(tags ? { tags } : {}), properties };
}

function requireOwn(call: ArmCall): ArmResource {
  const group = call.store.resource(idOf(call));
  if (group) return group;
  throw notFound('ResourceGroupNotFound', `Resource group '${call.params['group']}' could not be found.`);
}

function readGroup(call: ArmCall) {
  return { status: 200, body: render(requireOwn(call)) };
}

function checkGroup(call: ArmCall) {
  return { status: call.store.resource(idOf(call)) ? 204 : 404 };
}

function putGroup(call: ArmCall) {
  const body = parseBody(call);
  const existing = call.store.resource(idOf(call));
  const location = optionalText(body['location']);
  if (!location) throw badRequest('LocationRequired', 'The location property is required for this definition.');
  if (existing && existing.location !== normalizeLocation(location)) {
    throw conflict(
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${location}'. The Resource group already exists in location '${existing.location}'.`,
    );
  }
  checkLocks(call, idOf(call), 'write');
  const tags = tagsOf(body['tags']);
  const group: ArmResource = {
    id: existing?.id ?? idOf(call),
    name: existing?.name ?? call.params['group'] ?? '',
    type,
    location: normalizeLocation(location),
    ...(tags ? { tags } : {}),
    properties: { provisioningState: 'Succeeded' },
    ...stampsOf(call, existing),
  };
  call.store.putResource(group);
  return { status: existing ? 200 : 201, body: render(group) };
}

function patchGroup(call: ArmCall) {
  const group = requireOwn(call);
  checkLocks(call, group.id, 'write');
  const tags = tagsOf(parseBody(call)['tags']);
  const changed = { ...group, ...(tags ? { tags } : {}), ...stampsOf(call, group) };
  call.store.putResource(changed);
  return { status: 200, body: render(changed) };
}

function deleteGroup(call: ArmCall) {
  const group = requireOwn(call);
  checkLocks(call, group.id, 'delete');
  const setState = (provisioningState: string) =>
    call.store.putResource({ ...group, properties: { provisioningState } });
  const answer = startOperation(call, {
    resourceId: group.id,
    finish() {
      call.store.removeResource(group.id);
      return { status: 200 };
    },
    fail: () => setState('Succeeded'),
  });
  if (answer.status === 202) setState('Deleting');
  return answer;
}

function exportTemplate(call: ArmCall) {
  const group = requireOwn(call);
  return startOperation(call, {
    resourceId: group.id,
    finish() {
      const resources = [...call.store.resources(group.id)].map(({ name, type: own, location, tags, properties }) => ({
        type: own,
        name,
        ...(location === undefined ? {} : { location }),
        ...(tags ? { tags } : {}),
        properties,
      }));
      const $schema = 'https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#';
      return { status: 200, body: { template: { $schema, contentVersion: '1.0.0.0', parameters: {}, resources } } };
    },
  });
}

/** Top-level resources of a subscription or group, without properties. */
function listResources(call: ArmCall) {
  const group = call.params['group'];
  const scope = group === undefined ? subscriptionScope(call.params['subscription'] ?? '') : idOf(call);
  requireAnyRole(call, 'Microsoft.Resources/subscriptions/resources/read', scope);
  if (group !== undefined) {
    requireOwn(call);
    if (!call.store.can(call.caller.objectId, `${action}/read`, scope)) {
      authorize(call, `${action}/resources/read`, scope);
    }
  }
  const filter = call.query.get('$filter');
  const matches = parseListFilter(filter);
  const hidesTags = filter !== undefined && /\btagName\b/i.test(filter);
  const expand = expandOf(call.query);
  const isReadable = readableOnly(call);
  return pageOf(call, matching());

  function* matching() {
    for (const one of call.store.resources(scope)) {
      if (one.type.split('/').length !== 2 || !matches(one) || !isReadable(one)) continue;
      const { tags, ...listed } = renderListed(one, expand);
      yield tags === undefined || hidesTags ? listed : { ...listed, tags };
    }
  }
}
