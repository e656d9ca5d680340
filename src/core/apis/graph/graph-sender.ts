import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { ApiDescriptor } from '../../http/api-descriptor.ts';
import { codesIn } from '../../http/upstream-error.ts';
import { pathSegments } from './advanced/directory-path.ts';
import { applyPlan, describePlan, type PropertyLookup, planQuery } from './advanced/plan-query.ts';
import type { BatchReader } from './batch-reader.ts';
import { maybeNotReplicated, type RecentObjects, replicationWaitsMs } from './consistency.ts';
import { healQuery } from './heal-query.ts';
import { prepareBatch } from './prepare-batch.ts';

export interface GraphSenderOptions {
  readonly client: ApiClient;
  readonly descriptor: ApiDescriptor;
  readonly clock: Clock;
  readonly lookup: PropertyLookup;
  readonly recent: RecentObjects;
  readonly batches: BatchReader;
  /** `settings.default_content_type`. */
  readonly contentType: string;
}

/**
 * Longest address that is sent as one; a longer one goes into a batch, whose body holds it. Advanced queries may have 2,048
 * characters, for the others nothing is published.
 * https://learn.microsoft.com/graph/aad-advanced-queries, https://learn.microsoft.com/graph/json-batching
 */
const maxUrlLength = 2_000;

/** Of the root and the version. */
const rootLength = 100;

/** No fewer characters than the address will have: making one costs more than most requests are worth. */
function longestForm({ path, params, verbatim }: ApiRequest): number {
  if (verbatim === true) return path.length;
  const options = Object.entries(params ?? {}).reduce((sum, [name, value]) => sum + `${name}=${value}&`.length, 0);
  // Any character may be escaped: as up to twelve others outside of Latin.
  return rootLength + 12 * (path.length + options);
}

/** Sends single requests in the form in which the service takes them. */
export class GraphSender {
  readonly #options: GraphSenderOptions;

  constructor(options: GraphSenderOptions) {
    this.#options = options;
  }

  /** The request with what an advanced query lacks. */
  plan(request: ApiRequest, call: CallContext): ApiRequest {
    const plan = planQuery(request, this.#options.lookup);
    if (plan === undefined) return request;
    call.note(describePlan(plan));
    return applyPlan(request, plan);
  }

  /** One request; what the service refuses for a reason that is known goes once more, with what it lacks. */
  async send(
    given: ApiRequest,
    call: CallContext,
  ): Promise<{ readonly response: ApiResponse; readonly sent: ApiRequest }> {
    const planned = this.plan(given, call);
    try {
      const response = await this.#sendOnceKnown(planned, call);
      this.#options.recent.learn(planned, response);
      return { response, sent: planned };
    } catch (error) {
      const healed = healQuery(error, planned, this.#options.lookup);
      if (healed === undefined) throw error;
      const response = await this.sendFitting(healed.request, call);
      call.note(healed.note);
      return { response, sent: healed.request };
    }
  }

  /** A long address goes inside a batch. */
  sendFitting(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    return this.#isTooLong(request) ? this.#sendInBatch(request, call) : this.#options.client.send(request, call);
  }

  #isTooLong(request: ApiRequest): boolean {
    if (request.method !== 'GET' || request.foreign === true || longestForm(request) <= maxUrlLength) return false;
    const { client, descriptor } = this.#options;
    const url = client.resolveUrl(request);
    if (url.length <= maxUrlLength) return false;
    // A batch gives JSON and numbers; files and reports come from elsewhere.
    const segments = pathSegments(url);
    const wirePath = `/${segments.join('/')}`;
    const query = Object.fromEntries(new URL(url).searchParams);
    return segments.at(-1) === '$count' || descriptor.wants?.({ ...request, wirePath, query }) === 'json';
  }

  async #sendInBatch(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    const { client, batches, contentType } = this.#options;
    call.note(`The address is longer than ${maxUrlLength} characters: it was sent inside a $batch.`);
    const { method, path, params, headers, verbatim, expectedStatuses, apiVersion } = request;
    const item = { method, url: path, ...withoutUndefined({ params, headers, verbatim }) };
    const batch = withoutUndefined({ apiVersion });
    const [entry] = prepareBatch([item], { client, batch, plan: (one) => one, contentType });
    if (entry === undefined) throw new TypeError('A batch of one has one entry.');
    return batches.sendEntry(entry, withoutUndefined({ expectedStatuses }), call);
  }

  /** Repeats a request for a new object until the object is known everywhere. */
  async #sendOnceKnown(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    for (const waitMs of replicationWaitsMs) {
      try {
        return await this.sendFitting(request, call);
      } catch (error) {
        if (!this.#isWorthWaiting(error, request, call.deadlineAt - waitMs)) throw error;
        call.note('The object is so new that it was not known everywhere yet: the request was repeated.');
        await delay(waitMs, call.signal);
      }
    }
    return this.sendFitting(request, call);
  }

  #isWorthWaiting(error: unknown, request: ApiRequest, latest: number): boolean {
    const { recent, clock } = this.#options;
    return (
      error instanceof AppError &&
      maybeNotReplicated(error.status, codesIn(error.upstream?.detail), error.message) &&
      recent.concerns(request) &&
      clock.now() < latest
    );
  }
}
