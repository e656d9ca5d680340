import type { Clock } from '../../base/clock.ts';
import { isRecord } from '../../base/guards.ts';
import type { ApiRequest } from '../../http/api-client.ts';

/** How long an object made by this process counts as new, and how many of them are remembered. */
const rememberMs = 5 * 60_000;
const maxRemembered = 5_000;

/** Waits before a request for a new object is repeated: replicas lag by seconds, rarely more. */
export const replicationWaitsMs: readonly number[] = [1_000, 2_000, 4_000, 8_000, 15_000];

/** Codes and texts by which the directory says that it does not know an object yet. */
const notYetKnown = new Set(['Request_ResourceNotFound', 'NoBackingApplicationObject']);
const notYetKnownText =
  /was not found on application|does not reference a valid application object|does not exist or one of its queried reference-property/i;

/**
 * Remembers the objects that this process has created. A directory write reaches one replica first, so a request about
 * such an object may answer 404 for a while; for every other object a 404 is final.
 * https://learn.microsoft.com/graph/best-practices-concept
 */
export class RecentObjects {
  readonly #clock: Clock;
  /** Time of creation by id, oldest first. */
  readonly #ids = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes the ids from the answer to a creation. */
  learn(
    request: Pick<ApiRequest, 'method' | 'path'>,
    answer: { readonly status: number; readonly body: unknown },
  ): void {
    if (request.method !== 'POST' || answer.status !== 201 || !isRecord(answer.body)) return;
    for (const [name, value] of Object.entries(answer.body)) {
      if ((name === 'id' || name === 'appId') && typeof value === 'string' && value.length >= 8) {
        this.#remember(value.toLowerCase());
      }
    }
  }

  #remember(id: string): void {
    this.#ids.delete(id);
    this.#ids.set(id, this.#clock.now());
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > maxRemembered && oldest !== undefined) this.#ids.delete(oldest);
  }

  /** Whether the request names an object that was created a moment ago, in its path or in its body. */
  concerns({ method, path, body }: Pick<ApiRequest, 'method' | 'path' | 'body'>): boolean {
    this.#forgetOld();
    if (this.#ids.size === 0 || method === 'DELETE') return false;
    const text = `${path} ${typeof body === 'object' ? JSON.stringify(body) : ''}`.toLowerCase();
    return [...this.#ids.keys()].some((id) => text.includes(id));
  }

  #forgetOld(): void {
    const limit = this.#clock.now() - rememberMs;
    for (const [id, createdAt] of this.#ids) {
      if (createdAt > limit) return;
      this.#ids.delete(id);
    }
  }
}

/** Whether a refusal may only mean that a new object is not known everywhere yet. */
export function maybeNotReplicated(status: number | undefined, codes: readonly string[], message: string): boolean {
  const isUnknown = codes.some((code) => notYetKnown.has(code)) || notYetKnownText.test(message);
  return status === 404 || (status === 400 && isUnknown);
}
