import { type Drive, type DriveItem, type FileContent, freeName } from './drive.ts';
import { invalidRequest, nameAlreadyExists, quotaReached } from './drive-error.ts';

export const conflictBehaviors = ['fail', 'rename', 'replace'] as const;
export type ConflictBehavior = (typeof conflictBehaviors)[number];

/** Where a file goes: onto an existing item, or below a folder along names that may have to be made on the way. */
export type FileTarget =
  | { readonly kind: 'item'; readonly id: string }
  | {
      readonly kind: 'path';
      readonly folderId: string;
      readonly folders: readonly string[];
      readonly name: string;
    };

/** A sandbox drive holds a gigabyte: its files are in memory. */
export const driveQuotaBytes = 1024 ** 3;

export interface FilePut {
  readonly item: DriveItem;
  readonly isNew: boolean;
}

/**
 * Puts a file in its place. Folders on the way are made. Source: "Upload or replace the contents of a driveItem",
 * conflict behaviour "Instance attributes on driveItem".
 */
export function putFile(
  drive: Drive,
  target: FileTarget,
  {
    content,
    behavior,
    at,
  }: { readonly content: FileContent; readonly behavior: ConflictBehavior; readonly at: number },
): FilePut {
  if (drive.sizeOf(drive.root) + content.sizeBytes > driveQuotaBytes) throw quotaReached();
  if (target.kind === 'item') {
    const item = drive.get(target.id);
    if (!item) throw invalidRequest('The item to be replaced does not exist any more.');
    return { item: replace(drive, item, content, at), isNew: false };
  }
  const parent = target.folders.reduce<DriveItem>(
    (folder, name) => openFolder(drive, folder, name, at),
    drive.get(target.folderId) ?? drive.root,
  );
  const existing = drive.child(parent.id, target.name);
  if (existing && behavior === 'fail') throw nameAlreadyExists();
  if (existing && behavior === 'replace') return { item: replace(drive, existing, content, at), isNew: false };
  const name = existing ? freeName(drive, parent.id, target.name) : target.name;
  return { item: drive.add({ parentId: parent.id, name, content, at }), isNew: true };
}

function replace(drive: Drive, item: DriveItem, content: FileContent, at: number): DriveItem {
  if (!item.content) throw nameAlreadyExists(); // A folder is not replaced by a file.
  return drive.replaceContent(item, content, at);
}

function openFolder(drive: Drive, parent: DriveItem, name: string, at: number): DriveItem {
  const existing = drive.child(parent.id, name);
  if (existing?.content) throw invalidRequest(`'${name}' is a file; nothing can be below it.`);
  return existing ?? drive.add({ parentId: parent.id, name, at });
}

export function readConflictBehavior(value: unknown): ConflictBehavior {
  if (value === undefined) return 'replace';
  const behavior = conflictBehaviors.find((one) => one === value);
  if (!behavior) throw invalidRequest(`'${String(value)}' is no conflict behavior: ${conflictBehaviors.join(', ')}.`);
  return behavior;
}

/** Names that SharePoint does not take. Source: "Invalid file names and file types in OneDrive and SharePoint". */
export function checkItemName(name: string): void {
  if (name === '' || name.length > 400 || /["*:<>?/\\|]/.test(name) || /^\s|[\s.]$/.test(name)) {
    throw invalidRequest('The provided name cannot contain certain characters or be empty.');
  }
}
