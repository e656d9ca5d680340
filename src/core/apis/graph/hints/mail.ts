import type { HintRule } from './hint-rule.ts';

const mailPath =
  /\/(?:messages|mailfolders|sendmail|events|calendar|calendars|calendarview|contacts|mailboxsettings|inbox)\b/i;

/** Exchange. https://learn.microsoft.com/graph/resolve-auth-errors, https://learn.microsoft.com/graph/outlook-mail-concept-overview */
export const mailHints: readonly HintRule[] = [
  {
    code: ['ErrorInvalidUser', 'MailboxNotEnabledForRESTAPI', 'ErrorNonExistentMailbox', 'ErrorMailboxMoveInProgress'],
    reading: {
      hint: 'The user has no mailbox in Exchange Online: check the licence; after a first licence it takes about 15 minutes.',
    },
  },
  {
    status: 404,
    code: 'ResourceNotFound',
    path: mailPath,
    reading: {
      hint: 'The user has no mailbox in Exchange Online: check the licence; after a first licence it takes about 15 minutes.',
    },
  },
  {
    code: 'ErrorItemNotFound',
    reading: {
      hint: 'Ids of mail items change when an item moves: find it again, or use the header Prefer: IdType="ImmutableId" throughout.',
    },
  },
  {
    status: 404,
    code: 'itemNotFound',
    reading: { hint: 'Check the drive and item id; a new OneDrive takes minutes after its first licence.' },
  },
];
