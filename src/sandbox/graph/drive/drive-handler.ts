import type { SandboxRequest, SandboxResponse } from '../../service.ts';
import { notModelled } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { isObject, noContent, readBody } from '../writes/write-input.ts';
import { startCopy } from './copy-item.ts';
import type { DriveItem } from './drive.ts';
import { type BodyContext, contextUrl, downloadUrl, driveBody, eTagOf, itemBody, selectFrom } from './drive-body.ts';
import { driveError, invalidRequest } from './drive-error.ts';
import type { DriveLibrary } from './drive-library.ts';
import { type DrivePlace, fileTargetAt, itemAt, locate } from './drive-path.ts';
import { bytesContent } from './drive-seed.ts';
import { listChildren } from './list-children.ts';
import { putFile, readConflictBehavior } from './put-file.ts';

interface DriveCall {
  readonly parsed: ParsedGraphPath;
  readonly request: SandboxRequest;
  readonly context: GraphCallContext;
  readonly drives: DriveLibrary;
  readonly place: DrivePlace;
  readonly parts: BodyContext;
}

/** Files in the OneDrive of a person. Source: "Working with files in Microsoft Graph". */
export function createDriveHandler(drives: DriveLibrary): GraphHandler {
  return async (parsed, request, context) => {
    const action = actionOf(parsed);
    const route = `${request.method} ${action}`;
    const handler = routes[route];
    if (!handler) throw notModelled(`${request.method} ${parsed.template}`);
    drives.copies.runDue(context.clock.now());
    const place = locate(parsed, context, drives);
    const parts: BodyContext = { request, context, drive: place.drive, owner: place.owner };
    return handler({ parsed, request, context, drives, place, parts });
  };
}

/** The route behind the drive, with `item` for every way of addressing one. */
function actionOf({ template }: ParsedGraphPath): string {
  const inDrive = template.replace(/^\/(?:drives\/\{id\}|me\/drive|users\/\{id\}\/drive)(?=\/|$)/, 'drive');
  return inDrive.replace(/^drive\/(?:root|items\/\{id\})(?::\/\{path\}:?)?(?=\/|$)/, 'item');
}

const routes: Readonly<Record<string, (call: DriveCall) => SandboxResponse>> = {
  'GET drive': ({ parsed, parts }) => ({
    status: 200,
    body: {
      '@odata.context': contextUrl(parts, 'drives/$entity'),
      ...selectFrom(driveBody(parts), parsed.query.get('$select'), 'drive'),
    },
  }),
  'GET item': ({ parsed, place, parts }) => {
    const expand = parsed.query.get('$expand');
    if (expand !== undefined) throw notModelled(`GET ${parsed.template} with $expand`);
    const body = itemBody(itemAt(place), parts);
    return answer(200, selectFrom(body, parsed.query.get('$select'), 'driveItem'), parts);
  },
  'GET item/children': ({ parsed, place, parts }) => listChildren(itemAt(place), parsed, parts),
  'GET item/content': ({ place, parts }) => {
    const item = itemAt(place);
    if (!item.content) throw invalidRequest('The item is a folder; it has no content.');
    return { status: 302, headers: { location: downloadUrl(item, parts) } };
  },
  'PUT item/content': putContent,
  'POST item/createUploadSession': createUploadSession,
  'POST item/copy': ({ request, context, drives, place }) =>
    startCopy(itemAt(place), { request, context, drives, place }),
  'DELETE item': ({ request, place }) => {
    const item = itemAt(place);
    if (item === place.drive.root) throw driveError(403, 'accessDenied', 'The root of a drive cannot be deleted.');
    checkUnchanged(item, request);
    place.drive.remove(item);
    return noContent;
  },
};

/** Source: "Upload or replace the contents of a driveItem". */
function putContent({ parsed, request, context, place, parts }: DriveCall): SandboxResponse {
  const target = fileTargetAt(place);
  const existing = findItem(place);
  if (existing) checkUnchanged(existing, request);
  const mimeType = request.headers['content-type'] ?? 'application/octet-stream';
  const { item, isNew } = putFile(place.drive, target, {
    content: bytesContent(request.body, mimeType),
    behavior: readConflictBehavior(parsed.query.get('@microsoft.graph.conflictbehavior')),
    at: context.clock.now(),
  });
  return answer(isNew ? 201 : 200, itemBody(item, parts), parts);
}

/** Source: "driveItem: createUploadSession". */
function createUploadSession({ request, context, drives, place, parts }: DriveCall): SandboxResponse {
  const target = fileTargetAt(place);
  const existing = findItem(place);
  if (existing) checkUnchanged(existing, request);
  const { item, deferCommit = false } = readBody(request, true);
  if (item !== undefined && !isObject(item)) throw invalidRequest(`'item' has to be an object.`);
  if (typeof deferCommit !== 'boolean') throw invalidRequest(`'deferCommit' has to be true or false.`);
  const behavior = readConflictBehavior(item?.['@microsoft.graph.conflictBehavior']);
  const id = context.newId();
  const now = context.clock.now();
  const session = drives.uploads.start({ id, driveId: place.drive.id, target, behavior, deferCommit }, now);
  const ticket = context.seal({ use: 'upload', id });
  return {
    status: 200,
    body: {
      '@odata.context': contextUrl(parts, 'microsoft.graph.uploadSession'),
      expirationDateTime: new Date(session.expiresAt).toISOString(),
      nextExpectedRanges: ['0-'],
      uploadUrl: `${context.addressOf(request, 'upload')}/uploadSession/${id}?tempauth=${ticket}`,
    },
  };
}

function findItem(place: DrivePlace): DriveItem | undefined {
  return place.names.reduce<DriveItem | undefined>(
    (item, name) => item && place.drive.child(item.id, name),
    place.start,
  );
}

/** `If-Match` with an older ETag: somebody else has changed the item since. */
function checkUnchanged(item: DriveItem, { headers }: SandboxRequest): void {
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted !== '*' && wanted !== eTagOf(item)) {
    throw driveError(412, 'resourceModified', "ETag does not match current item's value");
  }
}

function answer(status: number, body: Record<string, unknown>, parts: BodyContext): SandboxResponse {
  const place = `users('${parts.owner.id}')/drive/items/$entity`;
  return { status, body: { '@odata.context': contextUrl(parts, place), ...body } };
}
