import type { CopyState } from '../graph/drive/copy-jobs.ts';
import { itemNotFound } from '../graph/drive/drive-error.ts';
import type { DriveLibrary } from '../graph/drive/drive-library.ts';
import { notModelled } from '../graph/graph-error.ts';
import type { SandboxService } from '../service.ts';
import { preAuthenticatedService, unauthenticated } from '../upload/pre-authenticated.ts';

/**
 * Tells how far a copy is. The status is in the body: the answer is a 202 to the end. Source: "Working with
 * long-running actions".
 */
export function createMonitorService(drives: DriveLibrary): SandboxService {
  return preAuthenticatedService('monitor', (ticket, request, context) => {
    const [, id] = /^\/copy\/([^/]+)$/.exec(request.rawPath) ?? [];
    if (id === undefined || request.method !== 'GET') throw notModelled(`${request.method} ${request.rawPath}`);
    if (ticket?.['use'] !== 'copy' || ticket['id'] !== id) throw unauthenticated();
    const now = context.clock.now();
    drives.copies.runDue(now);
    const state = drives.copies.stateOf(id, now);
    if (!state) throw itemNotFound();
    return { status: 202, body: bodyOf(state) };
  });
}

function bodyOf({ status, percentage, resourceId, error }: CopyState) {
  if (status === 'completed') return { percentageComplete: percentage, resourceId, status };
  return { operation: 'ItemCopy', percentageComplete: percentage, status, ...(error ? { error } : {}) };
}
