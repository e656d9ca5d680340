import { isRecord } from '../../../core/base/guards.ts';
import type { Entity } from '../../base/entity-store.ts';
import { namesOf } from '../../base/names.ts';
import {
  badRequest,
  forbidden,
  refusedProperty,
  requestBadRequest,
  resourceNotFound,
  syncedObject,
} from '../graph-error.ts';
import { type JsonObject, readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { deleteAddressed } from './deletion.ts';
import { newUser } from './new-objects.ts';
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
  readReference,
  requireProperties,
} from './write-input.ts';
import type { GraphRoutes } from './write-routes.ts';

const revokeSessions: GraphHandler = async (parsed, request, context) => {
  const { entity: user } = resolveEntity(parsed, context.store);
  context.store.update('user', user.id, { signInSessionsValidFromDateTime: nowText(context) });
  return { status: 200, body: { '@odata.context': metadataAddress('Edm.Boolean', parsed, request), value: true } };
};

/** Source: "Create user", "Update user", "Assign manager". */
export const userRoutes: GraphRoutes = {
  'POST /users': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('user', withoutPassword(body));
    const required = ['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName', 'passwordProfile'];
    requireProperties(body, required, 'User');
    checkUser(body, undefined, context);
    const { passwordProfile, ...properties } = body;
    checkPassword(passwordProfile);
    const now = nowText(context);
    const times = { createdDateTime: now, signInSessionsValidFromDateTime: now, lastPasswordChangeDateTime: now };
    const user = newUser({ ...properties, id: context.newId(), ...times });
    context.store.insert('user', user);
    return created('user', user, { parsed, request, context });
  },
  'PATCH /users/{id}': async (parsed, request, context) => {
    const { entity: user } = resolveEntity(parsed, context.store);
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
    const { entity: user } = resolveEntity(parsed, context.store);
    const manager = readReference(readBody(request)['@odata.id'], request, context);
    const type = context.store.typeOf(manager);
    if (type !== 'user' && type !== 'orgContact') {
      throw requestBadRequest('Invalid object type for the manager property.');
    }
    if (manager === user.id) throw requestBadRequest('A user cannot be the manager of himself or herself.');
    const previous = context.store.links('user.manager', user.id);
    for (const id of previous) context.store.unlink('user.manager', user.id, id);
    context.store.link('user.manager', user.id, manager);
    return noContent;
  },
  'DELETE /users/{id}/manager/$ref': async (parsed, _request, context) => {
    const { entity: user } = resolveEntity(parsed, context.store);
    const [manager] = context.store.links('user.manager', user.id);
    if (manager === undefined) throw resourceNotFound('manager');
    context.store.unlink('user.manager', user.id, manager);
    return noContent;
  },
  'POST /users/{id}/revokeSignInSessions': revokeSessions,
  'POST /users/{id}/invalidateAllRefreshTokens': revokeSessions,
};

function withoutPassword({ passwordProfile: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

function checkUser(body: JsonObject, user: Entity | undefined, context: GraphCallContext): void {
  const { userPrincipalName: upn, usageLocation } = body;
  if (typeof upn === 'string') {
    const [local = '', domain = '', ...rest] = upn.split('@');
    if (!/^[\w.#'^!$&*+-]+$/.test(local) || domain === '' || rest.length > 0) {
      throw invalidValue('userPrincipalName', 'User', 'Property userPrincipalName is invalid.');
    }
    if (context.store.get('domain', domain.toLowerCase())?.['isVerified'] !== true) {
      const message =
        'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.';
      throw invalidValue('userPrincipalName', 'User', message);
    }
    if (isTaken('user', 'userPrincipalName', upn, context, user)) throw conflictingValue('userPrincipalName');
  }
  checkMailNickname(body, 'User');
  checkDisplayName(body, 'User');
  if (typeof usageLocation === 'string' && !/^[A-Za-z]{2}$/.test(usageLocation)) {
    throw invalidValue('usageLocation', 'User');
  }
}

function checkPassword(profile: unknown): void {
  if (!isRecord(profile)) throw requestBadRequest(`Property 'passwordProfile' is invalid.`);
  const { password } = profile;
  if (password === undefined) {
    if ('forceChangePasswordNextSignIn' in profile) return;
    throw requestBadRequest(`A value is required for property 'password' of resource 'PasswordProfile'.`);
  }
  const text = String(password);
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((pattern) => pattern.test(text)).length;
  if (text.length < 8 || text.length > 256 || classes < 3) {
    const message =
      'The specified password does not comply with password complexity requirements. Please provide a different password.';
    throw refusedProperty('InvalidPassword', 'password', message);
  }
}

/** An app can change an administrator's password only if it has a directory role. */
function checkMayResetPassword(user: Entity, { store, caller }: GraphCallContext): void {
  const hasRole = (id: string) => store.backlinks('directoryRole.members', id).length > 0;
  const isAdmin = hasRole(user.id) || store.backlinks('group.members', user.id).some(hasRole);
  if (caller.isApp && isAdmin && !hasRole(caller.objectId)) throw forbidden();
}

/** What can be changed in the cloud on a user from an on-premises directory. */
const cloudProperties = namesOf(`
  usageLocation passwordPolicies preferredDataLocation otherMails mySite aboutMe employeeHireDate
  employeeLeaveDateTime`);

function checkSynced(user: Entity, body: JsonObject): void {
  if (user['onPremisesSyncEnabled'] !== true) return;
  if (Object.keys(body).some((name) => !cloudProperties.includes(name))) throw syncedObject();
}

/** Source: "Create invitation". */
export const invitationRoutes: GraphRoutes = {
  'POST /invitations': async (parsed, request, context) => {
    const body = readBody(request);
    requireProperties(body, ['invitedUserEmailAddress', 'inviteRedirectUrl'], 'Invitation');
    checkInvitation(body);
    const email = String(body['invitedUserEmailAddress']);
    const guest = findGuest(email, context) ?? createGuest(email, body, context);
    const isAccepted = guest['externalUserState'] === 'Accepted' && body['resetRedemption'] !== true;
    const invitation: Entity = {
      id: context.newId(),
      inviteRedeemUrl: `${context.addressOf(request, 'login')}/redeem?rd=${encodeURIComponent(String(body['inviteRedirectUrl']))}&tenant=${context.tenant.id}&user=${guest.id}`,
      invitedUserDisplayName: body['invitedUserDisplayName'] ?? null,
      invitedUserType: guest['userType'],
      invitedUserEmailAddress: email,
      sendInvitationMessage: body['sendInvitationMessage'] ?? false,
      resetRedemption: body['resetRedemption'] ?? false,
      inviteRedirectUrl: body['inviteRedirectUrl'],
      status: isAccepted ? 'Completed' : 'PendingAcceptance',
      invitedUserMessageInfo: body['invitedUserMessageInfo'] ?? {
        messageLanguage: null,
        customizedMessageBody: null,
        ccRecipients: [{ emailAddress: { name: null, address: null } }],
      },
      invitedUser: { id: guest.id },
    };
    context.store.insert('invitation', invitation);
    const odataContext = metadataAddress('invitations/$entity', parsed, request);
    return { status: 201, body: { '@odata.context': odataContext, ...invitation } };
  },
};

function checkInvitation(body: JsonObject): void {
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(String(body['invitedUserEmailAddress']))) {
    throw requestBadRequest('The invited user email address is not valid.');
  }
  if (!/^https?:\/\/\S+$/.test(String(body['inviteRedirectUrl']))) {
    throw requestBadRequest('The invite redirect URL is not valid.');
  }
  const type = body['invitedUserType'];
  if (type !== undefined && type !== 'Guest' && type !== 'Member') {
    throw requestBadRequest('The invited user type must be Guest or Member.');
  }
  const info = body['invitedUserMessageInfo'];
  const recipients = isRecord(info) ? info['ccRecipients'] : undefined;
  if (Array.isArray(recipients) && recipients.length > 1) {
    throw requestBadRequest('Only one recipient in ccRecipients is supported.');
  }
}

/** An earlier invitation returns the same guest. Members of the tenant cannot be invited. */
function findGuest(email: string, { store }: GraphCallContext): Entity | undefined {
  const known = store.findByKey('user', 'mail', email) ?? store.findByKey('user', 'userPrincipalName', email);
  if (known && known['creationType'] !== 'Invitation') {
    throw badRequest(`The invited user already exists in the directory as object ID: ${known.id}.`);
  }
  return known;
}

function createGuest(email: string, body: JsonObject, context: GraphCallContext): Entity {
  const now = nowText(context);
  const nickname = `${email.replace('@', '_')}#EXT#`;
  const guest = newUser({
    id: context.newId(),
    displayName: body['invitedUserDisplayName'] ?? email.split('@')[0],
    mail: email,
    mailNickname: nickname,
    otherMails: [email],
    proxyAddresses: [`SMTP:${email}`],
    userPrincipalName: `${nickname}@${context.tenant.initialDomain}`,
    userType: body['invitedUserType'] ?? 'Guest',
    creationType: 'Invitation',
    externalUserState: 'PendingAcceptance',
    externalUserStateChangeDateTime: now,
    createdDateTime: now,
  });
  context.store.insert('user', guest);
  return guest;
}
