import type { Entity } from '../../entity-store.ts';
import { GraphError, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed, syncedObject } from './deletion.ts';
import { newUser } from './new-objects.ts';
import type { GraphRoutes } from './write-handler.ts';
import {
  checkProperties,
  conflictingValue,
  created,
  invalidValue,
  isObject,
  type JsonObject,
  noContent,
  nowText,
  readBody,
  readReference,
  requireProperties,
} from './write-input.ts';

const revokeSessions: GraphHandler = async (parsed, request, context) => {
  const user = addressedUser(parsed, context);
  context.store.update('user', user.id, { signInSessionsValidFromDateTime: nowText(context) });
  return {
    status: 200,
    body: { '@odata.context': `${request.base}/${parsed.version}/$metadata#Edm.Boolean`, value: true },
  };
};

/** Source: "Create user", "Update user", "Assign manager". */
export const userRoutes: GraphRoutes = {
  'POST /users': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('user', withoutPassword(body));
    requireProperties(
      body,
      ['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName', 'passwordProfile'],
      'User',
    );
    checkUser(body, undefined, context);
    const { passwordProfile, ...properties } = body;
    checkPassword(passwordProfile);
    const now = nowText(context);
    const id = context.newId();
    context.store.insert(
      'user',
      newUser({
        ...properties,
        id,
        createdDateTime: now,
        signInSessionsValidFromDateTime: now,
        lastPasswordChangeDateTime: now,
      }),
    );
    const user = context.store.get('user', id) ?? { id };
    return created('user', user, parsed, request);
  },
  'PATCH /users/{id}': async (parsed, request, context) => {
    const user = addressedUser(parsed, context);
    const body = readBody(request);
    checkProperties('user', withoutPassword(body));
    checkSynced(user, body);
    checkUser(body, user, context);
    if (body['passwordProfile'] !== undefined) {
      if (body['passwordProfile'] !== null) checkPassword(body['passwordProfile']);
      checkMayResetPassword(user, context);
    }
    const { passwordProfile: _, ...properties } = body;
    if (Object.keys(properties).length > 0) context.store.update('user', user.id, properties);
    return noContent;
  },
  'DELETE /users/{id}': deleteAddressed,
  'PUT /users/{id}/manager/$ref': async (parsed, request, context) => {
    const user = addressedUser(parsed, context);
    const manager = readReference(readBody(request)['@odata.id'], request, context);
    const type = context.store.typeOf(manager);
    if (type !== 'user' && type !== 'orgContact') {
      throw requestBadRequest('Invalid object type for the manager property.');
    }
    if (manager === user.id) throw requestBadRequest('A user cannot be the manager of himself or herself.');
    for (const previous of context.store.links('user.manager', user.id))
      context.store.unlink('user.manager', user.id, previous);
    context.store.link('user.manager', user.id, manager);
    return noContent;
  },
  'DELETE /users/{id}/manager/$ref': async (parsed, _request, context) => {
    const user = addressedUser(parsed, context);
    const [manager] = context.store.links('user.manager', user.id);
    if (manager === undefined) throw resourceNotFound('manager');
    context.store.unlink('user.manager', user.id, manager);
    return noContent;
  },
  'POST /users/{id}/revokeSignInSessions': revokeSessions,
  'POST /users/{id}/invalidateAllRefreshTokens': revokeSessions,
};

function addressedUser(parsed: Parameters<GraphHandler>[0], context: GraphCallContext): Entity {
  return resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store).entity;
}

function withoutPassword({ passwordProfile: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

function checkUser(body: JsonObject, user: Entity | undefined, { store }: GraphCallContext): void {
  const { userPrincipalName: upn, mailNickname, usageLocation, displayName } = body;
  if (typeof upn === 'string') {
    const [local = '', domain = '', ...rest] = upn.split('@');
    if (!/^[\w.#'^!$&*+-]+$/.test(local) || domain === '' || rest.length > 0) {
      throw invalidValue('userPrincipalName', 'User', 'Property userPrincipalName is invalid.');
    }
    if (store.get('domain', domain.toLowerCase())?.['isVerified'] !== true) {
      throw invalidValue(
        'userPrincipalName',
        'User',
        'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
      );
    }
    const other = store.findByKey('user', 'userPrincipalName', upn);
    if (other && other.id !== user?.id) throw conflictingValue('userPrincipalName');
  }
  if (typeof mailNickname === 'string' && (/[@()\\[\]";:<>, ]/.test(mailNickname) || mailNickname.length > 64)) {
    throw invalidValue('mailNickname', 'User');
  }
  if (typeof displayName === 'string' && displayName.length > 256) throw invalidValue('displayName', 'User');
  if (displayName === null || displayName === '') throw invalidValue('displayName', 'User');
  if (typeof usageLocation === 'string' && !/^[A-Za-z]{2}$/.test(usageLocation)) {
    throw invalidValue('usageLocation', 'User');
  }
}

function checkPassword(profile: unknown): void {
  const password = isObject(profile) ? profile['password'] : undefined;
  if (!isObject(profile)) throw requestBadRequest(`Property 'passwordProfile' is invalid.`);
  if (password === undefined) {
    if ('forceChangePasswordNextSignIn' in profile) return;
    throw requestBadRequest(`A value is required for property 'password' of resource 'PasswordProfile'.`);
  }
  const text = String(password);
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((pattern) => pattern.test(text)).length;
  if (text.length < 8 || text.length > 256 || classes < 3) {
    const message =
      'The specified password does not comply with password complexity requirements. Please provide a different password.';
    throw new GraphError(400, 'Request_BadRequest', message, {
      details: [{ code: 'InvalidPassword', target: 'password', message }],
    });
  }
}

/** An app changes passwords of administrators only when it holds a directory role itself. */
function checkMayResetPassword(user: Entity, { store, caller }: GraphCallContext): void {
  const hasRole = (id: string) => store.backlinks('directoryRole.members', id).length > 0;
  const isAdmin = hasRole(user.id) || store.backlinks('group.members', user.id).some(hasRole);
  if (caller.isApp && isAdmin && !hasRole(caller.objectId)) {
    throw new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  }
}

/** What may be changed in the cloud on a user from an on-premises directory. */
const cloudProperties = [
  'usageLocation',
  'passwordPolicies',
  'preferredDataLocation',
  'otherMails',
  'mySite',
  'aboutMe',
  'employeeHireDate',
  'employeeLeaveDateTime',
];

function checkSynced(user: Entity, body: JsonObject): void {
  if (user['onPremisesSyncEnabled'] !== true) return;
  if (Object.keys(body).some((name) => !cloudProperties.includes(name))) throw requestBadRequest(syncedObject);
}
