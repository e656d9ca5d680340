import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import { AppError, invalidArgument } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { ApiDescriptor, ApiFactory } from '../../http/api-descriptor.ts';
import type { BatchEntry, BatchItem, BatchOptions, BatchOutcome } from '../../http/batch/batch-item.ts';
import { runBatch } from '../../http/batch/run-batch.ts';
import type { ListPosition, Page, PageLimits } from '../../http/page.ts';
import { paginate, tracePages } from '../../http/paginate.ts';
import { resolveSettings } from '../../http/settings.ts';
import type { TokenSource } from '../../http/token-source.ts';
import type { ConnectionSettings } from '../../record/connection.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { type ListParts, partsOf } from './advanced/list-parts.ts';
import { applyPlan, createPropertyLookup, planQuery } from './advanced/plan-query.ts';
import { entriesInParts, joinResults, separateItems } from './batch-parts.ts';
import { BatchReader, followItemPages } from './batch-reader.ts';
import { type GraphCatalog, loadGraphCatalog } from './catalog/load-catalog.ts';
import { RecentObjects } from './consistency.ts';
import { readDelta } from './delta.ts';
import { withDeltaOptions } from './delta-options.ts';
import { createExpander, type Expander } from './expand/create-expander.ts';
import { createExplainer, type GraphExplainer } from './explain/create-explainer.ts';
import type { DeltaCursor, DeltaRound, GraphApi, PreparedRequest } from './graph-api.ts';
import { createGraphDescriptor, graphPaging } from './graph-descriptor.ts';
import { withGraphOptions } from './graph-options.ts';
import { GraphSender } from './graph-sender.ts';
import { hasTooManyAlternatives } from './heal-query.ts';
import { prepareBatch } from './prepare-batch.ts';
import { readParts } from './read-parts.ts';
import { refuseObjectDeletion } from './refuse-object-deletion.ts';

export interface GraphApiOptions {
  readonly client: ApiClient;
  /** The descriptor that `client` was made with; it judges batch items like single requests. */
  readonly descriptor: ApiDescriptor;
  readonly settings: ConnectionSettings;
  readonly clock: Clock;
  /** Between 0 and 1, for the jitter of retried batch items. */
  readonly random: () => number;
  /** With `audience`: lets a refusal say whether the token has the permission that is missing. */
  readonly tokens?: TokenSource;
  readonly audience?: string;
  /** Explains refusals; shared by the connections of a process. Default: one that is loaded at the first refusal. */
  readonly graphCatalog?: () => Promise<GraphCatalog>;
  readonly telemetry?: Telemetry;
}

class ConnectedGraphApi implements GraphApi {
  readonly #options: GraphApiOptions;
  readonly #lookup = createPropertyLookup();
  readonly #explainer: GraphExplainer;
  readonly #wire: ReturnType<typeof resolveSettings>;
  readonly #batches: BatchReader;
  readonly #sender: GraphSender;
  readonly #expander: Expander;
  /** The client for later pages, whose links may be as long as the query behind them. */
  readonly #fitting: ApiClient;
  /** Headers of the request behind an answer, which the requests for its later pages need too. */
  readonly #headersOf = new WeakMap<ApiResponse, NonNullable<ApiRequest['headers']>>();
  /** The first page of a list that is read in parts, by the answer that was made of it. */
  readonly #firstPages = new WeakMap<ApiResponse, Page>();

  constructor(options: GraphApiOptions) {
    const { client, descriptor, clock, tokens, audience, graphCatalog: catalog = lazy(loadGraphCatalog).get } = options;
    const recent = new RecentObjects(clock);
    this.#options = options;
    this.#explainer = createExplainer({ tokens, audience, catalog });
    this.#wire = resolveSettings(options.settings);
    this.#batches = new BatchReader({ client, descriptor, clock, recent });
    this.#sender = new GraphSender({
      ...{ client, descriptor, clock, recent },
      ...{ lookup: this.#lookup, batches: this.#batches, contentType: this.#wire.contentType },
    });
    this.#fitting = {
      api: client.api,
      resolveUrl: (request) => client.resolveUrl(request),
      send: (request, call) => this.#sender.sendFitting(request, call),
    };
    this.#expander = createExpander({
      client,
      clock,
      concurrency: this.#wire.maxConcurrent,
      readPages: (request, limits, call) => this.#pages(request, limits, call, true),
    });
  }

  addressOf(request: ApiRequest): string {
    return this.#options.client.resolveUrl(request);
  }

  async send(given: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const request = withGraphOptions(given, (text) => call.note(text));
    this.#refuseObjectDeletion(request);
    const whole = partsOf(request, this.#lookup);
    if (whole !== undefined) return this.#sendParts(whole, request, call);
    try {
      const { response, sent } = await this.#sender.send(request, call);
      return this.#keepHeaders(await this.#expander.complete(response, request, call), sent);
    } catch (error) {
      const split = hasTooManyAlternatives(error) ? partsOf(request, this.#lookup, true) : undefined;
      if (split !== undefined) return this.#sendParts(split, request, call);
      throw await this.#explain(error, request, call);
    }
  }

  async *pages(given: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined> {
    const request = withGraphOptions(given, (text) => call.note(text));
    const { first, position } = limits;
    const begun = first && this.#firstPages.get(first);
    if (begun !== undefined) {
      yield begun;
      const more = continued(limits, begun);
      if (more?.position !== undefined) {
        yield* this.#pagesInParts(this.#partsAt(request, more.position), request, more, call);
      }
      return;
    }
    const whole = position === undefined ? partsOf(request, this.#lookup) : this.#partsAt(request, position);
    if (whole !== undefined) {
      yield* this.#pagesInParts(whole, request, limits, call);
      return;
    }
    let hasBegun = false;
    try {
      for await (const page of this.#pages(request, limits, call, true)) {
        hasBegun = true;
        yield page;
      }
    } catch (error) {
      const split = !hasBegun && hasTooManyAlternatives(error) ? partsOf(request, this.#lookup, true) : undefined;
      if (split === undefined) throw error;
      yield* this.#pagesInParts(split, request, limits, call);
    }
  }

  async batch(given: readonly BatchItem[], options: BatchOptions, call: CallContext): Promise<BatchOutcome> {
    const { client, clock, random } = this.#options;
    const { prefer, continueOnError = false, expectedStatuses = [], followPages = false } = options;
    const note = (text: string) => call.note(text);
    const whole = separateItems(given, (request) => partsOf(withGraphOptions(request, note), this.#lookup), call);
    const entries = prepareBatch(whole.items, {
      client,
      batch: options,
      plan: (request) => this.#sender.plan(withGraphOptions(request, note), call),
      contentType: this.#wire.contentType,
    });
    const run = {
      client,
      settings: this.#wire,
      clock,
      random,
      continueOnError,
      expectedStatuses,
      ...withoutUndefined({ headers: prefer === undefined ? undefined : { Prefer: prefer } }),
      ...this.#batches.hooks(),
    };
    await runBatch(entries, run, call);
    await this.#followPages(followPages ? entries : entriesInParts(entries, whole), call);
    await this.#expander.completeEntries(entries, call);
    await this.#batches.finish(entries, (error, request) => this.#explainer.explain(error, request, call));
    const results = entries.map((entry) => entry.result).filter((result) => result !== undefined);
    const responses = joinResults(results, whole, call);
    return { success: responses.every((result) => result.success), responses };
  }

  async delta(
    given: ApiRequest,
    cursor: DeltaCursor | undefined,
    limits: PageLimits,
    call: CallContext,
  ): Promise<DeltaRound> {
    const note = (text: string) => call.note(text);
    const start = withDeltaOptions(withGraphOptions(given, note), note);
    const pages = (request: ApiRequest, pageLimits: PageLimits) => this.#pages(request, pageLimits, call, false);
    return readDelta(start, cursor, { pages, limits, call });
  }

  preview(given: ApiRequest, note?: (text: string) => void): PreparedRequest {
    const request = withGraphOptions(given, note);
    this.#refuseObjectDeletion(request);
    const plan = planQuery(request, this.#lookup);
    const planned = plan === undefined ? request : applyPlan(request, plan);
    return {
      method: planned.method,
      url: this.#options.client.resolveUrl(planned),
      headers: planned.headers ?? {},
      ...(planned.body === undefined ? {} : { body: planned.body }),
    };
  }

  /** Checks the address as it will be sent: one address can be written in many ways. */
  #refuseObjectDeletion(request: ApiRequest): void {
    if (request.method === 'DELETE') refuseObjectDeletion(request.method, this.#options.client.resolveUrl(request));
  }

  #keepHeaders(response: ApiResponse, { headers }: ApiRequest): ApiResponse {
    if (headers !== undefined) this.#headersOf.set(response, headers);
    return response;
  }

  /** The first page of a list that is read in parts, like the answer to one request. */
  async #sendParts(whole: ListParts, request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    try {
      // As few requests as give something: how many items are wanted is not known here.
      for await (const page of this.#pagesInParts(whole, request, { maxPages: 1 }, call, 1)) {
        const { items, status, requestId, nextLink } = page;
        const isTruncated = nextLink !== undefined || page.isTruncated === true;
        const url = this.#options.client.resolveUrl(request);
        const body = withoutUndefined({ '@odata.count': page.count, value: items });
        const answer = { status, headers: {}, body, sizeBytes: 0, url, requestId, isTruncated };
        this.#firstPages.set(answer, page);
        return answer;
      }
    } catch (error) {
      throw await this.#explain(error, request, call);
    }
    throw new TypeError('A list has at least one page.');
  }

  #pagesInParts(whole: ListParts, request: ApiRequest, limits: PageLimits, call: CallContext, usualPage?: number) {
    const { maxItems, maxPages } = this.#within(limits);
    return readParts({
      ...withoutUndefined({ usualPage }),
      ...{ whole, request, call, limits: { maxItems, maxPages }, from: limits.position },
      pages: (one, inner) => this.#pages(one, inner, call, true),
      addressOf: (one) => this.#options.client.resolveUrl(one),
    });
  }

  /** The parts that an earlier reading stopped in. */
  #partsAt(request: ApiRequest, { of, isForced = false }: ListPosition): ListParts {
    const whole = partsOf(request, this.#lookup, isForced);
    if (whole?.parts.length === of) return whole;
    throw invalidArgument(
      'cursor: the list is read in another way since then.',
      'Repeat the call without cursor to start the list again.',
    );
  }

  async #followPages(entries: readonly BatchEntry[], call: CallContext): Promise<void> {
    if (entries.length === 0) return;
    const pages = (request: ApiRequest, limits: PageLimits) => this.#pages(request, limits, call, true);
    const addressOf = (request: ApiRequest) => this.#options.client.resolveUrl(request);
    await followItemPages(entries, { pages, addressOf, concurrency: this.#wire.maxConcurrent }, call);
  }

  #within(limits: PageLimits) {
    const { max_items, max_pages } = this.#options.settings;
    return { maxItems: least(limits.maxItems, max_items), maxPages: least(limits.maxPages, max_pages) };
  }

  #pages(given: ApiRequest, limits: PageLimits, call: CallContext, unique: boolean) {
    const request = withGraphOptions(given, (text) => call.note(text));
    const { telemetry } = this.#options;
    const walk = {
      client: this.#fitting,
      dialect: graphPaging,
      first: (inner: CallContext) => this.#first(request, inner),
      headersOf: (first: ApiResponse) => this.#headersOf.get(first) ?? request.headers,
      origin: request.answersTo ?? originOf(request),
      canRestart: request.verbatim !== true,
      unique,
      limits: { ...limits, ...this.#within(limits) },
    };
    const pages = this.#expander.completePages(paginate(walk, call), request, call);
    return telemetry === undefined ? pages : tracePages(pages, telemetry);
  }

  /** The first page as the service gives it: what is read in parts was separated before. */
  async #first(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    try {
      const { response, sent } = await this.#sender.send(request, call);
      return this.#keepHeaders(response, sent);
    } catch (error) {
      throw await this.#explain(error, request, call);
    }
  }

  async #explain(error: unknown, request: ApiRequest, call: CallContext): Promise<unknown> {
    if (!(error instanceof AppError)) return error;
    const changes = await this.#explainer.explain(error, request, call);
    return changes === undefined ? error : error.with(changes);
  }
}

/** What is left of the limits behind the first page, and where it goes on; undefined when nothing is. */
function continued({ maxItems, maxPages }: PageLimits, { items, position }: Page): PageLimits | undefined {
  const left = {
    maxItems: maxItems === undefined ? undefined : maxItems - items.length,
    maxPages: maxPages === undefined ? undefined : maxPages - 1,
  };
  const isOver = [left.maxItems, left.maxPages].some((limit) => limit !== undefined && limit <= 0);
  return position === undefined || isOver ? undefined : withoutUndefined({ ...left, position });
}

function originOf({ method, path, params }: ApiRequest): NonNullable<ApiRequest['answersTo']> {
  return withoutUndefined({ method, path, params });
}

function least(...limits: readonly (number | undefined)[]): number {
  return Math.min(...limits.filter((limit) => limit !== undefined));
}

export function createGraphApi(options: GraphApiOptions): GraphApi {
  return new ConnectedGraphApi(options);
}

/** Microsoft Graph for the connections of a process. */
export function graphApis(graphCatalog = lazy(loadGraphCatalog).get): ApiFactory<GraphApi> {
  const descriptor = createGraphDescriptor();
  return ({ connection, cloud, tokens, clock, telemetry, random, clientOf }) =>
    createGraphApi({
      client: clientOf(descriptor),
      descriptor,
      settings: connection.settings,
      clock,
      random,
      tokens,
      audience: descriptor.audience(cloud),
      telemetry,
      graphCatalog,
    });
}
