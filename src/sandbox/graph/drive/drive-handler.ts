import { isRecord } from '../../../core/base/guards.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { badRequest, notModelled } from '../graph-error.ts';
import { readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { addressWith, openSealed } from '../query/page-token.ts';
import { startCopy } from './copy-jobs.ts';
import { bytesContent, type DriveItem } from './drive.ts';
import { type BodyContext, contextUrl, downloadUrl, driveBody, eTagOf, itemBody, selectFrom } from './drive-body.ts';
import { driveError, invalidRequest } from './drive-error.ts';
import type { DriveLibrary } from './drive-library.ts';
import { type DrivePlace, fileTargetAt, findItem, itemAt, locate } from './drive-path.ts';
import { putFile, readConflictBehavior } from './file-uploads.ts';

interface DriveCall extends BodyContext {
  readonly parsed: ParsedGraphPath;
  readonly context: GraphCallContext;
  readonly drives: DriveLibrary;
  readonly place: DrivePlace;
}

/** Files in a user's OneDrive. Source: "Working with files in Microsoft Graph". */
export function createDriveHandler(drives: DriveLibrary): GraphHandler {
  return async (parsed, request, context) => {
    const handler = routes[`${request.method} ${actionOf(parsed)}`];
    if (!handler) throw notModelled(`${request.method} ${parsed.template}`);
    drives.copies.runDue(context.clock.now());
    const place = locate(parsed, context, drives);
    return handler({ parsed, request, context, drives, place, drive: place.drive, owner: place.owner });
  };
}

/** The route after the drive, with `item` for every way of addressing an item. */
function actionOf({ template }: ParsedGraphPath): string {
  const inDrive = template.replace(/^\/(?:drives\/\{id\}|me\/drive|users\/\{id\}\/drive)(?=\/|$)/, 'drive');
  return inDrive.replace(/^drive\/(?:root|items\/\{id\})(?::\/\{path\}:?)?(?=\/|$)/, 'item');
}

const routes: Readonly<Record<string, (call: DriveCall) => SandboxResponse>> = {
  'GET drive': (call) => {
    const body = selectFrom(driveBody(call), call.parsed.query.get('$select'), 'drive');
    return { status: 200, body: { '@odata.context': contextUrl(call, 'drives/$entity'), ...body } };
  },
  'GET item': (call) => {
    const { parsed, place } = call;
    if (parsed.query.has('$expand')) throw notModelled(`GET ${parsed.template} with $expand`);
    return answer(200, selectFrom(itemBody(itemAt(place), call), parsed.query.get('$select'), 'driveItem'), call);
  },
  'GET item/children': listChildren,
  'GET item/content': (call) => {
    const item = itemAt(call.place);
    if (!item.content) throw invalidRequest('The item is a folder; it has no content.');
    return { status: 302, headers: { location: downloadUrl(item, call) } };
  },
  'PUT item/content': putContent,
  'POST item/createUploadSession': createUploadSession,
  'POST item/copy': (call) => startCopy(itemAt(call.place), call),
  'DELETE item': ({ request, place, drive }) => {
    const item = itemAt(place);
    if (item === drive.root) throw driveError(403, 'accessDenied', 'The root of a drive cannot be deleted.');
    checkUnchanged(item, request);
    drive.remove(item);
    return { status: 204 };
  },
};

const defaultPage = 200;
const maximumPage = 1000;
const knownOptions = ['$select', '$top', '$orderby', '$skiptoken', '$format'];

interface PageToken {
  readonly use: 'children';
  readonly parentId: string;
  readonly from: number;
}

/** One page of a folder. Source: "List the contents of a folder". */
function listChildren(call: DriveCall): SandboxResponse {
  const { parsed, request, context, drive, owner, place } = call;
  const { query } = parsed;
  const folder = itemAt(place);
  const unknown = [...query.keys()].find((name) => name.startsWith('$') && !knownOptions.includes(name));
  if (unknown) throw notModelled(`GET ${parsed.template} with ${unknown}`);
  const sorted = sortBy(query.get('$orderby'), drive.children(folder.id), parsed);
  const top = readTop(query.get('$top'));
  const from = readFrom(query.get('$skiptoken'), folder, call);
  const page = sorted.slice(from, from + top);
  const token: PageToken = { use: 'children', parentId: folder.id, from: from + top };
  const hasMore = from + top < sorted.length;
  return {
    status: 200,
    body: {
      '@odata.context': contextUrl(call, `users('${owner.id}')/drive/items('${folder.id}')/children`),
      ...(from === 0 ? { '@odata.count': sorted.length } : {}),
      value: page.map((item) => selectFrom(itemBody(item, call), query.get('$select'), 'driveItem')),
      ...(hasMore ? { '@odata.nextLink': addressWith(request, '$skiptoken', context.seal(token)) } : {}),
    },
  };
}

function sortBy(text: string | undefined, items: readonly DriveItem[], parsed: ParsedGraphPath): readonly DriveItem[] {
  if (text === undefined) return items;
  const [, property = '', direction] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(text) ?? [];
  // The store already sorts them by name.
  if (property.toLowerCase() !== 'name') throw notModelled(`GET ${parsed.template} with $orderby=${text}`);
  return direction?.toLowerCase() === 'desc' ? items.toReversed() : items;
}

function readTop(text: string | undefined): number {
  if (text === undefined) return defaultPage;
  const top = Number(text);
  if (!/^\d+$/.test(text) || top < 1) throw badRequest(`Invalid value '${text}' for $top query option found.`);
  return Math.min(top, maximumPage);
}

function readFrom(text: string | undefined, folder: DriveItem, { context }: DriveCall): number {
  if (text === undefined) return 0;
  const token = openSealed<PageToken>(text, 'children', context);
  if (token?.parentId !== folder.id) throw invalidRequest('The skip token is not valid.');
  return token.from;
}

/** Source: "Upload or replace the contents of a driveItem". */
function putContent(call: DriveCall): SandboxResponse {
  const { parsed, request, context, drive } = call;
  const target = writableTarget(call);
  const mimeType = request.headers['content-type'] ?? 'application/octet-stream';
  const { item, isNew } = putFile(drive, target, {
    content: bytesContent(request.body, mimeType),
    behavior: readConflictBehavior(parsed.query.get('@microsoft.graph.conflictbehavior')),
    at: context.clock.now(),
  });
  return answer(isNew ? 201 : 200, itemBody(item, call), call);
}

/** Source: "driveItem: createUploadSession". */
function createUploadSession(call: DriveCall): SandboxResponse {
  const { request, context, drives, drive } = call;
  const target = writableTarget(call);
  const { item, deferCommit = false } = readBody(request, true);
  if (item !== undefined && !isRecord(item)) throw invalidRequest(`'item' has to be an object.`);
  if (typeof deferCommit !== 'boolean') throw invalidRequest(`'deferCommit' has to be true or false.`);
  const behavior = readConflictBehavior(item?.['@microsoft.graph.conflictBehavior']);
  const id = context.newId();
  const session = drives.uploads.start({ id, driveId: drive.id, target, behavior, deferCommit }, context.clock.now());
  const ticket = context.seal({ use: 'upload', id });
  return {
    status: 200,
    body: {
      '@odata.context': contextUrl(call, 'microsoft.graph.uploadSession'),
      expirationDateTime: new Date(session.expiresAt).toISOString(),
      nextExpectedRanges: ['0-'],
      uploadUrl: `${context.addressOf(request, 'upload')}/uploadSession/${id}?tempauth=${ticket}`,
    },
  };
}

/** Where a file goes. An existing item must not have changed since the caller read it. */
function writableTarget({ place, request }: DriveCall) {
  const target = fileTargetAt(place);
  const existing = findItem(place);
  if (existing) checkUnchanged(existing, request);
  return target;
}

/** Refuses `If-Match` with an old ETag: the item has changed since. */
function checkUnchanged(item: DriveItem, { headers }: SandboxRequest): void {
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted !== '*' && wanted !== eTagOf(item)) {
    throw driveError(412, 'resourceModified', "ETag does not match current item's value");
  }
}

function answer(status: number, body: Record<string, unknown>, call: BodyContext): SandboxResponse {
  const place = `users('${call.owner.id}')/drive/items/$entity`;
  return { status, body: { '@odata.context': contextUrl(call, place), ...body } };
}
