import type { Entity } from '../../entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../../service.ts';
import { badRequest, notModelled } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { createProjector } from '../reads/projection.ts';
import { applyPreferences, type MailPreferences, readMailPreferences, storedMessageId } from './mail-preferences.ts';
import { readMailQuery, searchLimit } from './mail-query.ts';
import { findFolder, itemNotFound, type Mailbox, messagesIn, openMailbox } from './mailbox.ts';
import { sendMail } from './send-mail.ts';

/** Folders and messages of a mailbox, and sending. Source: "List messages", "List mailFolders", "Get message". */
export const handleMail: GraphHandler = async (parsed, request, context) => {
  if (parsed.names[0] === 'me' && context.caller.isApp) {
    throw badRequest('/me request is only valid with delegated authentication flow.');
  }
  // Below `me` the mailbox has no key of its own.
  const path =
    parsed.names[0] === 'me' ? { ...parsed, keys: [{ value: context.caller.objectId }, ...parsed.keys] } : parsed;
  const route = `${request.method} ${parsed.template.replace(/^\/(users\/\{id\}|me)/, '')}`;
  switch (route) {
    case 'POST /sendMail':
      return sendMail(path, request, context);
    case 'GET /mailFolders':
    case 'GET /mailFolders/$count':
      return listFolders(path, request, context);
    case 'GET /mailFolders/{id}':
      return oneFolder(path, request, context);
    case 'GET /mailFolders/{id}/childFolders':
      findFolder(mailboxOf(path, context), path.keys[1]?.value ?? '');
      return list([], 'mailFolder', path, request);
    case 'GET /messages':
    case 'GET /messages/$count':
    case 'GET /mailFolders/{id}/messages':
    case 'GET /mailFolders/{id}/messages/$count':
      return listMessages(path, request, context);
    case 'GET /messages/{id}':
    case 'GET /mailFolders/{id}/messages/{id}':
      return oneMessage(path, request, context);
    default:
      throw notModelled(`${request.method} ${parsed.template}`);
  }
};

function mailboxOf({ keys }: ParsedGraphPath, context: GraphCallContext): Mailbox {
  return openMailbox(keys[0]?.value ?? '', context);
}

function listFolders(parsed: ParsedGraphPath, request: SandboxRequest, context: GraphCallContext): SandboxResponse {
  return list(mailboxOf(parsed, context).folders, 'mailFolder', parsed, request);
}

function oneFolder(parsed: ParsedGraphPath, request: SandboxRequest, context: GraphCallContext): SandboxResponse {
  const folder = findFolder(mailboxOf(parsed, context), parsed.keys[1]?.value ?? '');
  const { select } = readMailQuery(parsed, 'mailFolder', undefined);
  const body = createProjector({ select, withType: false })({ type: 'mailFolder', entity: folder });
  return { status: 200, body: { '@odata.context': contextUrl(parsed, request, select, true), ...body } };
}

function listMessages(parsed: ParsedGraphPath, request: SandboxRequest, context: GraphCallContext): SandboxResponse {
  const mailbox = mailboxOf(parsed, context);
  const messages = foldersOf(mailbox, parsed).flatMap((folder) => messagesIn(folder, context));
  return list(
    messages.map((message) => visible(message, context)),
    'message',
    parsed,
    request,
  );
}

function foldersOf(mailbox: Mailbox, parsed: ParsedGraphPath): readonly Entity[] {
  return parsed.names[1] === 'mailFolders' ? [findFolder(mailbox, parsed.keys[1]?.value ?? '')] : mailbox.folders;
}

function oneMessage(parsed: ParsedGraphPath, request: SandboxRequest, context: GraphCallContext): SandboxResponse {
  const mailbox = mailboxOf(parsed, context);
  const key = parsed.keys.at(-1)?.value ?? '';
  const preferences = readMailPreferences(request);
  const id = storedMessageId(key, preferences);
  const message = id === undefined ? undefined : context.store.get('message', id);
  const folderIds = foldersOf(mailbox, parsed).map((folder) => folder.id);
  if (!message || !folderIds.includes(String(message['parentFolderId']))) throw itemNotFound(key);
  const { select } = readMailQuery(parsed, 'message', undefined);
  const body = show(visible(message, context), 'message', select, preferences);
  return {
    status: 200,
    headers: preferenceHeaders(preferences),
    body: { '@odata.context': contextUrl(parsed, request, select, true), ...body },
  };
}

/** `Mail.ReadBasic.All` shows no text. */
function visible(message: Entity, { caller }: GraphCallContext): Entity {
  if (['Mail.Read', 'Mail.ReadWrite'].some((role) => caller.roles.includes(role))) return message;
  const { body: _body, bodyPreview: _preview, uniqueBody: _unique, ...rest } = message;
  return rest;
}

type MailType = 'message' | 'mailFolder';

function list(
  all: readonly Entity[],
  type: MailType,
  parsed: ParsedGraphPath,
  request: SandboxRequest,
): SandboxResponse {
  const preferences = readMailPreferences(request);
  const query = readMailQuery(parsed, type, preferences.maxPageSize);
  const found = all.filter((entity) => query.accepts(entity));
  if (parsed.suffix === '$count') {
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(found.length) };
  }
  const sorted = query.compare ? found.toSorted(query.compare) : found;
  const results = parsed.query.has('$search') ? sorted.slice(0, searchLimit) : sorted;
  const end = query.skip + query.top;
  const value = results.slice(query.skip, end).map((entity) => show(entity, type, query.select, preferences));
  return {
    status: 200,
    headers: preferenceHeaders(preferences),
    body: {
      '@odata.context': contextUrl(parsed, request, query.select, false),
      ...(query.wantsCount ? { '@odata.count': found.length } : {}),
      value,
      ...(end < results.length ? { '@odata.nextLink': nextLink(request, end) } : {}),
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
  // Outlook items always carry their id and etag, whatever is selected.
  const etag = entity['@odata.etag'];
  return { ...(etag === undefined ? {} : { '@odata.etag': etag }), ...body, id: shown.id };
}

/** The same request from another position on. */
function nextLink({ base, rawPath, rawQuery }: SandboxRequest, skip: number): string {
  const kept = rawQuery.split('&').filter((part) => part !== '' && !/^(?:\$|%24)skip=/i.test(part));
  return `${base}${rawPath}?${[...kept, `$skip=${skip}`].join('&')}`;
}

function contextUrl(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  select: readonly string[] | undefined,
  isSingle: boolean,
): string {
  const user = encodeURIComponent(parsed.keys[0]?.value ?? '');
  const folder =
    parsed.names[1] === 'mailFolders' && parsed.names.length > 2
      ? `/mailFolders('${encodeURIComponent(parsed.keys[1]?.value ?? '')}')`
      : '';
  const selection = select ? `(${select.join(',')})` : '';
  return `${request.base}/${parsed.version}/$metadata#users('${user}')${folder}/${parsed.names.at(-1)}${selection}${isSingle ? '/$entity' : ''}`;
}

function preferenceHeaders({ applied }: MailPreferences): Record<string, string> {
  return applied === undefined ? {} : { 'preference-applied': applied };
}
