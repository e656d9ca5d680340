import type { DriveLibrary } from '../graph/drive/drive-library.ts';
import { notModelled } from '../graph/graph-error.ts';
import type { SandboxService } from '../service.ts';
import { download } from './download.ts';
import { preAuthenticatedService, unauthenticated } from './pre-authenticated.ts';
import { handleUpload } from './upload-session.ts';

/** The host that files are sent to and fetched from, beside Graph. */
export function createUploadService(drives: DriveLibrary): SandboxService {
  return preAuthenticatedService('upload', (ticket, request, context) => {
    const [, kind, id = ''] = /^\/(uploadSession|download)\/([^/]+)$/.exec(request.rawPath) ?? [];
    if (kind === 'uploadSession') {
      if (ticket?.['use'] !== 'upload' || ticket['id'] !== id) throw unauthenticated();
      return handleUpload(id, drives, request, context);
    }
    if (kind === 'download') {
      if (ticket?.['use'] !== 'download' || ticket['itemId'] !== id) throw unauthenticated();
      return download(ticket, drives, request, context);
    }
    throw notModelled(`${request.method} ${request.rawPath}`);
  });
}
