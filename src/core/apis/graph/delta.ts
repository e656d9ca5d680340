import type { CallContext } from '../../base/call-context.ts';
import { counted } from '../../base/counted.ts';
import { AppError, invalidArgument } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import type { Page, PageLimits } from '../../http/page.ts';
import { fromTheBeginning } from './delta-options.ts';
import type { DeltaCursor, DeltaRound } from './graph-api.ts';

type Entity = Readonly<Record<string, unknown>>;

/** Reads the pages of a request without removing repeated objects. */
export type ReadPages = (request: ApiRequest, limits: PageLimits) => AsyncGenerator<Page, void, undefined>;

/** Most objects of one round that are held at once; the cursor gives the rest. */
const maxItemsAtOnce = 200_000;

/** Codes of a position that the service has forgotten. https://learn.microsoft.com/graph/delta-query-overview */
const forgotten =
  /^(?:syncStateNotFound|syncStateInvalid|resyncRequired|resyncChanges\w+|Directory_ExpiredDeltaToken)$/i;

function isForgotten(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return error.status === 410 || forgotten.test(error.upstream?.code ?? '') || /syncStateNotFound/i.test(error.message);
}

/** A later sighting of the same object: its values win, slices of its relations are joined. */
function mergeEntities(earlier: Entity, later: Entity): Entity {
  if ('@removed' in later) return later;
  const merged: Record<string, unknown> = { ...earlier, ...later };
  for (const [name, slice] of Object.entries(later)) {
    const before = earlier[name];
    if (name.endsWith('@delta') && Array.isArray(slice) && Array.isArray(before)) {
      merged[name] = mergeMembers([...before, ...slice]);
    }
  }
  // It was removed and came back: the last word counts.
  delete merged['@removed'];
  return merged;
}

/** The last word about each member. */
function mergeMembers(members: readonly unknown[]): unknown[] {
  const byId = new Map<unknown, unknown>();
  for (const member of members) {
    const key = isRecord(member) && typeof member['id'] === 'string' ? member['id'] : member;
    byId.delete(key);
    byId.set(key, member);
  }
  return [...byId.values()];
}

interface Reading {
  readonly pages: ReadPages;
  readonly limits: PageLimits;
  readonly headers: Readonly<Record<string, string>>;
  readonly call: CallContext;
}

/** Failures after which the part that was read stays valid, and the position leads to the rest. */
const resumable = new Set(['timeout', 'throttled', 'upstream_unavailable']);

/** State of one pass over the pages of a round. */
class RoundReader {
  /** Objects of the round, each once, in the order of their first sighting. */
  readonly #byId = new Map<unknown, unknown>();
  last: Page | undefined;
  count = 0;

  async read({ pages, limits, call }: Reading, request: ApiRequest): Promise<void> {
    const maxItems = Math.min(limits.maxItems ?? maxItemsAtOnce, maxItemsAtOnce);
    for await (const page of pages(request, { ...limits, maxItems })) {
      const before = this.#byId.size;
      for (const item of page.items) {
        this.#add(item);
      }
      this.last = page;
      this.count += 1;
      const { size } = this.#byId;
      const message = `${counted(size, 'change')} in ${counted(this.count, 'page')}`;
      if (size > before) call.progress({ progress: size, message });
    }
  }

  #add(item: unknown): void {
    const id = isRecord(item) && typeof item['id'] === 'string' ? item['id'] : undefined;
    const key = id ?? Symbol('no id');
    const earlier = this.#byId.get(key);
    this.#byId.set(key, isRecord(earlier) && isRecord(item) ? mergeEntities(earlier, item) : item);
  }

  get items(): unknown[] {
    return [...this.#byId.values()];
  }
}

async function readRound(request: ApiRequest, reading: Reading): Promise<DeltaRound> {
  const { headers, call } = reading;
  const reader = new RoundReader();
  try {
    await reader.read(reading, request);
  } catch (error) {
    const canGoOn = error instanceof AppError && resumable.has(error.code) && reader.last?.nextLink !== undefined;
    if (!canGoOn) throw error;
    call.note(
      `Stopped after ${counted(reader.count, 'page')} (${error.code}): ${error.message} The next call continues from there.`,
    );
  }
  const { last, items, count } = reader;
  const complete = last?.deltaLink !== undefined;
  const link = last?.deltaLink ?? last?.nextLink;
  if (link === undefined) {
    throw invalidArgument(
      'The answer is not that of a delta query: it has no link to more items or to later changes.',
      'Use a delta function such as /users/delta, /groups/delta or /users/{id}/mailFolders/{id}/messages/delta.',
    );
  }
  const cursor: DeltaCursor = { version: 1, link, kind: complete ? 'delta' : 'next', headers };
  return { items, complete, resync: false, cursor, pages: count };
}

/**
 * One round of a delta query. The options of `start` travel inside the links, so later requests go out exactly as the
 * service wrote them. A forgotten position starts over once and says so with `resync`.
 */
export async function readDelta(
  start: ApiRequest,
  cursor: DeltaCursor | undefined,
  reading: Omit<Reading, 'headers'>,
): Promise<DeltaRound> {
  const headers = start.headers ?? cursor?.headers ?? {};
  const from = cursor === undefined ? start : linkRequest(cursor.link, headers);
  try {
    return await readRound(from, { ...reading, headers });
  } catch (error) {
    if (!isForgotten(error) || from.verbatim !== true || start.verbatim === true) throw error;
    const round = await readRound(fromTheBeginning(start), { ...reading, headers: start.headers ?? {} });
    return { ...round, resync: true };
  }
}

function linkRequest(link: string, headers: Readonly<Record<string, string>>): ApiRequest {
  return { method: 'GET', path: link, verbatim: true, headers };
}
