import { createHash } from 'node:crypto';
import type { Entity } from '../../base/entity-store.ts';
import type { SandboxContext, SandboxRequest } from '../../base/service.ts';
import { guidOfHex } from '../../seed/guid.ts';
import { timestamp } from '../../seed/timestamp.ts';
import { parseSelect } from '../query/select.ts';
import { type Drive, type DriveItem, driveQuotaBytes } from './drive.ts';

type Body = Record<string, unknown>;

/** What drive bodies need in addition to the item. */
export interface BodyContext {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly drive: Drive;
  readonly owner: Entity;
}

/** A download URL is valid for a few minutes. */
const downloadLifeMs = 5 * 60_000;

/** The sealed content of a download URL. */
interface DownloadTicket {
  readonly use: 'download';
  readonly driveId: string;
  readonly itemId: string;
  readonly expiresAt: number;
}

/** Source: "drive resource type". */
export function driveBody({ drive, owner }: BodyContext): Body {
  const used = drive.sizeOf(drive.root);
  return {
    id: drive.id,
    driveType: 'business',
    name: 'OneDrive',
    description: '',
    createdDateTime: timestamp(drive.root.createdAt),
    lastModifiedDateTime: timestamp(drive.root.modifiedAt),
    webUrl: webRoot(owner),
    owner: { user: userBody(owner) },
    quota: { total: driveQuotaBytes, used, remaining: driveQuotaBytes - used, deleted: 0, state: 'normal' },
  };
}

/** Source: "driveItem resource type". */
export function itemBody(item: DriveItem, parts: BodyContext): Body {
  const { drive, owner } = parts;
  const by = { user: userBody(owner) };
  const times = { createdDateTime: timestamp(item.createdAt), lastModifiedDateTime: timestamp(item.modifiedAt) };
  const path = [...drive.folderPath(item), ...(item === drive.root ? [] : [item.name])];
  return {
    ...(item.content ? { '@microsoft.graph.downloadUrl': downloadUrl(item, parts) } : {}),
    id: item.id,
    name: item.name,
    size: drive.sizeOf(item),
    ...times,
    createdBy: by,
    lastModifiedBy: by,
    eTag: eTagOf(item),
    cTag: `"c:{${guidOf(item)}},${item.version}"`,
    webUrl: [webRoot(owner), ...path.map(encodeURIComponent)].join('/'),
    parentReference: parentReference(item, drive),
    fileSystemInfo: times,
    ...(item.content
      ? { file: { mimeType: item.content.mimeType } }
      : { folder: { childCount: drive.children(item.id).length } }),
    ...(item === drive.root ? { root: {} } : {}),
  };
}

export function eTagOf(item: DriveItem): string {
  return `"{${guidOf(item)}},${item.version}"`;
}

/** A temporary URL that returns the file without a token. */
export function downloadUrl(item: DriveItem, { request, context, drive }: BodyContext): string {
  const expiresAt = context.clock.now() + downloadLifeMs;
  const ticket: DownloadTicket = { use: 'download', driveId: drive.id, itemId: item.id, expiresAt };
  return `${context.addressOf(request, 'upload')}/download/${item.id}?tempauth=${context.seal(ticket)}`;
}

/** Keeps the selected properties. The download URL is selected by its annotation. */
export function selectFrom(body: Body, select: string | undefined, type: 'drive' | 'driveItem'): Body {
  if (select === undefined) return body;
  const names = select.split(',').map((name) => name.trim());
  const plain = names.filter((name) => !name.startsWith('@') && name !== 'content.downloadUrl');
  const wantsAddress = plain.length < names.length;
  const selected = plain.length > 0 ? parseSelect(plain.join(','), { type, isCollection: false }) : [];
  if (selected === undefined) return body;
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => (name.startsWith('@') ? wantsAddress : selected.includes(name))),
  );
}

export function contextUrl({ request, context }: BodyContext, what: string): string {
  return `${context.addressOf(request, 'graph')}/v1.0/$metadata#${what}`;
}

function parentReference(item: DriveItem, drive: Drive): Body {
  const common = { driveId: drive.id, driveType: 'business' };
  if (item.parentId === undefined) return common;
  const names = drive.folderPath(item);
  const path = `/drives/${drive.id}/root:${names.map((name) => `/${encodeURIComponent(name)}`).join('')}`;
  return { ...common, id: item.parentId, name: names.at(-1) ?? 'Documents', path };
}

function userBody(owner: Entity): Body {
  return { displayName: owner['displayName'], email: owner['userPrincipalName'], id: owner.id };
}

function webRoot(owner: Entity): string {
  const name = String(owner['userPrincipalName']);
  const folder = name.replace(/[^A-Za-z0-9]/g, '_');
  const [, company = ''] = /([^.@]+)\.[^.@]+$/.exec(name) ?? [];
  return `https://${company}-my.sharepoint.example/personal/${folder}/Documents`;
}

function guidOf(item: DriveItem): string {
  return guidOfHex(createHash('md5').update(item.id).digest('hex').toUpperCase());
}
