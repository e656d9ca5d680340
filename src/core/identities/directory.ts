import type { GraphApi } from '../apis/graph/graph-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import type { AppError } from '../base/errors.ts';
import type { ApiRequest, ApiResponse } from '../http/api-client.ts';
import { manageOwnApps, withLeastPermission } from './answers.ts';
import { RecentIds, untilSettled } from './settling.ts';

const tooNew = 'The identity is so new that it was not known everywhere yet: the request was repeated.';

/** Codes with which the directory says that it does not know an object yet, besides 404. */
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

  /** `id`: the object that the request is about; only a new one is waited for. */
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
