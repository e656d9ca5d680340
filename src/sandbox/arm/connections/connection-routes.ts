import { isRecord } from '../../../core/base/guards.ts';
import { type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { authorize, checkLocks } from '../access/guards.ts';
import { type ArmCall, type ArmRoute, parseBody } from '../arm-call.ts';
import { badRequest, conflict, methodNotAllowed, notFound, notModelled } from '../arm-error.ts';
import { isSameId } from '../arm-ids.ts';
import type { ArmResource } from '../arm-store.ts';
import { pageOf } from '../paging.ts';
import { requireGroup, requireProvider } from '../requirements.ts';
import { stampsOf } from '../write-resource.ts';
import {
  type ConnectionFamily,
  connectionFamilies,
  connectionsOf,
  parentIdOf,
  sharedWith,
} from './connection-family.ts';
import { parseConnection, validationError } from './parse-connection.ts';
import { type ConnectionAuthors, renderConnection, secretsOf } from './render-connection.ts';

/** A request below an existing parent. */
interface ConnectionCall {
  readonly call: ArmCall;
  readonly family: ConnectionFamily;
  readonly parent: ArmResource;
}

type Handler = (one: ConnectionCall) => SandboxResponse;

/** Connections of workspaces, Foundry accounts, and Foundry projects. */
export const connectionRoutes: readonly ArmRoute[] = connectionFamilies.flatMap(routesOf);

function routesOf(family: ConnectionFamily): ArmRoute[] {
  const { type } = family;
  const collection = `${family.parentPath}/connections`;
  const path = `${collection}/{name}`;
  const handled = (verb: string, handle: Handler) => (call: ArmCall) => handle(admit(call, family, verb));
  return [
    { method: 'GET', path: collection, type, handle: handled('read', list) },
    { method: 'GET', path, type, handle: handled('read', read) },
    { method: 'PUT', path, type, handle: handled('write', put) },
    { method: 'PATCH', path, type, handle: (call) => handled('write', patch)(requirePatch(call, family)) },
    { method: 'DELETE', path, type, handle: handled('delete', remove) },
    { method: 'POST', path: `${path}/{action}`, type, handle: (call) => act(call, family, handled) },
    // Deployments, models, and policies of a connection.
    ...['GET', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
      [`${path}/{child}`, `${path}/{child}/{childName}`].map((below) => ({
        method,
        path: below,
        type,
        handle: refuse,
      })),
    ),
  ];
}

function refuse({ method, path }: ArmCall): SandboxResponse {
  throw notModelled(`${method} ${path}`);
}

function requirePatch(call: ArmCall, family: ConnectionFamily): ArmCall {
  if (family.hasPatch(call.apiVersion)) return call;
  const message = `The requested resource does not support http method 'PATCH' in api-version '${call.apiVersion}'.`;
  throw methodNotAllowed(message);
}

function act(
  call: ArmCall,
  family: ConnectionFamily,
  handled: (verb: string, handle: Handler) => (call: ArmCall) => SandboxResponse,
): SandboxResponse {
  const isListSecrets = family.hasListSecrets && isSameId(call.params['action'] ?? '', 'listsecrets');
  if (isListSecrets) return handled('listsecrets/action', listSecrets)(call);
  const message = `No action '${call.params['action']}' was found for '${family.type}' in api-version '${call.apiVersion}'.`;
  throw notFound('ResourceNotFound', message);
}

/** Checks permissions first, then whether the addressed resources exist. */
function admit(call: ArmCall, family: ConnectionFamily, verb: string): ConnectionCall {
  const { type } = family;
  const parentId = parentIdOf(family, call);
  const { name } = call.params;
  authorize(call, `${type}/${verb}`, name === undefined ? parentId : `${parentId}/connections/${name}`);
  requireGroup(call, call.path);
  checkNames(call, family);
  const parent = call.store.resource(parentId);
  if (parent) return { call, family, parent };
  throw notFound(
    'ParentResourceNotFound',
    `Can not perform requested operation on nested resource. Parent resource '${parentId.split('/').at(-1)}' not found.`,
  );
}

function checkNames({ params }: ArmCall, { parentName, ownName }: ConnectionFamily): void {
  const problems: [string, string][] = [];
  const check = (target: string, name: string | undefined, pattern: RegExp) => {
    if (name === undefined || pattern.test(name)) return;
    problems.push([target, `The field ${target} must match the regular expression '${pattern.source}'.`]);
  };
  if (parentName) check('workspaceName', params['parent'], parentName);
  check('connectionName', params['name'], ownName);
  if (problems.length > 0) throw validationError(problems);
}

/** `target` and `category` match exactly. */
function list({ call, family, parent }: ConnectionCall): SandboxResponse {
  const [target, category] = [call.query.get('target'), call.query.get('category')];
  const found = [...connectionsOf(call, family, parent), ...sharedWith(call, family, parent)].filter(
    ({ properties }) =>
      (target === undefined || properties['target'] === target) &&
      (category === undefined || properties['category'] === category),
  );
  const render = (one: ArmResource) =>
    renderConnection(one, { id: `${family.linkedId(parent)}/${one.name}`, type: family.type });
  return pageOf(call, found.map(render));
}

function findOwn({ call, family, parent }: ConnectionCall): ArmResource | undefined {
  return connectionsOf(call, family, parent).find(({ name }) => isSameId(name, call.params['name'] ?? ''));
}

function findShared({ call, family, parent }: ConnectionCall): ArmResource | undefined {
  return sharedWith(call, family, parent).find(({ name }) => isSameId(name, call.params['name'] ?? ''));
}

function requireConnection(one: ConnectionCall): ArmResource {
  const connection = findOwn(one) ?? findShared(one);
  if (connection) return connection;
  const { name } = one.call.params;
  throw notFound('UserError', `Connection ${name} can't be found in this workspace.`);
}

function read(one: ConnectionCall): SandboxResponse {
  return { status: 200, body: renderConnection(requireConnection(one), { type: one.family.type }) };
}

function listSecrets(one: ConnectionCall): SandboxResponse {
  const connection = requireConnection(one);
  checkLocks(one.call, connection.id, 'write');
  return { status: 200, body: renderConnection(connection, { type: one.family.type, withSecrets: true }) };
}

/** Creates or replaces. Only the creation time and the creator of the old connection are kept. */
function put(one: ConnectionCall): SandboxResponse {
  const { call, family } = one;
  requireProvider(call, family.type.split('/')[0] ?? '');
  return write(one, findOwn(one), parseConnection(parseBody(call), parseOptions(one)));
}

/** Given members replace the old ones. Credentials of another auth type are dropped. */
function patch(one: ConnectionCall): SandboxResponse {
  const existing = findOwn(one);
  if (!existing && !findShared(one)) requireConnection(one);
  const body = parseBody(one.call);
  const given = isRecord(body['properties']) ? body['properties'] : undefined;
  if (!given || !existing) return write(one, existing, parseConnection(body, parseOptions(one)));
  const { credentials, ...secrets } = secretsOf(existing);
  const isSameType = given['authType'] === existing.properties['authType'];
  const old = { ...existing.properties, ...secrets, ...(isSameType && credentials ? { credentials } : {}) };
  // The discriminator is read only from the patch.
  const properties = { ...old, authType: undefined, ...given };
  return write(one, existing, parseConnection({ ...body, properties }, parseOptions(one)));
}

function parseOptions({ call, family }: ConnectionCall) {
  const setting = call.store.settings('workspaceConnections').at(-1);
  return {
    hasValue: family.hasValue(call.apiVersion),
    authTypes: family.authTypes(call.apiVersion),
    isLegacyAccountKey: setting?.['legacy_account_key'] === true,
    isFoundry: !family.hasListSecrets,
  };
}

function write(one: ConnectionCall, existing: ArmResource | undefined, properties: PlainObject): SandboxResponse {
  const { call, family, parent } = one;
  requireWritable(one, 'write');
  const me = { by: call.caller.appId, type: 'Application' };
  const old = existing ? renderConnection(existing, { type: family.type })['systemData'] : undefined;
  const { createdBy = me.by, createdByType = me.type } = recordOf(old);
  const authors: ConnectionAuthors = {
    createdBy: String(createdBy),
    createdByType: String(createdByType),
    lastModifiedBy: me.by,
    lastModifiedByType: me.type,
  };
  const name = existing?.name ?? call.params['name'] ?? '';
  const stored = call.store.putResource({
    id: existing?.id ?? `${parent.id}/connections/${name}`,
    name,
    type: family.type,
    properties,
    ...stampsOf(call, existing),
    traits: { authors },
  });
  return { status: 200, body: renderConnection(stored, { type: family.type }) };
}

function remove(one: ConnectionCall): SandboxResponse {
  requireWritable(one, 'delete');
  const connection = findOwn(one);
  if (!connection) return { status: 204 };
  one.call.store.removeResource(connection.id);
  return { status: 200 };
}

/** Checks locks, the parent's state, and the connection's owner. */
function requireWritable(one: ConnectionCall, operation: 'write' | 'delete'): void {
  const { call, parent } = one;
  checkLocks(call, `${parent.id}/connections/${call.params['name']}`, operation);
  const state = parent.properties['provisioningState'] ?? 'Succeeded';
  if (state !== 'Succeeded') {
    throw conflict(
      'Conflict',
      `The provisioning state of '${parent.name}' is '${state}'; its connections can be changed when it is 'Succeeded'.`,
    );
  }
  const shared = findShared(one);
  if (shared) {
    const owner = shared.id.split('/').at(-3);
    throw badRequest('UserError', `Connection ${shared.name} is shared by '${owner}' and can only be changed there.`);
  }
}
