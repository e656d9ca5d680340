import type { Entity } from '../../entity-store.ts';
import type { SandboxContext } from '../../service.ts';
import { type CopyJobs, createCopyJobs } from './copy-jobs.ts';
import type { Drive } from './drive.ts';
import { seedDrive } from './drive-seed.ts';
import { createUploadSessions, type UploadSessions } from './upload-sessions.ts';

/** All drives of one sandbox with what is under way in them. A new one is made with every reset. */
export interface DriveLibrary {
  /** The drive of a person; made when it is opened for the first time. */
  open(owner: Entity): Drive;
  /** By its id; undefined when no person of the tenant can have it. */
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

/** Shaped like the ids of SharePoint (`b!…`); the owner's id is in it, so that any drive is found without a list. */
function driveIdOf(ownerId: string): string {
  return `b!${Buffer.from(ownerId.replaceAll('-', ''), 'hex').toString('base64url')}${suffix}`;
}

function ownerIdOf(driveId: string): string | undefined {
  if (!driveId.startsWith('b!') || !driveId.endsWith(suffix)) return undefined;
  const hex = Buffer.from(driveId.slice(2, -suffix.length), 'base64url').toString('hex');
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return driveIdOf(id) === driveId ? id : undefined;
}
