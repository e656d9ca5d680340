import type { SandboxRequest, SandboxResponse } from '../../service.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import { isObject, readBody } from '../writes/write-input.ts';
import type { Drive, DriveItem } from './drive.ts';
import { invalidRequest, itemNotFound } from './drive-error.ts';
import type { DriveLibrary } from './drive-library.ts';
import type { DrivePlace } from './drive-path.ts';
import { checkItemName, conflictBehaviors, readConflictBehavior } from './put-file.ts';

interface CopyCall {
  readonly request: SandboxRequest;
  readonly context: GraphCallContext;
  readonly drives: DriveLibrary;
  readonly place: DrivePlace;
}

/** Answers at once with the address that tells how far the copy is. Source: "driveItem: copy". */
export function startCopy(item: DriveItem, { request, context, drives, place }: CopyCall): SandboxResponse {
  const { parentReference, name, ...options } = readBody(request);
  if (item === place.drive.root) throw invalidRequest('The root of a drive cannot be copied.');
  if (name !== undefined && typeof name !== 'string') throw invalidRequest(`'name' has to be a string.`);
  const newName = name ?? item.name;
  checkItemName(newName);
  const { to, folder } = targetOf(parentReference, item, { context, drives, place });
  if (isBelow(to, folder, item)) throw invalidRequest('An item cannot be copied into itself.');
  const asked = options['@microsoft.graph.conflictBehavior'] ?? behaviorInQuery(request.rawQuery);
  const id = context.newId();
  drives.copies.start(
    {
      id,
      from: place.drive,
      item,
      to,
      folderId: folder.id,
      name: newName,
      behavior: asked === undefined ? 'fail' : readConflictBehavior(asked),
    },
    context.clock.now(),
  );
  const ticket = context.seal({ use: 'copy', id });
  return {
    status: 202,
    headers: { location: `${context.addressOf(request, 'monitor')}/copy/${id}?tempauth=${ticket}` },
  };
}

/** `parentReference` names a drive and a folder of it; without one the copy stays in its folder. */
function targetOf(
  reference: unknown,
  item: DriveItem,
  { context, drives, place }: Omit<CopyCall, 'request'>,
): { readonly to: Drive; readonly folder: DriveItem } {
  if (reference !== undefined && !isObject(reference)) throw invalidRequest(`'parentReference' has to be an object.`);
  const { driveId, id } = reference ?? {};
  const to = driveId === undefined ? place.drive : drives.find(String(driveId), context)?.drive;
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
