import type { GraphApi } from '../apis/graph/graph-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';
import type { ApiRequest, ApiResponse } from '../http/api-client.ts';

const tooNew = 'The identity was too new to be known everywhere: the request was repeated.';

/** Errors other than 404 for an object that the directory does not know yet. */
const notYetKnown = /NoBackingApplicationObject|does not reference a valid application object/;

/** Sends requests about app registrations; those about new ones wait until the directory knows them everywhere. */
export class Directory {
  readonly recent: RecentIds;
  readonly #graph: GraphApi;
  readonly #clock: Clock;

  constructor(graph: GraphApi, clock: Clock) {
    this.#graph = graph;
    this.#clock = clock;
    this.recent = new RecentIds(clock);
  }

  async send(request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    try {
      return await this.#graph.send(request, call);
    } catch (error) {
      throw withLeastPermission(error, manageOwnApps);
    }
  }

  /** `id`: the object that the request is about; the request waits only for a new one. */
  sendAbout(id: string, request: ApiRequest, call: CallContext): Promise<ApiResponse> {
    return untilSettled(() => this.send(request, call), {
      clock: this.#clock,
      call,
      isPassing: (error) => isUnknownYet(error) && this.recent.has(id),
      note: tooNew,
    });
  }

  /** All entries of a short list. */
  async list(id: string, path: string, call: CallContext): Promise<readonly unknown[]> {
    const first = await this.sendAbout(id, { method: 'GET', path }, call);
    const items: unknown[] = [];
    for await (const page of this.#graph.pages({ method: 'GET', path }, { first }, call)) {
      items.push(...page.items);
    }
    return items;
  }
}

function isUnknownYet(error: AppError): boolean {
  const { code = '', detail } = error.upstream ?? {};
  return (
    error.status === 404 ||
    (error.status === 400 && notYetKnown.test(`${code} ${error.message} ${JSON.stringify(detail ?? '')}`))
  );
}

/** Address of an app registration by its object id. */
export function applicationPath(objectId: string): string {
  return `/applications/${encodeURIComponent(objectId)}`;
}

/** `/applications(uniqueName='…')`: an object by an alternate key, quotes doubled. */
export function byKey(set: string, key: string, value: string): string {
  return `/${set}(${key}='${encodeURIComponent(value.replaceAll("'", "''"))}')`;
}

/** Two minutes: the directory is usually seconds behind. https://learn.microsoft.com/graph/best-practices-concept */
const waitsMs: readonly number[] = [1, 2, 4, 8, 15, 15, 15, 15, 15, 15, 15].map((seconds) => seconds * 1_000);

export interface SettlingOptions {
  readonly clock: Clock;
  readonly call: CallContext;
  /** Whether a failure may pass: something new is not known everywhere yet, or others are writing. */
  readonly isPassing: (error: AppError) => boolean;
  /** Note for the caller about the wait. */
  readonly note: string;
  /** Default 120,000. */
  readonly longestMs?: number;
}

/**
 * Repeats `attempt` while its failure may pass, for two minutes at most and never beyond the deadline of the call.
 * Then, and for every other failure, the failure itself is thrown.
 */
export async function untilSettled<Result>(
  attempt: () => Promise<Result>,
  { clock, call, isPassing, note, longestMs = 120_000 }: SettlingOptions,
): Promise<Result> {
  const startedAt = clock.now();
  for (const waitMs of waitsMs) {
    try {
      return await attempt();
    } catch (error) {
      const until = clock.now() + waitMs;
      const isWorthIt = error instanceof AppError && isPassing(error);
      if (!isWorthIt || until > call.deadlineAt || until - startedAt > longestMs) throw error;
      call.note(note);
      await delay(waitMs, call.signal);
    }
  }
  return attempt();
}

const rememberMs = 5 * 60_000;
const maxRemembered = 5_000;

/**
 * Ids of directory objects that are new: only for those a 404 may mean that a replica is behind; for every other object
 * it is final.
 */
export class RecentIds {
  readonly #clock: Clock;
  /** Time by id in lower case, oldest first. */
  readonly #ids = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(...ids: readonly string[]): void {
    for (const id of ids) {
      this.#ids.delete(id.toLowerCase());
      this.#ids.set(id.toLowerCase(), this.#clock.now());
    }
    for (const [oldest] of this.#ids) {
      if (this.#ids.size <= maxRemembered) return;
      this.#ids.delete(oldest);
    }
  }

  has(id: string): boolean {
    const addedAt = this.#ids.get(id.toLowerCase());
    return addedAt !== undefined && this.#clock.now() - addedAt < rememberMs;
  }

  /** Treats an object as new if the directory made it within the last minutes, for whichever caller. */
  addIfNew(createdDateTime: string | undefined, ...ids: readonly string[]): void {
    const createdAt = Date.parse(createdDateTime ?? '');
    if (Math.abs(this.#clock.now() - createdAt) < rememberMs) this.add(...ids);
  }
}

/** Manages only the apps that the caller made. https://learn.microsoft.com/graph/permissions-reference */
const manageOwnApps = 'Application.ReadWrite.OwnedBy';

/** Adds the least sufficient permission to the hint of a refusal, unless the hint already names it. */
export function withLeastPermission(error: unknown, permission: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'permission_denied' || error.hint?.includes(permission)) {
    return error;
  }
  return error.with({
    hint: `The least permission for this is ${permission}, granted by an administrator. ${error.hint ?? ''}`.trim(),
  });
}
