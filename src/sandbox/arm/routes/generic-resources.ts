import { optionalText } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { authorize, checkLocks, checkPolicies, readableOnly, requireAnyRole } from '../access/guards.ts';
import { checkApiVersion, findType, spellType } from '../api-versions.ts';
import { type ArmCall, parseBody } from '../arm-call.ts';
import { type ArmError, badRequest, methodNotAllowed, notFound, notModelled } from '../arm-error.ts';
import { idKey, isSameId, parseResourcePath, type ResourcePath, resourceGroupOf } from '../arm-ids.ts';
import type { ArmResource } from '../arm-store.ts';
import { startOperation, startRemoval } from '../operations/run-operation.ts';
import { pageOf } from '../paging.ts';
import { renderResource } from '../render-resource.ts';
import {
  checkLocation,
  checkPreconditions,
  checkStorageName,
  refuseWhileRunning,
  requireGroup,
  requireParent,
  requireProvider,
  storageNameProblem,
} from '../requirements.ts';
import { buildResource, mergeResource, withState } from '../write-resource.ts';

/** Handles every path without its own route: any resource, list, or action below `/providers/`. */
export function handleGeneric(call: ArmCall): SandboxResponse | Promise<SandboxResponse> {
  const parsed = parseResourcePath(call.path);
  if (!parsed) throw notModelled(`${call.method} ${call.path}`);
  const type = spellType(parsed.type);
  const stored = call.store.resource(call.path);
  if (parsed.isCollection && call.method === 'POST') return runResourceAction(call, parsed);
  checkApiVersion(parsed.type, call.apiVersion, stored?.location ?? '');
  if (!findType(parsed.type)) throw notModelled(type);
  if (parsed.isCollection) {
    if (call.method !== 'GET') throw unsupportedMethod(call);
    return listByType(call, parsed, type);
  }
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return readResource(call, type);
    case 'PUT':
      return putResource(call, parsed, type);
    case 'PATCH':
      return patchResource(call, type);
    case 'DELETE':
      return deleteResource(call, type);
    default:
      throw unsupportedMethod(call);
  }
}

function unsupportedMethod({ method, path }: ArmCall): ArmError {
  return methodNotAllowed(`The resource '${path}' does not support the method '${method}'.`);
}

function requireResource(call: ArmCall, type: string): ArmResource {
  const resource = call.store.resource(call.path);
  if (resource) return resource;
  requireGroup(call, call.path);
  const name = call.path.split('/').at(-1);
  throw notFound(
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${resourceGroupOf(call.path) ?? '<null>'}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

function listByType(call: ArmCall, parsed: ResourcePath, type: string): SandboxResponse {
  const scope = parsed.names.length > 0 ? parsed.resourceId : parsed.parent;
  requireAnyRole(call, `${type}/read`, scope);
  requireGroup(call, call.path);
  if (parsed.names.length > 0 && !call.store.resource(scope)) requireParent(call, `${call.path}/x`, type);
  refuseOldGremlin(call, type, scope);
  const isReadable = readableOnly(call);
  return pageOf(call, matching());

  function* matching() {
    for (const one of call.store.resources(scope)) {
      if (isSameId(one.type, type) && isReadable(one)) yield renderResource(one, call);
    }
  }
}

/** An account that predates Gremlin roles has neither definitions nor assignments. */
function refuseOldGremlin({ store }: ArmCall, type: string, accountId: string): void {
  if (!/\/gremlinRole(Definitions|Assignments)$/i.test(type)) return;
  if (store.resource(accountId)?.traits?.['gremlinRbac'] === false) {
    throw badRequest('BadRequest', 'Role-based access control for Gremlin is not enabled for this account.');
  }
}

function readResource(call: ArmCall, type: string): SandboxResponse {
  authorize(call, `${type}/read`, call.path);
  const looked = call.operations.runningOn(call.path);
  if (looked?.style.name === 'provisioning_state') call.operations.look(looked, call.context.clock.now());
  if (call.method === 'HEAD') return { status: call.store.resource(call.path) ? 204 : 404 };
  return show(call, requireResource(call, type));
}

function show(call: ArmCall, resource: ArmResource, status = 200): SandboxResponse {
  return { status, headers: { etag: resource.etag }, body: renderResource(resource, call) };
}

function putResource(call: ArmCall, parsed: ResourcePath, type: string): SandboxResponse {
  authorize(call, `${type}/write`, call.path);
  const body = parseBody(call);
  requireGroup(call, call.path);
  requireProvider(call, parsed.namespace);
  requireParent(call, call.path, type);
  const existing = call.store.resource(call.path);
  checkPreconditions(call, existing);
  checkLocation(call, type, optionalText(body['location']), existing);
  checkStorageName(call, type, existing);
  checkPolicies(call, type, optionalText(body['location']));
  checkLocks(call, call.path, 'write');
  refuseWhileRunning(call);
  const status = existing ? 200 : 201;
  const built = buildResource(call, type, body, existing);
  const showAs = (state: string) => show(call, call.store.putResource(withState(call, built, state)), status);
  return startOperation(call, {
    resourceId: built.id,
    begin: () => showAs(existing ? 'Updating' : 'Creating'),
    finish: () => showAs('Succeeded'),
    fail: (state) => void (call.store.resource(built.id) && showAs(state)),
  });
}

function patchResource(call: ArmCall, type: string): SandboxResponse {
  authorize(call, `${type}/write`, call.path);
  const body = parseBody(call);
  const existing = requireResource(call, type);
  checkPreconditions(call, existing);
  checkLocks(call, call.path, 'write');
  refuseWhileRunning(call);
  return startOperation(call, {
    resourceId: existing.id,
    finish: () => show(call, call.store.putResource(mergeResource(call, existing, body))),
  });
}

function deleteResource(call: ArmCall, type: string): SandboxResponse {
  authorize(call, `${type}/delete`, call.path);
  const existing = call.store.resource(call.path);
  if (!existing) {
    requireGroup(call, call.path);
    return { status: 204 };
  }
  checkPreconditions(call, existing);
  checkLocks(call, call.path, 'delete');
  refuseWhileRunning(call);
  return startRemoval(call, existing.id, 200);
}

function runResourceAction(call: ArmCall, parsed: ResourcePath): SandboxResponse | Promise<SandboxResponse> {
  const ownerType = parsed.names.length === 0 ? parsed.type : parsed.type.split('/').slice(0, -1).join('/');
  const type = spellType(ownerType);
  checkApiVersion(ownerType, call.apiVersion);
  authorize(call, `${type}/${parsed.last}/action`, parsed.names.length === 0 ? parsed.parent : parsed.resourceId);
  return runAction(call, parsed, type);
}

type Action = (call: ArmCall, parsed: ResourcePath) => SandboxResponse;

/** Modelled actions, by type and name in lower case. */
const actions: Readonly<Record<string, Action>> = {
  'microsoft.storage/storageaccounts/listkeys': listKeys,
  'microsoft.storage/checknameavailability/checknameavailability': checkName,
  'microsoft.compute/virtualmachines/start': setPower('running'),
  'microsoft.compute/virtualmachines/restart': setPower('running'),
  'microsoft.compute/virtualmachines/poweroff': setPower('stopped'),
  'microsoft.compute/virtualmachines/deallocate': setPower('deallocated'),
  'microsoft.dbforpostgresql/flexibleservers/start': setServer('Ready'),
  'microsoft.dbforpostgresql/flexibleservers/stop': setServer('Stopped'),
};

function runAction(call: ArmCall, parsed: ResourcePath, type: string): SandboxResponse {
  const action = actions[idKey(`${type}/${parsed.last}`)];
  if (!action) throw notModelled(`POST ${type}/${parsed.last}`);
  return action(call, parsed);
}

function target(call: ArmCall, { resourceId }: ResourcePath): ArmResource {
  const resource = call.store.resource(resourceId);
  if (resource) return resource;
  throw notFound(
    'ResourceNotFound',
    `The Resource '${resourceId}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** A read-only lock also refuses this, because keys allow writes. */
function listKeys(call: ArmCall, parsed: ResourcePath): SandboxResponse {
  const resource = target(call, parsed);
  checkLocks(call, resource.id, 'write');
  const value = Buffer.from(`sandbox key of ${resource.name}`).toString('base64');
  return { status: 200, body: { keys: [{ keyName: 'key1', value, permissions: 'FULL' }] } };
}

function checkName(call: ArmCall): SandboxResponse {
  const given = optionalText(parseBody(call)['name']) ?? '';
  const problem = storageNameProblem(given);
  if (problem !== undefined) {
    return { status: 200, body: { nameAvailable: false, reason: 'AccountNameInvalid', message: problem } };
  }
  const name = idKey(given);
  for (const resource of call.store.resources()) {
    if (resource.type === 'Microsoft.Storage/storageAccounts' && resource.name === name) {
      const message = `The storage account named ${name} is already taken.`;
      return { status: 200, body: { nameAvailable: false, reason: 'AlreadyExists', message } };
    }
  }
  return { status: 200, body: { nameAvailable: true } };
}

function setPower(state: string): Action {
  return (call, parsed) => change(call, parsed, { powerState: state });
}

function setServer(state: string): Action {
  return (call, parsed) => change(call, parsed, { state });
}

function change(call: ArmCall, parsed: ResourcePath, properties: object): SandboxResponse {
  const resource = target(call, parsed);
  checkLocks(call, resource.id, 'write');
  return startOperation(call, {
    resourceId: resource.id,
    finish() {
      const done = withState(call, resource, 'Succeeded');
      call.store.putResource({ ...done, properties: { ...done.properties, ...properties } });
      return { status: 200 };
    },
  });
}
