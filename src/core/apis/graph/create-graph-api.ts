import { readClaims } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { ApiDescriptor, ApiFactory } from '../../http/api-descriptor.ts';
import type { BatchItem, BatchOptions, BatchOutcome } from '../../http/batch/batch-item.ts';
import { runBatch } from '../../http/batch/run-batch.ts';
import type { Page, PageLimits } from '../../http/page.ts';
import { paginate, tracePages } from '../../http/paginate.ts';
import { resolveSettings } from '../../http/settings.ts';
import type { TokenSource } from '../../http/token-source.ts';
import { codesIn } from '../../http/upstream-error.ts';
import type { ConnectionSettings } from '../../record/connection.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import {
  applyPlan,
  consistencyHeader,
  createPropertyLookup,
  describePlan,
  findHeader,
  planHealing,
  planQuery,
  type QueryPlan,
} from './advanced/plan-query.ts';
import { BatchReader, followItemPages } from './batch-reader.ts';
import { maybeNotReplicated, RecentObjects, replicationWaitsMs } from './consistency.ts';
import { readDelta } from './delta.ts';
import { createExpander, type Expander } from './expand/create-expander.ts';
import type { DeltaCursor, DeltaRound, GraphApi, PreparedRequest } from './graph-api.ts';
import { createGraphDescriptor, graphPaging } from './graph-descriptor.ts';
import { withGraphOptions } from './graph-options.ts';
import { describeGrant, type PermissionIndex, permissionTable } from './permissions.ts';
import { prepareBatch } from './prepare-batch.ts';
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
  /** As in `GraphDescriptorOptions`. */
  readonly permissions?: PermissionIndex;
  readonly telemetry?: Telemetry;
}

/**
 * Longest URL of an advanced query; a longer one goes into a batch, where the limit does not hold.
 * https://learn.microsoft.com/graph/aad-advanced-queries
 */
const maxAdvancedUrlLength = 2_048;

function lacksAdvancedParameters(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.status !== 400) return false;
  const isUnsupported = error.upstream?.code === 'Request_UnsupportedQuery';
  return (
    (isUnsupported && !graphPaging.isExpiredLink(error)) || /\$count is not currently supported/i.test(error.message)
  );
}

class ConnectedGraphApi implements GraphApi {
  readonly #options: GraphApiOptions;
  readonly #lookup = createPropertyLookup();
  readonly #recent: RecentObjects;
  readonly #permissions: PermissionIndex;
  readonly #wire: ReturnType<typeof resolveSettings>;
  readonly #batches: BatchReader;
  readonly #expander: Expander;
  /** Headers of the request behind an answer, which the requests for its later pages need too. */
  readonly #headersOf = new WeakMap<ApiResponse, NonNullable<ApiRequest['headers']>>();

  constructor(options: GraphApiOptions) {
    const { client, descriptor, clock, permissions = permissionTable } = options;
    this.#options = options;
    this.#recent = new RecentObjects(clock);
    this.#permissions = permissions;
    this.#wire = resolveSettings(options.settings);
    this.#batches = new BatchReader({ client, descriptor, clock, recent: this.#recent });
    this.#expander = createExpander({
      client,
      clock,
      concurrency: this.#wire.maxConcurrent,
      readPages: (request, limits, call) => this.#pages(request, limits, call, true),
    });
  }

  async send(given: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const request = withGraphOptions(given, (text) => call.note(text));
    this.#refuseObjectDeletion(request);
    const planned = this.#plan(request, call);
    try {
      const response = await this.#sendOnceKnown(planned, call);
      this.#recent.learn(planned, response);
      return this.#keepHeaders(await this.#expander.complete(response, request, call), planned);
    } catch (error) {
      const plan = lacksAdvancedParameters(error) ? planHealing(planned, this.#lookup) : undefined;
      const healed = this.#follow(plan, planned, call);
      if (healed === undefined) throw await this.#explain(error, request, call);
      return this.#keepHeaders(await this.#sendFitting(healed, call), healed);
    }
  }

  pages(request: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined> {
    return this.#pages(request, limits, call, true);
  }

  async batch(items: readonly BatchItem[], options: BatchOptions, call: CallContext): Promise<BatchOutcome> {
    const { client, clock, random } = this.#options;
    const { apiVersion, prefer, continueOnError = false, expectedStatuses = [], followPages = false } = options;
    const entries = prepareBatch(items, {
      client,
      batch: options,
      plan: (request) =>
        this.#plan(
          withGraphOptions(request, (text) => call.note(text)),
          call,
        ),
      contentType: this.#wire.contentType,
    });
    const run = {
      client,
      settings: this.#wire,
      clock,
      random,
      continueOnError,
      expectedStatuses,
      ...withoutUndefined({ apiVersion, headers: prefer === undefined ? undefined : { Prefer: prefer } }),
      ...this.#batches.hooks(),
    };
    await runBatch(entries, run, call);
    if (followPages) {
      const pages = (request: ApiRequest, limits: PageLimits) => this.#pages(request, limits, call, true);
      const addressOf = (request: ApiRequest) => client.resolveUrl(request);
      await followItemPages(entries, { pages, addressOf, concurrency: this.#wire.maxConcurrent }, call);
    }
    await this.#expander.completeEntries(entries, call);
    await this.#batches.finish(entries, (error, request) => this.#grantHint(error, request, call));
    const responses = entries.map((entry) => entry.result).filter((result) => result !== undefined);
    return { success: responses.every((result) => result.success), responses };
  }

  delta(
    start: ApiRequest,
    cursor: DeltaCursor | undefined,
    limits: PageLimits,
    call: CallContext,
  ): Promise<DeltaRound> {
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

  #plan(request: ApiRequest, call: CallContext): ApiRequest {
    return this.#follow(planQuery(request, this.#lookup), request, call) ?? request;
  }

  #follow(plan: QueryPlan | undefined, request: ApiRequest, call: CallContext): ApiRequest | undefined {
    if (plan === undefined) return undefined;
    call.note(describePlan(plan));
    return applyPlan(request, plan);
  }

  #keepHeaders(response: ApiResponse, { headers }: ApiRequest): ApiResponse {
    if (headers !== undefined) this.#headersOf.set(response, headers);
    return response;
  }

  /** Repeats a request for a new object until the object is known everywhere. */
  async #sendOnceKnown(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    for (const waitMs of replicationWaitsMs) {
      try {
        return await this.#sendFitting(request, call);
      } catch (error) {
        if (!this.#isWorthWaiting(error, request, call.deadlineAt - waitMs)) throw error;
        call.note('The object is so new that it was not known everywhere yet: the request was repeated.');
        await delay(waitMs, call.signal);
      }
    }
    return this.#sendFitting(request, call);
  }

  #isWorthWaiting(error: unknown, request: ApiRequest, latest: number): boolean {
    return (
      error instanceof AppError &&
      maybeNotReplicated(error.status, codesIn(error.upstream?.detail), error.message) &&
      this.#recent.concerns(request) &&
      this.#options.clock.now() < latest
    );
  }

  #sendFitting(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const { client } = this.#options;
    const isAdvanced = request.method === 'GET' && findHeader(request.headers, consistencyHeader) !== undefined;
    return isAdvanced && request.verbatim !== true && client.resolveUrl(request).length > maxAdvancedUrlLength
      ? this.#sendInBatch(request, call)
      : client.send(request, call);
  }

  async #sendInBatch(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const { client } = this.#options;
    call.note(`The address is longer than ${maxAdvancedUrlLength} characters: it was sent inside a $batch.`);
    const { method, path, params, headers, apiVersion } = request;
    const item = { method, url: path, ...withoutUndefined({ params, headers }) };
    const batch = apiVersion === undefined ? {} : { apiVersion };
    const [entry] = prepareBatch([item], { client, batch, plan: (one) => one, contentType: this.#wire.contentType });
    if (entry === undefined) throw new TypeError('A batch of one has one entry.');
    return this.#batches.sendEntry(entry, request, call);
  }

  #pages(given: ApiRequest, limits: PageLimits, call: CallContext, unique: boolean) {
    const request = withGraphOptions(given, (text) => call.note(text));
    const { client, settings, telemetry } = this.#options;
    const maxItems = least(limits.maxItems, settings.max_items);
    const maxPages = least(limits.maxPages, settings.max_pages);
    const walk = {
      client,
      dialect: graphPaging,
      first: (inner: CallContext) => this.send(request, inner),
      headersOf: (first: ApiResponse) => this.#headersOf.get(first) ?? request.headers,
      origin: request.answersTo ?? originOf(request),
      canRestart: request.verbatim !== true,
      unique,
      limits: { ...limits, maxItems, maxPages },
    };
    const pages = this.#expander.completePages(paginate(walk, call), request, call);
    return telemetry === undefined ? pages : tracePages(pages, telemetry);
  }

  /** A refusal for lack of a permission says whether the token has it. */
  async #explain(error: unknown, request: ApiRequest, call: CallContext): Promise<unknown> {
    const hint = await this.#grantHint(error, request, call);
    if (!(error instanceof AppError) || hint === '') return error;
    return error.with({ hint: `${error.hint ?? ''} ${hint}`.trim() });
  }

  async #grantHint(error: unknown, { method, path }: ApiRequest, call: CallContext): Promise<string> {
    const { tokens, audience } = this.#options;
    const isRefusal = error instanceof AppError && error.code === 'permission_denied' && error.status !== undefined;
    if (!isRefusal || tokens === undefined || audience === undefined) return '';
    // The caller needs the refusal itself, even when it cannot be explained.
    const token = await tokens.getToken({ audience, signal: call.signal }).catch(() => undefined);
    const claims = token === undefined ? undefined : readClaims(token.token);
    return describeGrant(claims, this.#permissions.leastPrivileged(method, path));
  }
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
export function graphApis(): ApiFactory<GraphApi> {
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
    });
}
