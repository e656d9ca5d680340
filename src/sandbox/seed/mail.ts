import type { Entity } from '../base/entity-store.ts';
import { guidBytes, guidOfHex } from './guid.ts';
import { mix } from './hash.ts';
import type { SeedCollection, SeedRelation, SeedScope } from './seed.ts';
import { tenant } from './tenant.ts';
import { timestamp } from './timestamp.ts';
import { userNames } from './user-traits.ts';

/** Well-known folders of a mailbox, in list order, with their numbers of seeded messages. */
export const wellKnownFolders = [
  { name: 'archive', displayName: 'Archive', messages: 0 },
  { name: 'conversationhistory', displayName: 'Conversation History', messages: 0 },
  { name: 'deleteditems', displayName: 'Deleted Items', messages: 6 },
  { name: 'drafts', displayName: 'Drafts', messages: 2 },
  { name: 'inbox', displayName: 'Inbox', messages: 44 },
  { name: 'junkemail', displayName: 'Junk Email', messages: 0 },
  { name: 'outbox', displayName: 'Outbox', messages: 0 },
  { name: 'sentitems', displayName: 'Sent Items', messages: 12 },
] as const;

const folderCount = wellKnownFolders.length;
const messageCount = wellKnownFolders.reduce((sum, { messages }) => sum + messages, 0);
const firstMessageOf = wellKnownFolders.map((_, folder) =>
  wellKnownFolders.slice(0, folder).reduce((sum, { messages }) => sum + messages, 0),
);

/** Prefixes of the id that changes when an item moves and of the immutable id. Both encode the same item. */
export const idPrefixes = { default: 'AAMkADhmY2Q0', immutable: 'AAkALgAAAADh' } as const;
const idPattern = /^AAMkADhmY2Q0AGU([\w-]{22})AAA=$/;

/** The Outlook id of an item with the given GUID. */
export function outlookId(guid: string): string {
  return `${idPrefixes.default}AGU${guidBytes(guid).toString('base64url')}AAA=`;
}

/** The GUID encoded in an Outlook id; empty for anything else. */
function guidOfOutlookId(id: string): string {
  return guidOfHex(Buffer.from(idPattern.exec(id)?.[1] ?? '', 'base64url').toString('hex'));
}

interface MailSeed {
  readonly mailFolders: SeedCollection;
  readonly messages: SeedCollection;
  readonly userFolders: SeedRelation;
  readonly folderMessages: SeedRelation;
}

/** A mailbox for each user. Whether the user can use it depends on the licence at the time of the request. */
export function mailSeed(scope: SeedScope): MailSeed {
  const { users, ids } = scope;
  const folderId = (position: number) => outlookId(ids.idOf('mailFolder', position));
  const messageId = (position: number) => outlookId(ids.idOf('message', position));
  const folderPosition = (id: string) => ids.indexOf('mailFolder', guidOfOutlookId(id), users * folderCount);
  const messagePosition = (id: string) => ids.indexOf('message', guidOfOutlookId(id), users * messageCount);
  const messageAt = (position: number): Entity => {
    const user = Math.floor(position / messageCount);
    const number = position % messageCount;
    const folder = folderOfMessage(number);
    return messageOf({
      ...scope,
      id: messageId(position),
      folderId: folderId(user * folderCount + folder),
      folder,
      user,
      number,
    });
  };
  return {
    mailFolders: {
      size: users * folderCount,
      at: (position) => folderOf(position, folderId),
      positionOf: folderPosition,
      positionOfKey: () => undefined,
    },
    messages: {
      size: users * messageCount,
      at: messageAt,
      positionOf: messagePosition,
      positionOfKey: () => undefined,
    },
    userFolders: {
      links(id) {
        const user = ids.indexOf('user', id, users);
        return user === undefined ? [] : wellKnownFolders.map((_, folder) => folderId(user * folderCount + folder));
      },
      backlinks(id) {
        const position = folderPosition(id);
        return position === undefined ? [] : [ids.idOf('user', Math.floor(position / folderCount))];
      },
    },
    folderMessages: {
      links(id) {
        const position = folderPosition(id);
        if (position === undefined) return [];
        const folder = position % folderCount;
        const first = Math.floor(position / folderCount) * messageCount + (firstMessageOf[folder] ?? 0);
        return Array.from({ length: wellKnownFolders[folder]?.messages ?? 0 }, (_, number) =>
          messageId(first + number),
        );
      },
      backlinks(id) {
        const position = messagePosition(id);
        if (position === undefined) return [];
        const folder = folderOfMessage(position % messageCount);
        return [folderId(Math.floor(position / messageCount) * folderCount + folder)];
      },
    },
  };
}

function folderOfMessage(number: number): number {
  return firstMessageOf.findLastIndex((first) => first <= number);
}

function folderOf(position: number, folderId: (position: number) => string): Entity {
  const folder = wellKnownFolders[position % folderCount] ?? wellKnownFolders[0];
  return {
    id: folderId(position),
    displayName: folder.displayName,
    parentFolderId: outlookId('00000000-0000-4000-8000-000000000000'),
    childFolderCount: 0,
    unreadItemCount: folder.name === 'inbox' ? Math.ceil(folder.messages / 5) : 0,
    totalItemCount: folder.messages,
    sizeInBytes: folder.messages * 21_480,
    isHidden: false,
  };
}

const subjects = [
  'Quarterly planning: agenda',
  'Invoice 40{n} for your approval',
  'Re: release checklist',
  'Team lunch on Thursday',
  'Your travel booking {n}',
  'Minutes of the steering meeting',
  'Access request for project Phoenix',
  'Security training reminder',
  'Welcome to the team!',
  'Server maintenance on Sunday',
] as const;

interface MessageSeed extends SeedScope {
  readonly id: string;
  readonly folderId: string;
  readonly folder: number;
  readonly user: number;
  readonly number: number;
}

function messageOf({ id, folderId, folder, user, number, users, seed, now }: MessageSeed): Entity {
  const roll = mix(seed, user, number);
  const name = wellKnownFolders[folder]?.name;
  const owner = addressOf(user);
  const other = addressOf(roll % users);
  const outgoing = name === 'sentitems' || name === 'drafts';
  const sentAt = now - (number - (firstMessageOf[folder] ?? 0)) * 5_400_000 - (roll % 3600) * 1000;
  const subject = (subjects[roll % subjects.length] ?? '').replace('{n}', String(roll % 90));
  const text = `Hello ${outgoing ? other.emailAddress.name : owner.emailAddress.name},\r\nplease see the notes on "${subject}".\r\n`;
  return {
    '@odata.etag': `W/"CQAAABYAAAC${(roll % 1_000_000).toString(36)}"`,
    id,
    createdDateTime: timestamp(sentAt),
    lastModifiedDateTime: timestamp(sentAt + 2000),
    changeKey: `CQAAABYAAAC${(roll % 1_000_000).toString(36)}`,
    categories: [],
    receivedDateTime: timestamp(sentAt + 1000),
    sentDateTime: timestamp(sentAt),
    hasAttachments: roll % 6 === 0,
    internetMessageId: `<${roll.toString(16)}.${user}.${number}@${tenant.domain}>`,
    subject,
    bodyPreview: text.trim().replaceAll('\r\n', ' '),
    importance: roll % 15 === 0 ? 'high' : 'normal',
    parentFolderId: folderId,
    conversationId: `${idPrefixes.default}Q${roll.toString(36)}=`,
    conversationIndex: Buffer.from(`c${roll}`).toString('base64'),
    isDeliveryReceiptRequested: outgoing ? false : null,
    isReadReceiptRequested: false,
    isRead: name !== 'inbox' || number % 5 !== 0,
    isDraft: name === 'drafts',
    webLink: `https://outlook.office365.com/owa/?ItemID=${id}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: 'focused',
    body: {
      contentType: 'html',
      content: `<html><body><p>${text.trim().replaceAll('\r\n', '<br>')}</p></body></html>`,
    },
    sender: outgoing ? owner : other,
    from: outgoing ? owner : other,
    toRecipients: [outgoing ? other : owner],
    ccRecipients: [],
    bccRecipients: [],
    replyTo: [],
    flag: { flagStatus: 'notFlagged' },
  };
}

function addressOf(user: number) {
  const { givenName, surname, mail, userPrincipalName } = userNames(user);
  return { emailAddress: { name: `${givenName} ${surname}`, address: mail ?? userPrincipalName } };
}
