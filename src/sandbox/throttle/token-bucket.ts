/** A budget that refills evenly, and remembers until when its caller was told to wait. */
export interface TokenBucket {
  /**
   * Takes `cost`, or refuses and says how long to wait. A call during a wait is refused; when `countRefused`, it is
   * charged too and the wait grows.
   */
  take(cost: number, capacity: number, windowSeconds: number, now: number, countRefused: boolean): BucketAnswer;
}

export interface BucketAnswer {
  /** Whole seconds to wait; undefined when the call was let through. */
  readonly retryAfterSeconds?: number;
  /** Part of the budget in use, 0 to 1, and up to 1.8 when refused. */
  readonly used: number;
}

export function createTokenBucket(): TokenBucket {
  let spent = 0;
  let updatedAt: number | undefined;
  let blockedUntil = 0;
  return {
    take(cost, capacity, windowSeconds, now, countRefused) {
      const perMs = capacity / (windowSeconds * 1000);
      spent = Math.max(0, spent - (now - (updatedAt ?? now)) * perMs);
      updatedAt = now;
      // A single call that costs more than the whole budget passes when the budget is full.
      const missing = spent + Math.min(cost, capacity) - capacity;
      const isWaiting = now < blockedUntil;
      if (!isWaiting && missing <= 1e-9) {
        spent += cost;
        return { used: Math.min(1, spent / capacity) };
      }
      const charged = countRefused ? cost : 0;
      const until = isWaiting ? blockedUntil : now + missing / perMs;
      // Bounded, so that a caller who never listens is not locked out for ever.
      blockedUntil = Math.min(until + charged / perMs, now + 2 * windowSeconds * 1000);
      const used = (spent + charged + (blockedUntil - now) * perMs) / capacity;
      return {
        retryAfterSeconds: Math.max(1, Math.ceil((blockedUntil - now) / 1000 - 1e-6)),
        used: Math.min(1.8, Math.max(1, used)),
      };
    },
  };
}
