import { recordOf } from '../base/plain-object.ts';
import { createRouter, type RoutePath } from '../base/router.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { createService } from '../base/service-frame.ts';
import type { CopyState } from '../graph/drive/copy-jobs.ts';
import { eTagOf } from '../graph/drive/drive-body.ts';
import { driveError, itemNotFound } from '../graph/drive/drive-error.ts';
import type { DriveLibrary } from '../graph/drive/drive-library.ts';
import { buildErrorResponse, GraphError, notModelled } from '../graph/graph-error.ts';
import { handleUpload } from './upload-session.ts';

/** A request to a pre-authenticated URL. */
interface TicketCall {
  readonly id: string;
  /** Content of the URL's `tempauth`. */
  readonly ticket: Readonly<Record<string, unknown>>;
  readonly drives: DriveLibrary;
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
}

interface TicketRoute extends RoutePath {
  /** The required use of the ticket, and the name of its member that must equal the id in the path. */
  readonly use: string;
  readonly idName: string;
  handle(call: TicketCall): SandboxResponse;
}

/** The host for uploading and downloading files. */
export function createUploadService(drives: DriveLibrary): SandboxService {
  return preAuthenticatedService('upload', drives, [
    {
      path: '/uploadSession/{id}',
      use: 'upload',
      idName: 'id',
      handle: ({ id, request, context }) => handleUpload(id, drives, request, context),
    },
    { path: '/download/{id}', use: 'download', idName: 'itemId', handle: download },
  ]);
}

/** Reports the progress of a copy. */
export function createMonitorService(drives: DriveLibrary): SandboxService {
  return preAuthenticatedService('monitor', drives, [
    { method: 'GET', path: '/copy/{id}', use: 'copy', idName: 'id', handle: copyState },
  ]);
}

/**
 * A service whose URLs come from Graph and need no token. Requests with a token are refused. Source: "Upload large
 * files with an upload session".
 */
function preAuthenticatedService(
  name: 'upload' | 'monitor',
  drives: DriveLibrary,
  routes: readonly TicketRoute[],
): SandboxService {
  const findRoute = createRouter(routes.map((route) => ({ ...route, isCaseSensitive: true })));
  return createService({
    name,
    answer(request, context) {
      if (request.headers['authorization'] !== undefined) throw unauthenticated();
      const match = findRoute(request.method, request.rawPath);
      if (!match) throw notModelled(`${request.method} ${request.rawPath}`);
      const { route, params } = match;
      const { id = '' } = params;
      const tempAuth = new URLSearchParams(request.rawQuery).get('tempauth');
      const ticket = recordOf(tempAuth === null ? undefined : context.open(tempAuth));
      if (ticket['use'] !== route.use || ticket[route.idName] !== id) throw unauthenticated();
      return route.handle({ id, ticket, drives, request, context });
    },
    refusal: GraphError,
    answerRefusal: buildErrorResponse,
  });
}

function unauthenticated(): GraphError {
  return driveError(401, 'unauthenticated', 'The caller is not authenticated.');
}

/** All or part of a file's bytes, while its URL is valid. Source: "Download driveItem content". */
function download({ ticket, drives, request, context }: TicketCall): SandboxResponse {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw notModelled(`${request.method} ${request.rawPath}`);
  if (!(Number(ticket['expiresAt']) > context.clock.now())) throw unauthenticated();
  const drive = drives.find(String(ticket['driveId']), context)?.drive;
  const item = drive?.get(String(ticket['itemId']));
  if (!item?.content) throw itemNotFound();
  const { content } = item;
  const headers = {
    'content-type': content.mimeType,
    'accept-ranges': 'bytes',
    etag: eTagOf(item),
    'last-modified': new Date(item.modifiedAt).toUTCString(),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(item.name)}`,
  };
  const bytes = content.read();
  const range = readRange(request.headers['range'], bytes.length);
  if (!range) return { status: 200, headers, body: bytes };
  const contentRange = `bytes ${range.from}-${range.to}/${bytes.length}`;
  const body = bytes.subarray(range.from, range.to + 1);
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, body };
}

/** A single byte range. Any other header value returns the whole file. */
function readRange(header: string | undefined, sizeBytes: number) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (from > to) throw driveError(416, 'invalidRange', 'The range is not within the file.');
  return { from, to };
}

/** The status is in the body; the response is always 202. Source: "Working with long-running actions". */
function copyState({ id, drives, context }: TicketCall): SandboxResponse {
  const now = context.clock.now();
  drives.copies.runDue(now);
  const state = drives.copies.stateOf(id, now);
  if (!state) throw itemNotFound();
  return { status: 202, body: bodyOf(state) };
}

function bodyOf({ status, percentage, resourceId, error }: CopyState) {
  if (status === 'completed') return { percentageComplete: percentage, resourceId, status };
  return { operation: 'ItemCopy', percentageComplete: percentage, status, ...(error ? { error } : {}) };
}
