import type { Entity } from '../../base/entity-store.ts';
import type { GraphCallContext, ParsedGraphPath } from '../parsed-path.ts';
import { findUser, resolveMe } from '../reads/resolve-entity.ts';
import { hasServicePlan } from '../writes/licensing/assignments.ts';
import type { Drive, DriveItem } from './drive.ts';
import { driveError, invalidRequest, itemNotFound } from './drive-error.ts';
import type { DriveLibrary } from './drive-library.ts';
import { checkItemName, type FileTarget } from './file-uploads.ts';

export function isDrivePath({ names }: Pick<ParsedGraphPath, 'names'>): boolean {
  return names[0] === 'drives' || names[1] === 'drive';
}

/** What a drive path addresses. */
export interface DrivePlace {
  readonly drive: Drive;
  readonly owner: Entity;
  /** The item where the path begins: the root, or the item with the id. Undefined for an unknown id. */
  readonly start: DriveItem | undefined;
  /** Names after the colon; empty if the path addresses the start itself. */
  readonly names: readonly string[];
}

/** Finds the drive of a path by its id or owner. */
export function locate(parsed: ParsedGraphPath, context: GraphCallContext, drives: DriveLibrary): DrivePlace {
  const { drive, owner } =
    parsed.names[0] === 'drives' ? byId(parsed, context, drives) : ofUser(parsed, context, drives);
  const key = parsed.template.includes('/items/{id}') ? parsed.keys.at(-1)?.value : undefined;
  const start = key === undefined || key.toLowerCase() === 'root' ? drive.root : drive.get(key);
  return { drive, owner, start, names: parsed.itemPath ?? [] };
}

/** The item that a path addresses. Throws 404 if it does not exist. */
export function itemAt(place: DrivePlace): DriveItem {
  const item = findItem(place);
  if (!item) throw itemNotFound();
  return item;
}

export function findItem({ drive, start, names }: DrivePlace): DriveItem | undefined {
  let item = start;
  for (const name of names) item = item && drive.child(item.id, name);
  return item;
}

/** Where a file sent to this path is stored. */
export function fileTargetAt(place: DrivePlace): FileTarget {
  const { start, names } = place;
  if (!start) throw itemNotFound();
  const name = names.at(-1);
  if (name === undefined) {
    if (!start.content) throw invalidRequest('A folder has no content; name the file behind a colon.');
    return { kind: 'item', id: start.id };
  }
  if (start.content) throw invalidRequest('A file has nothing below it.');
  for (const one of names) checkItemName(one);
  return { kind: 'path', folderId: start.id, folders: names.slice(0, -1), name };
}

function byId(parsed: ParsedGraphPath, context: GraphCallContext, drives: DriveLibrary) {
  const id = parsed.keys[0]?.value ?? '';
  const found = drives.find(id, context);
  if (found) return found;
  if (id.startsWith('b!')) throw itemNotFound();
  throw invalidRequest('The provided drive id appears to be malformed, or does not represent a valid drive.');
}

/** Source: "Get drive". Without a SharePoint plan, a user has no OneDrive. */
function ofUser(parsed: ParsedGraphPath, { store, caller }: GraphCallContext, drives: DriveLibrary) {
  const owner = findUser(resolveMe(parsed, caller).keys[0]?.value ?? '', store);
  if (!owner) throw driveError(404, 'ResourceNotFound', 'User not found');
  if (!hasServicePlan(owner, ['SHAREPOINTENTERPRISE', 'SHAREPOINTSTANDARD', 'ONEDRIVE_BASIC'])) {
    throw driveError(404, 'ResourceNotFound', "User's mysite not found.");
  }
  return { drive: drives.open(owner), owner };
}
