import { isRecord } from '../../../core/base/guards.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { readBody } from '../json-body.ts';
import { type Drive, type DriveItem, driveQuotaBytes, freeName } from './drive.ts';
import { invalidRequest, itemNotFound } from './drive-error.ts';
import { type ConflictBehavior, checkItemName, conflictBehaviors, readConflictBehavior } from './file-uploads.ts';

interface CopyCall {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly drive: Drive;
  readonly drives: {
    find(driveId: string, context: SandboxContext): { readonly drive: Drive } | undefined;
    readonly copies: CopyJobs;
  };
}

/** Responds at once with the URL that reports the progress. Source: "driveItem: copy". */
export function startCopy(item: DriveItem, call: CopyCall): SandboxResponse {
  const { request, context, drive, drives } = call;
  const { parentReference, name = item.name, ...options } = readBody(request);
  if (item === drive.root) throw invalidRequest('The root of a drive cannot be copied.');
  if (typeof name !== 'string') throw invalidRequest(`'name' has to be a string.`);
  checkItemName(name);
  const { to, folder } = targetOf(parentReference, item, call);
  if (isBelow(to, folder, item)) throw invalidRequest('An item cannot be copied into itself.');
  const asked = options['@microsoft.graph.conflictBehavior'] ?? behaviorInQuery(request.rawQuery);
  const id = context.newId();
  const behavior = asked === undefined ? 'fail' : readConflictBehavior(asked);
  drives.copies.start({ id, from: drive, item, to, folderId: folder.id, name, behavior }, context.clock.now());
  const ticket = context.seal({ use: 'copy', id });
  const location = `${context.addressOf(request, 'monitor')}/copy/${id}?tempauth=${ticket}`;
  return { status: 202, headers: { location } };
}

/** `parentReference` names a drive and folder. Without it, the copy stays in the same folder. */
function targetOf(
  reference: unknown,
  item: DriveItem,
  { context, drive, drives }: CopyCall,
): { readonly to: Drive; readonly folder: DriveItem } {
  if (reference !== undefined && !isRecord(reference)) throw invalidRequest(`'parentReference' has to be an object.`);
  const { driveId, id } = reference ?? {};
  const to = driveId === undefined ? drive : drives.find(String(driveId), context)?.drive;
  const folderId = id ?? (driveId === undefined ? item.parentId : to?.root.id);
  const folder = folderId === 'root' ? to?.root : to?.get(String(folderId));
  if (!to || !folder) throw itemNotFound();
  if (folder.content) throw invalidRequest('A file has nothing below it.');
  return { to, folder };
}

function isBelow(drive: Drive, folder: DriveItem, item: DriveItem): boolean {
  if (item.content) return false;
  const parent = folder.parentId === undefined ? undefined : drive.get(folder.parentId);
  return folder.id === item.id || (parent !== undefined && isBelow(drive, parent, item));
}

function behaviorInQuery(rawQuery: string): string | undefined {
  const value = new URLSearchParams(rawQuery).get('@microsoft.graph.conflictBehavior');
  return conflictBehaviors.find((one) => one === value);
}

interface CopyRequest {
  readonly id: string;
  readonly from: Drive;
  readonly item: DriveItem;
  readonly to: Drive;
  readonly folderId: string;
  readonly name: string;
  readonly behavior: ConflictBehavior;
}

/** Progress of a copy, as its monitor URL reports it. */
export interface CopyState {
  readonly status: 'notStarted' | 'inProgress' | 'completed' | 'failed';
  /** 0 to 100, with one decimal. */
  readonly percentage: number;
  /** Id of the completed copy. */
  readonly resourceId?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Copies run in the background, on the sandbox clock. */
export interface CopyJobs {
  start(request: CopyRequest, now: number): void;
  /** Completes the copies that are due. Called before every access to a drive. */
  runDue(now: number): void;
  stateOf(id: string, now: number): CopyState | undefined;
}

/** A copy takes ten seconds, regardless of size. */
const durationMs = 10_000;

interface Job {
  readonly request: CopyRequest;
  readonly startedAt: number;
  result?: CopyState;
}

export function createCopyJobs(): CopyJobs {
  const jobs = new Map<string, Job>();
  return {
    start(request, now) {
      jobs.set(request.id, { request, startedAt: now });
    },
    runDue(now) {
      for (const job of jobs.values()) {
        if (!job.result && now >= job.startedAt + durationMs) job.result = carryOut(job.request, now);
      }
    },
    stateOf(id, now) {
      const job = jobs.get(id);
      if (!job || job.result) return job?.result;
      const percentage = Math.min(99.9, Math.floor(((now - job.startedAt) / durationMs) * 1000) / 10);
      return { status: percentage > 0 ? 'inProgress' : 'notStarted', percentage };
    },
  };
}

function carryOut({ from, item, to, folderId, name, behavior }: CopyRequest, at: number): CopyState {
  const folder = to.get(folderId);
  const source = from.get(item.id);
  if (!folder || !source) return failed('itemNotFound', 'The resource could not be found.');
  const existing = to.child(folder.id, name);
  const isOnItself = existing !== undefined && existing.id === source.id && behavior === 'replace';
  if (existing && (behavior === 'fail' || isOnItself)) return failed('nameAlreadyExists', 'Name already exists');
  if (to.sizeOf(to.root) + from.sizeOf(source) > driveQuotaBytes) return failed('quotaLimitReached', 'Quota reached');
  if (existing && behavior === 'replace') to.remove(existing);
  const free = existing && behavior === 'rename' ? freeName(to, folder.id, name) : name;
  const copy = copyTree({ from, source, to, parentId: folder.id, name: free, at });
  return { status: 'completed', percentage: 100, resourceId: copy.id };
}

interface TreeCopy {
  readonly from: Drive;
  readonly source: DriveItem;
  readonly to: Drive;
  readonly parentId: string;
  readonly name: string;
  readonly at: number;
}

function copyTree({ from, source, to, parentId, name, at }: TreeCopy): DriveItem {
  // Read before anything is added, because the target can be below the source.
  const children = from.children(source.id);
  const copy = to.add({ parentId, name, at, ...(source.content ? { content: source.content } : {}) });
  for (const child of children) copyTree({ from, source: child, to, parentId: copy.id, name: child.name, at });
  return copy;
}

function failed(code: string, message: string): CopyState {
  return { status: 'failed', percentage: 0, error: { code, message } };
}
