import { guidOf } from '../../base/clock-and-ids.ts';
import type { Entity } from '../../base/entity-store.ts';
import { outlookId, wellKnownFolders } from '../../seed/mail.ts';
import { GraphError } from '../graph-error.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import { linkedEntities } from '../reads/relationships.ts';
import { findUser } from '../reads/resolve-entity.ts';
import { hasServicePlan } from '../writes/licensing/assignments.ts';

export interface Mailbox {
  readonly user: Entity;
  readonly folders: readonly Entity[];
}

/** The mailbox of a user, by id or user principal name. Without an Exchange Online plan, there is none. */
export function openMailbox(name: string, context: GraphCallContext): Mailbox {
  const { store } = context;
  const user = findUser(name, store);
  if (!user) throw new GraphError(404, 'ErrorInvalidUser', `The requested user '${name}' is invalid.`);
  if (!hasServicePlan(user, ['EXCHANGE_S_ENTERPRISE', 'EXCHANGE_S_STANDARD'])) {
    const message = 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.';
    throw new GraphError(404, 'MailboxNotEnabledForRESTAPI', message);
  }
  const stored = linkedEntities('user.mailFolders', user.id, 'mailFolder', store);
  return { user, folders: stored.length > 0 ? stored : emptyFolders(user) };
}

/**
 * The folders of users created during the run. They are stored with the first message, because reading a mailbox
 * creates nothing; their ids are the same before and after.
 */
function emptyFolders(user: Entity): readonly Entity[] {
  const idOf = (name: string) => outlookId(guidOf(`${user.id}/${name}`));
  return wellKnownFolders.map(({ name, displayName }) => ({
    id: idOf(name),
    displayName,
    parentFolderId: idOf('root'),
    childFolderCount: 0,
    unreadItemCount: 0,
    totalItemCount: 0,
    sizeInBytes: 0,
    isHidden: false,
  }));
}

/** Stores the folders of a mailbox that nothing was written to so far. */
export function storeFolders({ user, folders }: Mailbox, { store }: GraphCallContext): void {
  for (const folder of folders) {
    if (store.get('mailFolder', folder.id)) continue;
    store.insert('mailFolder', folder);
    store.link('user.mailFolders', user.id, folder.id);
  }
}

/** A folder by its id or its well-known name (`inbox`, `sentitems`, …). */
export function findFolder({ folders }: Mailbox, key: string): Entity {
  const known = wellKnownFolders.find(({ name }) => name === key.toLowerCase());
  const folder = folders.find((one) => one.id === key || (known && one['displayName'] === known.displayName));
  if (!folder) throw itemNotFound(key);
  return folder;
}

export function messagesIn(folder: Entity, { store }: GraphCallContext): readonly Entity[] {
  return linkedEntities('mailFolder.messages', folder.id, 'message', store);
}

/** Outlook ids are long base64 strings; anything else is not searched for. */
export function itemNotFound(id: string): GraphError {
  return /^[\w-]{40,}=*$/.test(id)
    ? new GraphError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.')
    : new GraphError(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');
}
