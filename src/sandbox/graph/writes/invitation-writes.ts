import type { Entity } from '../../entity-store.ts';
import { tenant } from '../../seed/tenant.ts';
import { badRequest, requestBadRequest } from '../graph-error.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import { newUser } from './new-objects.ts';
import type { GraphRoutes } from './write-handler.ts';
import { isObject, type JsonObject, nowText, readBody, requireProperties } from './write-input.ts';

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
      inviteRedeemUrl: `${context.addressOf(request, 'login')}/redeem?rd=${encodeURIComponent(String(body['inviteRedirectUrl']))}&tenant=${tenant.id}&user=${guest.id}`,
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
    return {
      status: 201,
      body: { '@odata.context': `${request.base}/${parsed.version}/$metadata#invitations/$entity`, ...invitation },
    };
  },
};

function checkInvitation(body: JsonObject): void {
  const email = String(body['invitedUserEmailAddress']);
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email)) {
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
  const recipients = isObject(info) ? info['ccRecipients'] : undefined;
  if (Array.isArray(recipients) && recipients.length > 1) {
    throw requestBadRequest('Only one recipient in ccRecipients is supported.');
  }
}

/** Whoever has been invited before is the same guest; a member of the tenant cannot be one. */
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
    userPrincipalName: `${nickname}@${tenant.initialDomain}`,
    userType: body['invitedUserType'] ?? 'Guest',
    creationType: 'Invitation',
    externalUserState: 'PendingAcceptance',
    externalUserStateChangeDateTime: now,
    createdDateTime: now,
  });
  context.store.insert('user', guest);
  return guest;
}
