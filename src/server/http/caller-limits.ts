import type { ServerResponse } from 'node:http';
import { rpcRefusal } from './answer.ts';
import type { HttpRefusal } from './gate.ts';

/** What one caller holds open. */
interface Held {
  requests: number;
  streams: number;
}

/** How one response counts. */
interface Share {
  readonly caller: string;
  kind: keyof Held;
  size: number;
}

/**
 * Counts what each caller has open, so that the flood of one is refused and leaves the others alone. Event streams, which
 * stay open for hours, are counted apart from requests: neither takes the place of the other.
 */
export interface CallerLimits {
  /** Counts a request until its response is closed. */
  begin(caller: string, response: ServerResponse): HttpRefusal | undefined;
  /** A request that was begun turns out to be several in one. */
  becomeBatch(response: ServerResponse, size: number): HttpRefusal | undefined;
  /** A request that was begun turns out to be an event stream. */
  becomeStream(response: ServerResponse): HttpRefusal | undefined;
}

export function createCallerLimits(mostAtOnce: number): CallerLimits {
  const held = new Map<string, Held>();
  const shares = new WeakMap<ServerResponse, Share>();

  function heldBy(caller: string): Held {
    const now = held.get(caller) ?? { requests: 0, streams: 0 };
    held.set(caller, now);
    return now;
  }

  function end({ caller, kind, size }: Share): void {
    const now = heldBy(caller);
    now[kind] -= size;
    if (now.requests === 0 && now.streams === 0) held.delete(caller);
  }

  return {
    begin(caller, response) {
      const now = heldBy(caller);
      if (now.requests >= mostAtOnce) return tooMany(`${mostAtOnce} requests of yours are being served already`);
      now.requests += 1;
      const share: Share = { caller, kind: 'requests', size: 1 };
      shares.set(response, share);
      response.once('close', () => end(share));
      return undefined;
    },
    becomeBatch(response, size) {
      const share = shares.get(response);
      if (share === undefined || response.closed) return undefined;
      // One that is larger than everything allowed is served alone.
      const whole = Math.max(1, Math.min(size, mostAtOnce));
      const now = heldBy(share.caller);
      if (now.requests - share.size + whole > mostAtOnce) return tooMany(`more than ${mostAtOnce} with this batch`);
      now.requests += whole - share.size;
      share.size = whole;
      return undefined;
    },
    becomeStream(response) {
      const share = shares.get(response);
      if (share === undefined || response.closed) return undefined;
      const now = heldBy(share.caller);
      if (now.streams >= mostAtOnce) return tooMany(`you have ${mostAtOnce} event streams open already`);
      now.requests -= share.size;
      now.streams += 1;
      Object.assign(share, { kind: 'streams', size: 1 });
      return undefined;
    },
  };
}

function tooMany(what: string): HttpRefusal {
  return rpcRefusal(429, `Too many requests: ${what}; wait until some have ended`, { 'retry-after': '1' });
}
