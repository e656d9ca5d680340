import type { FileContent } from './drive.ts';
import { bytesContent } from './drive-seed.ts';
import type { ConflictBehavior, FileTarget } from './put-file.ts';

/** A file that arrives piece by piece. */
export interface UploadSession {
  readonly id: string;
  readonly driveId: string;
  readonly target: FileTarget;
  readonly behavior: ConflictBehavior;
  /** The file appears only when the client says so. */
  readonly deferCommit: boolean;
  readonly expiresAt: number;
  /** Bytes that have arrived, from the beginning. */
  readonly receivedBytes: number;
  /** Size of the whole file, known from the first piece on. */
  readonly totalBytes?: number;
}

export interface UploadSessions {
  start(session: Omit<UploadSession, 'receivedBytes' | 'totalBytes' | 'expiresAt'>, now: number): UploadSession;
  /** Undefined when there is none, it was ended, or it has expired. */
  find(id: string, now: number): UploadSession | undefined;
  append(session: UploadSession, bytes: Uint8Array, totalBytes: number): UploadSession;
  /** Everything that has arrived. */
  contentOf(session: UploadSession, mimeType: string): FileContent;
  end(id: string): void;
}

/** Sessions live for a day from their start. */
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
