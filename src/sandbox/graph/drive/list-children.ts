import type { SandboxResponse } from '../../service.ts';
import { badRequest, notModelled } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import type { DriveItem } from './drive.ts';
import { type BodyContext, contextUrl, itemBody, selectFrom } from './drive-body.ts';
import { driveError } from './drive-error.ts';

const defaultPage = 200;
const maximumPage = 1000;
const knownOptions = ['$select', '$top', '$orderby', '$skiptoken', '$format'];

interface PageToken {
  readonly use: 'children';
  readonly parentId: string;
  readonly from: number;
}

/** One page of a folder. Source: "List the contents of a folder". */
export function listChildren(folder: DriveItem, parsed: ParsedGraphPath, parts: BodyContext): SandboxResponse {
  const { request, context, drive, owner } = parts;
  const { query } = parsed;
  const unknown = [...query.keys()].find((name) => name.startsWith('$') && !knownOptions.includes(name));
  if (unknown) throw notModelled(`GET ${parsed.template} with ${unknown}`);
  const sorted = sortBy(query.get('$orderby'), drive.children(folder.id), parsed);
  const top = readTop(query.get('$top'));
  const from = readFrom(query.get('$skiptoken'), folder, parts);
  const page = sorted.slice(from, from + top);
  const next = from + top < sorted.length ? from + top : undefined;
  const token: PageToken = { use: 'children', parentId: folder.id, from: next ?? 0 };
  const kept = request.rawQuery.split('&').filter((part) => part !== '' && !/^(?:\$|%24)skiptoken=/i.test(part));
  const place = `users('${owner.id}')/drive/items('${folder.id}')/children`;
  return {
    status: 200,
    body: {
      '@odata.context': contextUrl(parts, place),
      ...(from === 0 ? { '@odata.count': sorted.length } : {}),
      value: page.map((item) => selectFrom(itemBody(item, parts), query.get('$select'), 'driveItem')),
      ...(next === undefined
        ? {}
        : {
            '@odata.nextLink': `${request.base}${request.rawPath}?${[...kept, `$skiptoken=${context.seal(token)}`].join('&')}`,
          }),
    },
  };
}

function sortBy(text: string | undefined, items: readonly DriveItem[], parsed: ParsedGraphPath): readonly DriveItem[] {
  if (text === undefined) return items;
  const [, property = '', direction] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(text) ?? [];
  // The store gives them by name already.
  if (property.toLowerCase() !== 'name') throw notModelled(`GET ${parsed.template} with $orderby=${text}`);
  return direction?.toLowerCase() === 'desc' ? items.toReversed() : items;
}

function readTop(text: string | undefined): number {
  if (text === undefined) return defaultPage;
  const top = Number(text);
  if (!/^\d+$/.test(text) || top < 1) throw badRequest(`Invalid value '${text}' for $top query option found.`);
  return Math.min(top, maximumPage);
}

function readFrom(token: string | undefined, folder: DriveItem, { context }: BodyContext): number {
  if (token === undefined) return 0;
  const opened = context.open(token);
  if (!isPageToken(opened) || opened.parentId !== folder.id) {
    throw driveError(400, 'invalidRequest', 'The skip token is not valid.');
  }
  return opened.from;
}

function isPageToken(value: unknown): value is PageToken {
  return typeof value === 'object' && value !== null && 'use' in value && value.use === 'children';
}
