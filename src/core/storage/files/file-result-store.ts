import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { AppError } from '../../base/errors.ts';
import {
  defaultResultLimits,
  newResultId,
  type ResultLimits,
  type ResultStore,
  type ResultWriter,
  resultIdPattern,
  type StoredPart,
  type StoredResult,
} from '../result-store.ts';
import { callerFolder, callerFolders } from './caller-folder.ts';
import { makeRoom, makeRoomOfAll, removeExpired, unfinished } from './result-folder.ts';

/**
 * A point from which the file can be read: the number of the item that begins at `offset`, and whether lines of items
 * follow or a page as the service sent it.
 */
type Block = readonly [firstItem: number, offset: number, kind: 'lines' | 'page'];

interface Footer {
  readonly result: StoredResult;
  readonly blocks: readonly Block[];
}

export interface FileResultStoreOptions {
  /** Folder of the files; made when the first result is stored. */
  readonly directory: string;
  readonly clock: Clock;
  readonly limits?: ResultLimits;
}

const blockBytes = 128 * 1024;
const trailerBytes = 16;
/** How much one writer takes before it looks again at what all results take together. */
const lookAgainBytes = 4 * 1024 * 1024;

/**
 * One file per result: blocks of items, as lines of JSON or as whole pages of the service, then a footer (what the
 * result is, and where its blocks begin), then the length of the footer. A file has another name until it is finished.
 * Old ones are removed when a result is created, and by `sweep`. Each caller has a folder, and room in it.
 */
export function createFileResultStore(options: FileResultStoreOptions): ResultStore {
  const { directory, clock, limits = defaultResultLimits } = options;
  const pathOf = (id: string, caller: string) => join(callerFolder(directory, caller), `${id}.result`);
  return {
    async create(caller) {
      const folder = callerFolder(directory, caller);
      return explained(folder, async () => {
        createPrivateFolder(folder);
        await removeExpired(folder, clock.now() - limits.ttlMs);
        const id = newResultId();
        const most = await makeRoom(folder, id, limits);
        await makeRoomOfAll(await callerFolders(directory), limits.mostBytes, limits);
        const path = pathOf(id, caller);
        const file = await open(`${path}${unfinished}`, 'wx', 0o600);
        return createWriter({ id, file, path, most }, { directory: folder, clock, limits });
      });
    },
    async read(id, caller, position, maxBytes) {
      if (!resultIdPattern.test(id)) return undefined;
      const file = await open(pathOf(id, caller), 'r').catch(() => undefined);
      if (!file) return undefined;
      try {
        const footer = await readFooter(file);
        if (!footer || footer.result.caller !== caller || footer.result.expiresAt <= clock.now()) return undefined;
        return await readPart(file, footer, { position, maxBytes });
      } finally {
        await file.close();
      }
    },
    async sweep() {
      const before = clock.now() - limits.ttlMs;
      for (const folder of await callerFolders(directory)) await removeExpired(folder, before);
    },
  };
}

/** A full disk and a folder that cannot be written are the operator's to put right, and need words of their own. */
async function explained<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error && !(error instanceof AppError) ? error.code : undefined;
    if (typeof code !== 'string') throw error;
    throw new AppError(
      'configuration',
      `The answer is too long to be given at once, and ${directory} cannot hold it (${code}).`,
      {
        hint: 'Make the folder writable or free space on its disk; or ask for less with limit, $select, project or auto_paginate: false.',
        cause: error,
      },
    );
  }
}

interface NewFile {
  readonly id: string;
  readonly file: FileHandle;
  /** Where it will be once it is finished. */
  readonly path: string;
  /** Most bytes of items. */
  readonly most: number;
}

function createWriter(
  { id, file, path, ...given }: NewFile,
  { directory, clock, limits }: Required<FileResultStoreOptions>,
): ResultWriter {
  const blocks: Block[] = [];
  let items = 0;
  let offset = 0;
  let most = given.most;
  let seen = 0;
  let buffered: string[] = [];
  let bufferedItems = 0;
  let bufferedBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();

  const store = <T>(work: () => Promise<T>) => explained(directory, work);
  const write = async (kind: Block[2], bytes: Buffer, count: number) => {
    blocks.push([items, offset, kind]);
    items += count;
    const start = offset;
    offset += bytes.length;
    // One write at a time, while the next page arrives.
    await writing;
    writing = store(() => file.writev([bytes], start));
    writing.catch(() => undefined); // seen by the next one that awaits it
    if (offset - seen < lookAgainBytes) return;
    seen = offset;
    most = await makeRoom(directory, id, limits);
  };
  const flush = async () => {
    if (bufferedItems === 0) return;
    const [text, count] = [`${buffered.join('\n')}\n`, bufferedItems];
    buffered = [];
    bufferedItems = 0;
    bufferedBytes = 0;
    await write('lines', Buffer.from(text, 'utf8'), count);
  };
  return {
    id,
    get left() {
      return most - offset - bufferedBytes;
    },
    async append(lines) {
      for (const line of lines) {
        buffered.push(line);
        bufferedItems += 1;
        bufferedBytes += Buffer.byteLength(line) + 1;
        if (bufferedBytes >= blockBytes) await flush();
      }
    },
    async appendPage(json, count) {
      if (count === 0) return;
      await flush();
      await write('page', json, count);
    },
    async finish(about) {
      await flush();
      await writing;
      const result: StoredResult = { ...about, id, items, expiresAt: clock.now() + limits.ttlMs };
      const footer = Buffer.from(JSON.stringify({ result, blocks } satisfies Footer), 'utf8');
      const trailer = Buffer.from(String(footer.length).padStart(trailerBytes, '0'), 'latin1');
      await store(() => file.writev([footer, trailer], offset));
      await file.close();
      await store(() => rename(`${path}${unfinished}`, path));
      return result;
    },
    async discard() {
      await writing.catch(() => undefined);
      await file.close().catch(() => undefined);
      await rm(`${path}${unfinished}`, { force: true });
      await rm(path, { force: true });
    },
  };
}

async function readFooter(file: FileHandle): Promise<(Footer & { readonly start: number }) | undefined> {
  const { size } = await file.stat();
  if (size < trailerBytes) return undefined;
  const trailer = await readBytes(file, size - trailerBytes, trailerBytes);
  const text = trailer.toString('latin1');
  if (!/^\d{16}$/.test(text)) return undefined;
  const length = Number(text);
  if (length > size - trailerBytes) return undefined;
  const start = size - trailerBytes - length;
  const footer = await readBytes(file, start, length);
  // Only a writer of this class makes a trailer, after everything else.
  return { ...(JSON.parse(footer.toString('utf8')) as Footer), start };
}

async function readPart(
  file: FileHandle,
  { result, blocks, start: footerStart }: Footer & { readonly start: number },
  { position, maxBytes }: { position: number; maxBytes: number },
): Promise<StoredPart> {
  const items: unknown[] = [];
  let bytes = 0;
  for (let index = blockWith(blocks, position); index < blocks.length; index += 1) {
    const [firstItem = 0, start = 0, kind = 'lines'] = blocks[index] ?? [];
    const end = blocks[index + 1]?.[1] ?? footerStart;
    const text = (await readBytes(file, start, end - start)).toString('utf8');
    for (const item of itemsOf(text, kind, Math.max(0, position - firstItem))) {
      bytes += Buffer.byteLength(item) + 1;
      if (items.length > 0 && bytes > maxBytes) return { result, items, position };
      items.push(JSON.parse(item));
    }
  }
  return { result, items, position };
}

function blockWith(blocks: readonly Block[], position: number): number {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((blocks[middle]?.[0] ?? 0) <= position) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** JSON texts of the items of a block, without the first `skip` ones. */
function* itemsOf(text: string, kind: Block[2], skip: number): Generator<string, void> {
  if (kind === 'lines') {
    yield* text.slice(0, -1).split('\n').slice(skip);
    return;
  }
  // The page was parsed, and its items counted, before it was stored.
  const { value } = JSON.parse(text) as { value: unknown[] };
  for (const item of value.slice(skip)) yield JSON.stringify(item);
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
