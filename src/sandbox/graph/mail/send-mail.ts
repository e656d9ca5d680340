import { isRecord } from '../../../core/base/guards.ts';
import type { Entity } from '../../base/entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { outlookId } from '../../seed/mail.ts';
import { timestamp } from '../../seed/timestamp.ts';
import { badRequest, GraphError } from '../graph-error.ts';
import { type JsonObject, readBody } from '../json-body.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import { findFolder, type Mailbox, openMailbox, storeFolders } from './mailbox.ts';

/** `POST /users/{id}/sendMail`: accepted, without a body and without an id. Source: "user: sendMail". */
export function sendMail(mailbox: Mailbox, request: SandboxRequest, context: GraphCallContext): SandboxResponse {
  const { message, saveToSentItems } = lowerFirst(readBody(request));
  if (!isRecord(message)) throw badRequest(`A value is required for parameter 'Message'.`);
  const recipients = ['toRecipients', 'ccRecipients', 'bccRecipients'].flatMap((name) => addressesIn(message[name]));
  if (recipients.length === 0 || recipients.some((address) => !/^[^@\s]+@[^@\s]+$/.test(address))) {
    throw new GraphError(400, 'ErrorInvalidRecipients', `At least one recipient isn't valid.`);
  }
  if (saveToSentItems !== false) keep(message, mailbox, 'sentitems', context);
  const addresses = new Set(recipients.map((one) => one.toLowerCase()));
  for (const address of addresses) deliver(message, address, mailbox, context);
  return { status: 202 };
}

/** Mail to users of the tenant arrives in their inbox. */
function deliver(message: JsonObject, address: string, { user: sender }: Mailbox, context: GraphCallContext): void {
  const user = context.store.findByKey('user', 'mail', address);
  if (!user) return;
  try {
    const mailbox = openMailbox(user.id, context);
    keep({ ...message, from: senderOf(sender), sender: senderOf(sender) }, mailbox, 'inbox', context);
  } catch (failure) {
    if (!(failure instanceof GraphError)) throw failure; // Nobody's mailbox: the mail is lost, as the sender cannot tell.
  }
}

function keep(message: JsonObject, mailbox: Mailbox, folderName: string, context: GraphCallContext): void {
  storeFolders(mailbox, context);
  const folder = findFolder(mailbox, folderName);
  const now = timestamp(context.clock.now());
  const sender = senderOf(mailbox.user);
  const body = isRecord(message['body']) ? message['body'] : {};
  const stored: Entity = {
    categories: [],
    importance: 'normal',
    isRead: folderName === 'sentitems',
    isDraft: false,
    hasAttachments: false,
    ccRecipients: [],
    bccRecipients: [],
    replyTo: [],
    toRecipients: [],
    from: sender,
    sender,
    subject: '',
    flag: { flagStatus: 'notFlagged' },
    ...message,
    id: outlookId(context.newId()),
    body: { contentType: String(body['contentType'] ?? 'text').toLowerCase(), content: body['content'] ?? '' },
    bodyPreview: String(body['content'] ?? '')
      .replace(/<[^>]+>/g, '')
      .slice(0, 255),
    createdDateTime: now,
    lastModifiedDateTime: now,
    sentDateTime: now,
    receivedDateTime: now,
    internetMessageId: `<${context.newId()}@${context.tenant.domain}>`,
    parentFolderId: folder.id,
  };
  context.store.insert('message', stored);
  context.store.link('mailFolder.messages', folder.id, stored.id);
  const unread = stored['isRead'] === true ? 0 : 1;
  context.store.update('mailFolder', folder.id, {
    totalItemCount: Number(folder['totalItemCount'] ?? 0) + 1,
    unreadItemCount: Number(folder['unreadItemCount'] ?? 0) + unread,
  });
}

function senderOf(user: Entity) {
  return { emailAddress: { name: user['displayName'], address: user['mail'] ?? user['userPrincipalName'] } };
}

function addressesIn(recipients: unknown): readonly string[] {
  if (!Array.isArray(recipients)) return [];
  return recipients.map((recipient) => {
    const address =
      isRecord(recipient) && isRecord(recipient['emailAddress']) ? recipient['emailAddress']['address'] : undefined;
    return typeof address === 'string' ? address : '';
  });
}

/** Action parameters can begin with a capital letter: `Message`, `SaveToSentItems`. */
function lowerFirst(body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name.slice(0, 1).toLowerCase() + name.slice(1), value]),
  );
}
