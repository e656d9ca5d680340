import { bytesContent, type Drive, type DriveItem, driveQuotaBytes, type FileContent, freeName } from './drive.ts';
import { driveError, invalidRequest, nameAlreadyExists } from './drive-error.ts';

export const conflictBehaviors = ['fail', 'rename', 'replace'] as const;
export type ConflictBehavior = (typeof conflictBehaviors)[number];

/** Where a file goes: an existing item, or a path below a folder, whose missing folders are created. */
export type FileTarget =
  | { readonly kind: 'item'; readonly id: string }
  | { readonly kind: 'path'; readonly folderId: string; readonly folders: readonly string[]; readonly name: string };

interface FilePut {
  readonly content: FileContent;
  readonly behavior: ConflictBehavior;
  /** Milliseconds on the sandbox clock. */
  readonly at: number;
}

/**
 * Stores a file and creates missing folders. Source: "Upload or replace the contents of a driveItem", conflict
 * behaviour "Instance attributes on driveItem".
 */
export function putFile(
  drive: Drive,
  target: FileTarget,
  { content, behavior, at }: FilePut,
): { readonly item: DriveItem; readonly isNew: boolean } {
  if (drive.sizeOf(drive.root) + content.sizeBytes > driveQuotaBytes) {
    throw driveError(507, 'quotaLimitReached', 'The user has reached their quota limit.');
  }
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

/** Names that SharePoint refuses. Source: "Invalid file names and file types in OneDrive and SharePoint". */
export function checkItemName(name: string): void {
  if (name === '' || name.length > 400 || /["*:<>?/\\|]/.test(name) || /^\s|[\s.]$/.test(name)) {
    throw invalidRequest('The provided name cannot contain certain characters or be empty.');
  }
}

/** A file uploaded in pieces. */
export interface UploadSession {
  readonly id: string;
  readonly driveId: string;
  readonly target: FileTarget;
  readonly behavior: ConflictBehavior;
  /** Whether the file is created only when the client commits it. */
  readonly deferCommit: boolean;
  readonly expiresAt: number;
  /** Received bytes, from the beginning. */
  readonly receivedBytes: number;
  /** Size of the whole file, known from the first piece. */
  readonly totalBytes?: number;
}

export interface UploadSessions {
  start(session: Omit<UploadSession, 'receivedBytes' | 'totalBytes' | 'expiresAt'>, now: number): UploadSession;
  /** Undefined if it does not exist, has ended, or has expired. */
  find(id: string, now: number): UploadSession | undefined;
  append(session: UploadSession, bytes: Uint8Array, totalBytes: number): UploadSession;
  /** The received bytes. */
  contentOf(session: UploadSession, mimeType: string): FileContent;
  end(id: string): void;
}

/** Sessions expire one day after they start. */
const lifetimeMs = 24 * 3_600_000;

export function createUploadSessions(): UploadSessions {
  const sessions = new Map<string, { session: UploadSession; readonly pieces: Uint8Array[] }>();
  return {
    start(given, now) {
      const session: UploadSession = { ...given, receivedBytes: 0, expiresAt: now + lifetimeMs };
      sessions.set(session.id, { session, pieces: [] });
      return session;
    },
    find(id, now) {
      const entry = sessions.get(id);
      if (entry && entry.session.expiresAt > now) return entry.session;
      sessions.delete(id);
      return undefined;
    },
    append(session, bytes, totalBytes) {
      const entry = sessions.get(session.id);
      if (!entry) throw new RangeError(`there is no upload session ${session.id}`);
      entry.pieces.push(bytes);
      entry.session = { ...session, totalBytes, receivedBytes: session.receivedBytes + bytes.length };
      return entry.session;
    },
    contentOf: (session, mimeType) => bytesContent(Buffer.concat(sessions.get(session.id)?.pieces ?? []), mimeType),
    end(id) {
      sessions.delete(id);
    },
  };
}
