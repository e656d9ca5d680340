import type { CallContext } from '../../base/call-context.ts';
import { isRecord } from '../../base/guards.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import type { BatchEntry, BatchItem, BatchItemResult } from '../../http/batch/batch-item.ts';
import { listIn } from '../../http/page.ts';
import { ItemSet } from '../../http/paginate.ts';
import type { ListParts } from './advanced/list-parts.ts';
import { readQueryOptions } from './advanced/plan-query.ts';
import { nextLinkName } from './graph-descriptor.ts';

/** The items of a batch as they are sent, and how their answers belong together. */
export interface PartedItems {
  readonly items: readonly BatchItem[];
  /** For each of the caller's items: where its own begin, how many there are, and what they are the parts of. */
  readonly spans: readonly Span[];
}

interface Span {
  readonly id: string;
  readonly at: number;
  readonly count: number;
  readonly whole?: { readonly parts: ListParts; readonly request: ApiRequest };
}

/** Ids of the caller's items have no spaces. */
function partId(id: string, part: number): string {
  return part === 0 ? id : `${id} part ${part + 1}`;
}

/** Puts the parts of lists that the service gives only in parts into the place of the items that ask for them. */
export function separateItems(
  items: readonly BatchItem[],
  partsOf: (request: ApiRequest) => ListParts | undefined,
  call: CallContext,
): PartedItems {
  const spans: Span[] = [];
  const sent: BatchItem[] = [];
  const ids = new Map<string, readonly string[]>();
  for (const [index, item] of items.entries()) {
    const { id = String(index + 1), method, url, params, headers } = item;
    const request: ApiRequest = { method, path: url, ...withoutUndefined({ params, headers }) };
    const parts = partsOf(request);
    const dependsOn = item.dependsOn?.flatMap((needed) => ids.get(needed.toLowerCase()) ?? [needed]);
    const at = sent.length;
    if (parts === undefined) {
      sent.push({ ...item, id, ...withoutUndefined({ dependsOn }) });
      spans.push({ id, at, count: 1 });
      continue;
    }
    call.note(parts.note);
    for (const [part, { request: own }] of parts.parts.entries()) {
      const more = withoutUndefined({ params: own.params, dependsOn });
      sent.push({ ...item, id: partId(id, part), url: own.path, ...more });
    }
    const count = sent.length - at;
    ids.set(
      id.toLowerCase(),
      Array.from({ length: count }, (_, part) => partId(id, part)),
    );
    spans.push({ id, at, count, whole: { parts, request } });
  }
  return { items: sent, spans };
}

/** The entries that are parts: their lists are read whole, since one item can hold only one link to more. */
export function entriesInParts(entries: readonly BatchEntry[], { spans }: PartedItems): readonly BatchEntry[] {
  return spans.flatMap(({ at, count, whole }) => (whole === undefined ? [] : entries.slice(at, at + count)));
}

/** The answers as the caller asked: one for each item. */
export function joinResults(
  results: readonly BatchItemResult[],
  { spans }: PartedItems,
  call: CallContext,
): readonly BatchItemResult[] {
  return spans.flatMap(({ id, at, count, whole }) => {
    const own = results.slice(at, at + count);
    const joined = whole === undefined ? own[0] : joinOne(id, own, whole, call);
    return joined === undefined ? [] : [joined];
  });
}

function joinOne(
  id: string,
  results: readonly BatchItemResult[],
  { parts, request }: NonNullable<Span['whole']>,
  call: CallContext,
): BatchItemResult | undefined {
  const isByType = parts.parts.some(({ type }) => type !== undefined);
  const read = results.filter(({ success }) => success);
  const failed = results.find(({ success }) => !success);
  if (failed !== undefined && (!isByType || read.length === 0)) return { ...failed, id };
  const lost = results.flatMap(({ success, status }, part) => (success ? [] : [{ part, status }]));
  if (lost.length > 0) {
    const names = [...new Set(lost.map(({ part }) => parts.parts[part]?.type))].join(', ');
    call.note(`Not listed in the answer to request ${id}, since the service refused it: ${names}.`);
  }
  const values = valuesOf(results, parts);
  const { $top: top } = readQueryOptions(request);
  const most = top === undefined ? Number.POSITIVE_INFINITY : Number(top);
  const isCut = values.length > most || lost.some(({ status }) => status !== 400) || results.some(hasMore);
  const [first] = read;
  if (first === undefined) return failed;
  const { [nextLinkName]: _, ...rest } = isRecord(first.body) ? first.body : {};
  const { links: _links, ...result } = first;
  const count = '@odata.count' in rest && !isCut ? { '@odata.count': values.length } : {};
  const { '@odata.count': _count, ...body } = rest;
  return {
    ...result,
    id,
    body: { ...body, ...count, value: values.slice(0, most) },
    ...(isCut ? { isTruncated: true } : {}),
  };
}

function valuesOf(results: readonly BatchItemResult[], { parts, isDisjoint, hidesId }: ListParts): readonly unknown[] {
  const set = new ItemSet();
  return results.flatMap(({ body, success }, part) => {
    const type = parts[part]?.type;
    const items = success ? (listIn(body) ?? []) : [];
    return items.flatMap((item) => {
      if ((!isDisjoint && !set.add(item)) || !isRecord(item)) return [];
      const { id, ...rest } = item;
      const named = type === undefined ? {} : { '@odata.type': `#microsoft.graph.${type}` };
      return [{ ...named, ...(hidesId ? rest : item) }];
    });
  });
}

function hasMore({ body, isTruncated }: BatchItemResult): boolean {
  return isTruncated === true || (isRecord(body) && nextLinkName in body);
}
