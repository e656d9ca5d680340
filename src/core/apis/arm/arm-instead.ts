import { isRecord, textOf } from '../../base/guards.ts';
import { isGuid } from '../../base/guid.ts';
import type { RequestInstead } from '../../base/request-instead.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { DescribedRequest } from '../../http/api-descriptor.ts';
import { roleFor } from './action-roles.ts';
import { parseArmPath } from './arm-path.ts';
import { assignmentName } from './assignment-name.ts';
import { readRefusal } from './read-refusal.ts';

/** What is known about a refused request. */
export type ArmRequest = Pick<DescribedRequest, 'method' | 'path' | 'wirePath' | 'query' | 'body' | 'verbatim'>;

/** A read of something that leads on. */
export function armRead(path: string, project?: string): RequestInstead {
  return withoutUndefined({ api: 'arm', method: 'GET', path, project, isOther: true });
}

/** A scope that somebody can be given a role at: nothing but names between its slashes, and no `..`. */
const plainScope = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.()~-]{1,260}){2,40}$/;
const assignmentPath = /\/providers\/Microsoft\.Authorization\/roleAssignments\/[^/]+$/i;

/**
 * The assignment of a role that has the missing action, for somebody who may assign roles. Undefined where the message does
 * not name principal and scope in their usual forms, and where the right to assign roles is what is missing.
 */
export function assignRole(message: string, request: ArmRequest | undefined): RequestInstead | undefined {
  const { objectId, action, scope = '' } = readRefusal(message);
  if (action === undefined || objectId === undefined || !isGuid(objectId) || !plainScope.test(scope)) return undefined;
  const { id: role } = roleFor(action);
  if (role === undefined || /^microsoft\.authorization\//i.test(action)) return undefined;
  const at = request?.method === 'PUT' ? aboveNew(scope) : scope;
  const name = assignmentName({ scope: at, principalId: objectId, role });
  const { subscriptionId } = parseArmPath(at);
  const within = subscriptionId === undefined ? '' : `/subscriptions/${subscriptionId}`;
  return {
    api: 'arm',
    method: 'PUT',
    path: `${at}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    body: {
      properties: {
        roleDefinitionId: `${within}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
        principalId: objectId,
      },
    },
  };
}

/** What a PUT makes may not exist yet, and nothing can be assigned there: the group, or the subscription, around it. */
function aboveNew(scope: string): string {
  const group = /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+)\/./i.exec(scope)?.[1];
  return group ?? /^(\/subscriptions\/[^/]+)\/./i.exec(scope)?.[1] ?? scope;
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types */
export function registerProvider(subscription: string | undefined, namespace = ''): RequestInstead | undefined {
  if (subscription === undefined || !/^[A-Za-z][\w.]{1,99}$/.test(namespace)) return undefined;
  return { api: 'arm', method: 'POST', path: `/subscriptions/${subscription}/providers/${namespace}/register` };
}

/** The locks at the scope that a refusal names. */
export function locksAt(lock: string | undefined): RequestInstead | undefined {
  const scope = lock?.replace(/\/providers\/Microsoft\.Authorization\/locks\/[^/]+$/i, '') ?? '';
  if (!plainScope.test(scope)) return undefined;
  return armRead(
    `${scope}/providers/Microsoft.Authorization/locks`,
    'value[].{id: id, level: properties.level, notes: properties.notes}',
  );
}

/** The same read without its version: the newest stable one of the type is found. A write's body belongs to its version. */
export function withoutVersion(request: ArmRequest | undefined): RequestInstead | undefined {
  if (request?.method !== 'GET' || request.verbatim === true) return undefined;
  const { 'api-version': _, ...params } = Object.fromEntries(
    Object.entries(request.query).map(([name, value]) => [
      name.toLowerCase() === 'api-version' ? 'api-version' : name,
      value,
    ]),
  );
  const [path = ''] = request.path.split('?', 1);
  return { api: 'arm', method: 'GET', path, ...(Object.keys(params).length === 0 ? {} : { params }) };
}

/** The properties of the role assignment that a request makes; undefined for any other request. */
function assignmentIn(request: ArmRequest | undefined) {
  const properties = isRecord(request?.body) ? request.body['properties'] : undefined;
  if (request?.method !== 'PUT' || !assignmentPath.test(request.wirePath) || !isRecord(properties)) return undefined;
  const [principalId, roleDefinitionId] = [textOf(properties['principalId']), textOf(properties['roleDefinitionId'])];
  const role = roleDefinitionId.split('/').at(-1) ?? '';
  const isUsual = isGuid(principalId) && isGuid(role) && properties['condition'] === undefined;
  const principalType = textOf(properties['principalType']) || undefined;
  return isUsual ? { request, principalId, role, roleDefinitionId, principalType } : undefined;
}

/** The same assignment under a name of its own. */
export function withNewName(given: ArmRequest | undefined): RequestInstead | undefined {
  const found = assignmentIn(given);
  if (found === undefined) return undefined;
  const { request, principalId, role, roleDefinitionId, principalType } = found;
  const path = request.wirePath.replace(/\/[^/]+$/, '');
  const scope = path.replace(/\/providers\/Microsoft\.Authorization\/roleAssignments$/i, '');
  const name = assignmentName({ scope, principalId, role });
  const properties = withoutUndefined({ roleDefinitionId, principalId, principalType });
  return request.wirePath.endsWith(`/${name}`)
    ? undefined
    : { api: 'arm', method: 'PUT', path: `${path}/${name}`, body: { properties } };
}

/** The same assignment without a look into the directory: most principals that are too new are apps. */
export function withPrincipalType(given: ArmRequest | undefined): RequestInstead | undefined {
  const found = assignmentIn(given);
  if (found === undefined || found.principalType !== undefined) return undefined;
  const { request, principalId, roleDefinitionId } = found;
  const properties = { roleDefinitionId, principalId, principalType: 'ServicePrincipal' };
  return { api: 'arm', method: 'PUT', path: request.wirePath, body: { properties } };
}

/** Resources of the name that the path ends with, wherever they are. */
export function findByName(path: string): RequestInstead | undefined {
  const name = parseArmPath(path).rest.at(-1) ?? '';
  if (!/^[\w.()-]{1,260}$/.test(name)) return undefined;
  const query = `resources | where name =~ '${name}' | project id, type, resourceGroup | order by id asc`;
  return {
    api: 'arm',
    method: 'POST',
    path: '/providers/Microsoft.ResourceGraph/resources',
    body: { query },
    isOther: true,
  };
}
