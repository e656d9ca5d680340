import { createHash } from 'node:crypto';

/** Bytes of a file. Seeded ones are generated when they are read. */
export interface FileContent {
  readonly sizeBytes: number;
  readonly mimeType: string;
  read(): Uint8Array;
}

export function bytesContent(bytes: Uint8Array, mimeType: string): FileContent {
  return { sizeBytes: bytes.length, mimeType, read: () => bytes };
}

/** A sandbox drive holds one gigabyte, because its files are in memory. */
export const driveQuotaBytes = 1024 ** 3;

/** A file, or a folder if it has no content. */
export interface DriveItem {
  readonly id: string;
  /** Undefined for the root. */
  readonly parentId: string | undefined;
  readonly name: string;
  /** Milliseconds on the sandbox clock. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Increases with every change. The ETag includes it. */
  readonly version: number;
  readonly content?: FileContent;
}

interface NewItem {
  readonly parentId: string;
  readonly name: string;
  readonly at: number;
  readonly content?: FileContent;
}

/** The files and folders of a user's OneDrive. Names are case-insensitive, as in SharePoint. */
export interface Drive {
  readonly id: string;
  readonly ownerId: string;
  readonly root: DriveItem;
  get(id: string): DriveItem | undefined;
  /** Sorted by name. */
  children(parentId: string): readonly DriveItem[];
  child(parentId: string, name: string): DriveItem | undefined;
  /** Names from the root to the item's parent. */
  folderPath(item: DriveItem): readonly string[];
  add(item: NewItem): DriveItem;
  replaceContent(item: DriveItem, content: FileContent, at: number): DriveItem;
  /** Removes an item and everything below it. */
  remove(item: DriveItem): void;
  /** Total size below an item, in bytes. */
  sizeOf(item: DriveItem): number;
}

export function createDrive(id: string, ownerId: string, createdAt: number): Drive {
  let count = 0;
  const nextId = () => {
    count += 1;
    return itemId(id, count);
  };
  const times = { createdAt, modifiedAt: createdAt };
  const root: DriveItem = { id: nextId(), parentId: undefined, name: 'root', ...times, version: 1 };
  const items = new Map([[root.id, root]]);
  const children = (parentId: string) =>
    [...items.values()]
      .filter((item) => item.parentId === parentId)
      .sort((left, right) => compareNames(left.name, right.name));
  const drive: Drive = {
    id,
    ownerId,
    root,
    get: (wanted) => items.get(wanted),
    children,
    child: (parentId, name) =>
      [...items.values()].find((item) => item.parentId === parentId && sameName(item.name, name)),
    folderPath(item) {
      const parent = item.parentId === undefined ? undefined : items.get(item.parentId);
      return parent === undefined || parent === root ? [] : [...drive.folderPath(parent), parent.name];
    },
    add({ parentId, name, at, content }) {
      const times = { createdAt: at, modifiedAt: at };
      const item: DriveItem = { id: nextId(), parentId, name, ...times, version: 1, ...(content ? { content } : {}) };
      items.set(item.id, item);
      return item;
    },
    replaceContent(item, content, at) {
      const changed: DriveItem = { ...item, content, modifiedAt: at, version: item.version + 1 };
      items.set(item.id, changed);
      return changed;
    },
    remove(item) {
      for (const child of children(item.id)) drive.remove(child);
      items.delete(item.id);
    },
    sizeOf: (item) =>
      item.content?.sizeBytes ?? children(item.id).reduce((total, child) => total + drive.sizeOf(child), 0),
  };
  return drive;
}

/** A free name in the folder: `report 1.txt` if `report.txt` exists. */
export function freeName(drive: Drive, parentId: string, name: string): string {
  const [, stem = name, extension = ''] = /^(.+?)(\.[^.]*)?$/.exec(name) ?? [];
  for (let number = 1; ; number++) {
    const candidate = `${stem} ${number}${extension}`;
    if (!drive.child(parentId, candidate)) return candidate;
  }
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function compareNames(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Formatted like SharePoint ids: `01` and 32 base32 characters. */
function itemId(driveId: string, number: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const digest = createHash('sha256').update(`${driveId}/${number}`).digest();
  return `01${[...digest].map((byte) => alphabet[byte % 32]).join('')}`;
}
