import type { Entity } from '../../base/entity-store.ts';
import type { SandboxContext } from '../../base/service.ts';
import { guidBytes, guidOfHex } from '../../seed/guid.ts';
import { mix } from '../../seed/hash.ts';
import { type CopyJobs, createCopyJobs } from './copy-jobs.ts';
import { bytesContent, createDrive, type Drive, type FileContent } from './drive.ts';
import { createUploadSessions, type UploadSessions } from './file-uploads.ts';

/** All drives of a sandbox, with their copies and uploads in progress. Every reset creates a new library. */
export interface DriveLibrary {
  /** A user's drive, created on first use. */
  open(owner: Entity): Drive;
  /** Finds a drive by id; undefined if no user of the tenant can have it. */
  find(driveId: string, context: SandboxContext): { readonly drive: Drive; readonly owner: Entity } | undefined;
  readonly uploads: UploadSessions;
  readonly copies: CopyJobs;
}

export function createDriveLibrary(): DriveLibrary {
  const drives = new Map<string, Drive>();
  const open = (owner: Entity) => {
    const id = driveIdOf(owner.id);
    const known = drives.get(id);
    if (known) return known;
    const made = seedDrive(id, owner.id, String(owner['displayName']));
    drives.set(id, made);
    return made;
  };
  return {
    open,
    find(driveId, { store }) {
      const ownerId = ownerIdOf(driveId);
      const owner = ownerId === undefined ? undefined : store.get('user', ownerId);
      return owner ? { drive: open(owner), owner } : undefined;
    },
    uploads: createUploadSessions(),
    copies: createCopyJobs(),
  };
}

const suffix = Buffer.from('tenantry sandbox').toString('base64url');

/** Formatted like SharePoint ids (`b!…`). It contains the owner's id, so drives are found without a list. */
function driveIdOf(ownerId: string): string {
  return `b!${guidBytes(ownerId).toString('base64url')}${suffix}`;
}

function ownerIdOf(driveId: string): string | undefined {
  if (!driveId.startsWith('b!') || !driveId.endsWith(suffix)) return undefined;
  const id = guidOfHex(Buffer.from(driveId.slice(2, -suffix.length), 'base64url').toString('hex'));
  return driveIdOf(id) === driveId ? id : undefined;
}

/** Files of the folder `Archive`, more than one page. */
const archivedFiles = 450;

const hourMs = 3_600_000;

/** A seeded OneDrive: a few documents, a picture, and a folder with several pages of files. */
function seedDrive(id: string, ownerId: string, ownerName: string): Drive {
  const createdAt = Date.parse('2025-02-03T09:00:00Z');
  const drive = createDrive(id, ownerId, createdAt);
  const folder = (name: string) => drive.add({ parentId: drive.root.id, name, at: createdAt + hourMs });
  const documents = folder('Documents');
  const pictures = folder('Pictures');
  const archive = folder('Archive');
  const file = (parentId: string, name: string, content: FileContent, number: number) =>
    drive.add({ parentId, name, content, at: createdAt + (2 + number) * hourMs });
  file(drive.root.id, 'Welcome.txt', textContent(`Welcome to OneDrive, ${ownerName}.\n`), 0);
  file(documents.id, 'Budget 2026.csv', textContent(budget(), 'text/csv'), 1);
  file(documents.id, 'Notes & ideas #1.md', textContent('# Ideas\n\n- Fewer meetings\n', 'text/markdown'), 2);
  file(pictures.id, 'Pixel.png', bytesContent(Buffer.from(pixel, 'base64'), 'image/png'), 3);
  for (let number = 1; number <= archivedFiles; number++) {
    const name = `Minutes ${String(number).padStart(3, '0')}.txt`;
    file(archive.id, name, textContent(`Minutes of meeting ${number}.\n`), 3 + number);
  }
  return drive;
}

function textContent(text: string, mimeType = 'text/plain'): FileContent {
  return bytesContent(Buffer.from(text), mimeType);
}

function budget(): string {
  const rows = ['Travel', 'Hardware', 'Training'].map((name, index) => `${name},${mix(index, 7, 2026) % 90_000}`);
  return `Position,Euro\r\n${rows.join('\r\n')}\r\n`;
}

/** A transparent pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
