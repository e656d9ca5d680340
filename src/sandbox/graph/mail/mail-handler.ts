import type { Entity } from '../../base/entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { notModelled } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { addressWith } from '../query/page-token.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { createProjector } from '../reads/projection.ts';
import { resolveMe } from '../reads/resolve-entity.ts';
import {
  applyPreferences,
  type MailPreferences,
  maximumSearchResults,
  readMailPreferences,
  readMailQuery,
  storedMessageId,
} from './mail-query.ts';
import { findFolder, itemNotFound, type Mailbox, messagesIn, openMailbox } from './mailbox.ts';
import { sendMail } from './send-mail.ts';

interface MailCall {
  readonly parsed: ParsedGraphPath;
  readonly request: SandboxRequest;
  readonly context: GraphCallContext;
  readonly mailbox: Mailbox;
}

/** Folders and messages of a mailbox, and sending mail. Source: "List messages", "List mailFolders", "Get message". */
export const handleMail: GraphHandler = async (given, request, context) => {
  const parsed = resolveMe(given, context.caller);
  const handler = routes[`${request.method} ${parsed.template.replace(/^\/(users\/\{id\}|me)/, '')}`];
  if (!handler) throw notModelled(`${request.method} ${parsed.template}`);
  return handler({ parsed, request, context, mailbox: openMailbox(parsed.keys[0]?.value ?? '', context) });
};

const routes: Readonly<Record<string, (call: MailCall) => SandboxResponse>> = {
  'POST /sendMail': ({ mailbox, request, context }) => sendMail(mailbox, request, context),
  'GET /mailFolders': listFolders,
  'GET /mailFolders/$count': listFolders,
  'GET /mailFolders/{id}': oneFolder,
  'GET /mailFolders/{id}/childFolders': (call) => {
    folderOf(call);
    return list([], 'mailFolder', call);
  },
  'GET /messages': listMessages,
  'GET /messages/$count': listMessages,
  'GET /mailFolders/{id}/messages': listMessages,
  'GET /mailFolders/{id}/messages/$count': listMessages,
  'GET /messages/{id}': oneMessage,
  'GET /mailFolders/{id}/messages/{id}': oneMessage,
};

function listFolders(call: MailCall): SandboxResponse {
  return list(call.mailbox.folders, 'mailFolder', call);
}

function oneFolder(call: MailCall): SandboxResponse {
  const entity = folderOf(call);
  const { select } = readMailQuery(call.parsed, 'mailFolder', undefined);
  const body = createProjector({ select, withType: false })({ type: 'mailFolder', entity });
  return { status: 200, body: { '@odata.context': contextUrl(call, select, '/$entity'), ...body } };
}

function folderOf({ mailbox, parsed }: MailCall): Entity {
  return findFolder(mailbox, parsed.keys[1]?.value ?? '');
}

/** The folders of a message list: one, or all in the mailbox. */
function foldersOf(call: MailCall): readonly Entity[] {
  return call.parsed.names[1] === 'mailFolders' ? [folderOf(call)] : call.mailbox.folders;
}

function listMessages(call: MailCall): SandboxResponse {
  const messages = foldersOf(call).flatMap((folder) => messagesIn(folder, call.context));
  return list(
    messages.map((message) => visible(message, call.context)),
    'message',
    call,
  );
}

function oneMessage(call: MailCall): SandboxResponse {
  const { parsed, request, context } = call;
  const key = parsed.keys.at(-1)?.value ?? '';
  const preferences = readMailPreferences(request);
  const id = storedMessageId(key, preferences);
  const message = id === undefined ? undefined : context.store.get('message', id);
  const folderIds = foldersOf(call).map((folder) => folder.id);
  if (!message || !folderIds.includes(String(message['parentFolderId']))) throw itemNotFound(key);
  const { select } = readMailQuery(parsed, 'message', undefined);
  const body = show(visible(message, context), 'message', select, preferences);
  return {
    status: 200,
    headers: preferenceHeaders(preferences),
    body: { '@odata.context': contextUrl(call, select, '/$entity'), ...body },
  };
}

/** `Mail.ReadBasic.All` does not show the message text. */
function visible(message: Entity, { caller }: GraphCallContext): Entity {
  if (['Mail.Read', 'Mail.ReadWrite'].some((role) => caller.roles.includes(role))) return message;
  const { body: _body, bodyPreview: _preview, uniqueBody: _unique, ...rest } = message;
  return rest;
}

type MailType = 'message' | 'mailFolder';

function list(all: readonly Entity[], type: MailType, call: MailCall): SandboxResponse {
  const { parsed, request } = call;
  const preferences = readMailPreferences(request);
  const query = readMailQuery(parsed, type, preferences.maxPageSize);
  const found = all.filter((entity) => query.accepts(entity));
  if (parsed.suffix === '$count') {
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(found.length) };
  }
  const sorted = query.compare ? found.toSorted(query.compare) : found;
  const results = parsed.query.has('$search') ? sorted.slice(0, maximumSearchResults) : sorted;
  const end = query.skip + query.top;
  const value = results.slice(query.skip, end).map((entity) => show(entity, type, query.select, preferences));
  return {
    status: 200,
    headers: preferenceHeaders(preferences),
    body: {
      '@odata.context': contextUrl(call, query.select),
      ...(query.wantsCount ? { '@odata.count': found.length } : {}),
      value,
      ...(end < results.length ? { '@odata.nextLink': addressWith(request, '$skip', String(end)) } : {}),
    },
  };
}

function show(
  entity: Entity,
  type: MailType,
  select: readonly string[] | undefined,
  preferences: MailPreferences,
): Record<string, unknown> {
  const shown = type === 'message' ? applyPreferences(entity, preferences) : entity;
  const body = createProjector({ select, withType: false })({ type, entity: shown });
  // Outlook items always include their id and ETag, whatever is selected.
  const etag = entity['@odata.etag'];
  return { ...(etag === undefined ? {} : { '@odata.etag': etag }), ...body, id: shown.id };
}

function contextUrl({ parsed, request }: MailCall, select: readonly string[] | undefined, end = ''): string {
  const { keys, names } = parsed;
  const [user, folder] = keys.map(({ value }) => encodeURIComponent(value));
  const inFolder = names[1] === 'mailFolders' && names.length > 2 ? `/mailFolders('${folder}')` : '';
  const selection = select ? `(${select.join(',')})` : '';
  return metadataAddress(`users('${user}')${inFolder}/${names.at(-1)}${selection}${end}`, parsed, request);
}

function preferenceHeaders({ applied }: MailPreferences): Record<string, string> {
  return applied === undefined ? {} : { 'preference-applied': applied };
}
