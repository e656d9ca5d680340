import type { CallContext } from '../../../base/call-context.ts';
import type { Clock } from '../../../base/clock.ts';
import { isRecord } from '../../../base/guards.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../../http/api-client.ts';
import type { BatchEntry } from '../../../http/batch/batch-item.ts';
import { listIn, type Page, type PageLimits } from '../../../http/page.ts';
import { ExpandCompleter } from './expand-completer.ts';
import type { ExpandedRequest } from './expanded-lists.ts';
import { type Expansion, expansionsOf } from './parse-expand.ts';

interface ExpanderOptions {
  readonly client: Pick<ApiClient, 'resolveUrl'>;
  readonly clock: Clock;
  readonly concurrency: number;
  readPages(request: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined>;
}

type Pages = AsyncGenerator<Page, void, undefined>;

/** Completes what the service cuts when it expands relationships: in an object, in the pages of a list, in a batch. */
export interface Expander {
  /** The answer itself, unless it is an object with such a list. */
  complete(response: ApiResponse, request: ApiRequest, call: CallContext): Promise<ApiResponse>;
  completePages(pages: Pages, request: ApiRequest, call: CallContext): Pages;
  completeEntries(entries: readonly BatchEntry[], call: CallContext): Promise<void>;
}

export function createExpander(options: ExpanderOptions): Expander {
  const { client, clock, concurrency, readPages } = options;
  const completerFor = (expansions: readonly Expansion[], call: CallContext) =>
    new ExpandCompleter({
      expansions,
      concurrency,
      clock,
      call,
      pages: (request, limits) => readPages(request, limits, call),
    });
  const describe = (request: ApiRequest, isList: boolean): ExpandedRequest => {
    const { path } = originOf(request);
    const { apiVersion, headers } = request;
    return { path, isList, url: client.resolveUrl(request), ...withoutUndefined({ apiVersion, headers }) };
  };
  return {
    async complete(response, request, call) {
      const expansions = wantedBy(request);
      if (expansions.length === 0 || !isRecord(response.body) || listIn(response.body)) return response;
      const completer = completerFor(expansions, call);
      const { items, isTruncated } = await completer.complete([response.body], describe(request, false));
      completer.report();
      if (items[0] === response.body && !isTruncated) return response;
      // The bytes say less than the object now.
      const { json: _, ...rest } = response;
      return { ...rest, body: items[0], ...(isTruncated ? { isTruncated } : {}) };
    },
    completePages(pages, request, call) {
      const expansions = wantedBy(request);
      if (expansions.length === 0) return pages;
      return completeEach(pages, completerFor(expansions, call), describe(request, true));
    },
    async completeEntries(entries, call) {
      for (const entry of entries) {
        const expansions = entry.result?.success === true ? wantedBy(entry.request) : [];
        if (expansions.length === 0) continue;
        const completer = completerFor(expansions, call);
        await completeEntry(entry, completer, (isList) => describe(entry.request, isList));
        completer.report();
      }
    },
  };
}

function wantedBy(request: ApiRequest): readonly Expansion[] {
  return request.method === 'GET' ? expansionsOf(originOf(request)) : [];
}

/** What the list was asked for with, where the request is a link into its middle. */
function originOf({ path, params, answersTo }: ApiRequest): Pick<ApiRequest, 'path' | 'params'> {
  return answersTo ?? withoutUndefined({ path, params });
}

async function* completeEach(pages: Pages, completer: ExpandCompleter, request: ExpandedRequest): Pages {
  try {
    for await (const page of pages) {
      const { items, isTruncated } = await completer.complete(page.items, request);
      const { json, ...rest } = page;
      const isSame = items === page.items;
      yield { ...rest, items, ...(isSame && json ? { json } : {}), ...(isTruncated ? { isTruncated } : {}) };
    }
  } finally {
    completer.report();
  }
}

async function completeEntry(
  entry: BatchEntry,
  completer: ExpandCompleter,
  describe: (isList: boolean) => ExpandedRequest,
): Promise<void> {
  const { result } = entry;
  if (result === undefined || !isRecord(result.body)) return;
  const { body } = result;
  const list = listIn(body);
  const { items, isTruncated } = await completer.complete(list ?? [body], describe(list !== undefined));
  const completed = list === undefined ? items[0] : { ...body, value: items };
  entry.result = { ...result, body: completed, ...(isTruncated ? { isTruncated } : {}) };
}
