import { eTagOf } from '../graph/drive/drive-body.ts';
import { driveError, itemNotFound } from '../graph/drive/drive-error.ts';
import type { DriveLibrary } from '../graph/drive/drive-library.ts';
import { notModelled } from '../graph/graph-error.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../service.ts';
import { unauthenticated } from './pre-authenticated.ts';

/** The bytes of a file, whole or in part, while its address is good. Source: "Download driveItem content". */
export function download(
  ticket: Readonly<Record<string, unknown>>,
  drives: DriveLibrary,
  request: SandboxRequest,
  context: SandboxContext,
): SandboxResponse {
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

/** One range of bytes; anything else that the header may say is answered with the whole file. */
function readRange(header: string | undefined, sizeBytes: number) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (from > to) throw driveError(416, 'invalidRange', 'The range is not within the file.');
  return { from, to };
}
