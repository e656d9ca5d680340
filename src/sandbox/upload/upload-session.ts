import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { driveQuotaBytes } from '../graph/drive/drive.ts';
import { contextUrl, itemBody } from '../graph/drive/drive-body.ts';
import { driveError, invalidRequest, itemNotFound } from '../graph/drive/drive-error.ts';
import type { DriveLibrary } from '../graph/drive/drive-library.ts';
import { putFile, type UploadSession } from '../graph/drive/file-uploads.ts';
import { type GraphError, notModelled } from '../graph/graph-error.ts';

/** Every piece except the last is a multiple of the first and smaller than the second. */
const pieceUnitBytes = 320 * 1024;
const pieceLimitBytes = 60 * 1024 * 1024;

interface UploadCall {
  readonly session: UploadSession;
  readonly drives: DriveLibrary;
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
}

interface Piece {
  readonly from: number;
  readonly totalBytes: number;
}

/** Pieces of a file, in order. Source: "driveItem: createUploadSession". */
export function handleUpload(
  id: string,
  drives: DriveLibrary,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
  const session = drives.uploads.find(id, context.clock.now());
  if (!session) throw sessionGone();
  const call: UploadCall = { session, drives, request, context };
  switch (request.method) {
    case 'PUT':
      return receive(call);
    case 'GET':
      return { status: 200, body: progress(session) };
    case 'DELETE':
      drives.uploads.end(id);
      return { status: 204 };
    case 'POST':
      return finish(call);
    default:
      throw notModelled(`${request.method} /uploadSession/{id}`);
  }
}

function receive(call: UploadCall): SandboxResponse {
  const { session, drives, request } = call;
  const { from, totalBytes } = readPiece(call);
  if (from < session.receivedBytes) throw rangeRefused('The fragment overlaps with one that was received already.');
  if (from > session.receivedBytes) throw rangeRefused('Fragments have to be sent in order.');
  const updated = drives.uploads.append(session, request.body, totalBytes);
  if (updated.receivedBytes < totalBytes || updated.deferCommit) return { status: 202, body: progress(updated) };
  return commit({ ...call, session: updated });
}

/** Checks the piece against its headers and the size rules. */
function readPiece({ session, request: { headers, body } }: UploadCall): Piece {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  if (first === undefined || last === undefined || total === undefined) {
    throw invalidRequest(`The Content-Range header is missing or malformed: 'bytes {from}-{to}/{total}'.`);
  }
  const [from, to, totalBytes] = [Number(first), Number(last), Number(total)];
  if (to < from || to >= totalBytes) throw invalidRequest('The Content-Range header does not describe a range.');
  if (to - from + 1 !== body.length) {
    const message = 'The size of the fragment does not match its Content-Range header.';
    throw driveError(400, 'invalidRequest', message, 'fragmentLengthMismatch');
  }
  if (session.totalBytes !== undefined && session.totalBytes !== totalBytes) {
    throw invalidRequest('The size of the file has changed since the first fragment.');
  }
  if (totalBytes > driveQuotaBytes) throw driveError(507, 'quotaLimitReached', 'The file is larger than the quota.');
  if (body.length >= pieceLimitBytes) {
    const message = `A fragment has to be smaller than ${pieceLimitBytes} bytes.`;
    throw driveError(413, 'invalidRequest', message, 'maxFragmentLengthExceeded');
  }
  if (to + 1 < totalBytes && body.length % pieceUnitBytes !== 0) {
    const message = `The size of every fragment but the last has to be a multiple of ${pieceUnitBytes} bytes.`;
    throw driveError(400, 'invalidRequest', message, 'fragmentLengthMismatch');
  }
  return { from, totalBytes };
}

/** An empty POST completes a deferred commit or retries after a conflict. */
function finish(call: UploadCall): SandboxResponse {
  const { session } = call;
  if (session.totalBytes === undefined || session.receivedBytes < session.totalBytes) {
    throw driveError(400, 'invalidRequest', 'Parts of the file are missing.', 'uploadSessionIncomplete');
  }
  return commit(call);
}

/** Creates the file. After a conflict, the session and its content are kept. */
function commit({ session, drives, request, context }: UploadCall): SandboxResponse {
  const found = drives.find(session.driveId, context);
  if (!found) throw itemNotFound();
  const { drive, owner } = found;
  const { item, isNew } = putFile(drive, session.target, {
    content: drives.uploads.contentOf(session, 'application/octet-stream'),
    behavior: session.behavior,
    at: context.clock.now(),
  });
  drives.uploads.end(session.id);
  const parts = { request, context, drive, owner };
  const odataContext = contextUrl(parts, `users('${owner.id}')/drive/items/$entity`);
  return { status: isNew ? 201 : 200, body: { '@odata.context': odataContext, ...itemBody(item, parts) } };
}

function progress({ expiresAt, receivedBytes, totalBytes }: UploadSession) {
  const isComplete = totalBytes !== undefined && receivedBytes >= totalBytes;
  return {
    expirationDateTime: new Date(expiresAt).toISOString(),
    nextExpectedRanges: isComplete ? [] : [`${receivedBytes}-`],
  };
}

function rangeRefused(message: string): GraphError {
  return driveError(416, 'badRequest', message, 'invalidRange');
}

function sessionGone(): GraphError {
  return driveError(404, 'itemNotFound', 'The upload session was not found.', 'uploadSessionNotFound');
}
