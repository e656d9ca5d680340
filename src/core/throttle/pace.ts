/** In-flight requests that a new lane begins with; the window grows while nothing is refused. */
const firstWindow = 8;
const smallestWindow = 2;

/** Successes after which the window grows by one: until the first refusal, and after it. */
const firstStep = 4;
const laterStep = 16;

/** A learned rate is forgotten when it has held nothing back for this long. */
const forgetAfterMs = 60_000;

const observationMs = 5000;

/**
 * What trying a rate may cost, as part of the time since the first refusal: the service may count instead of measure. Some
 * pauses are credited in advance, since most do measure.
 */
const trialShare = 0.01;
const creditedPauses = 10;

/** Successes between two refusals that are so few that each request held back shows. */
const fewSuccesses = 20;

/** How fast a learned rate grows again, per second: boldly while it is a guess, slowly once it is confirmed. */
const boldGrowth = 1;
const carefulGrowth = 0.01;

/**
 * Learns how fast a lane may go from how often it is refused, for limits that are not published or that others use up
 * as well. From one refusal to the next, a service lets through exactly what flows into its bucket, so its rate is the
 * successes of such a cycle divided by the length of the cycle. What flows in during a pause may be spent right after it.
 * A service that refuses at the same count however slowly it is asked (every fourth request, say) has no rate: there,
 * holding back would only add to its pauses.
 */
export class Pace {
  /** Requests per second; undefined as long as nothing was refused twice. */
  #rate: number | undefined;
  #isConfirmed = false;
  #level = 0;
  #levelAt = 0;
  /** What the lane may save up: what flows in during a pause, unless the service's bucket proves to be smaller. */
  #burst = 1;
  #bucketSize = Number.POSITIVE_INFINITY;
  #heldBackAt = 0;
  #window = firstWindow;
  #steps = 0;
  #successes = 0;
  #cycleStart: number | undefined;
  /** From here on, the time counts that a trial may take its share of. */
  #accountedFrom = 0;
  /** Whether the running cycle held anything back, and how many successes those have that do not: a moving mean. */
  #hasHeldBack = false;
  #unpacedSuccesses: number | undefined;
  #pausedUntil = 0;
  #lastCycleRate = 0;
  /** Successes of the running and of the last observation period, for slowing down before anything was refused. */
  #recent = { since: 0, count: 0 };
  #before = { spanMs: 0, count: 0 };

  /** Requests that may be in flight at once. */
  get window(): number {
    return this.#window;
  }

  /** The rate that the lane keeps to, if it has to. */
  get perSecond(): number | undefined {
    return this.#rate;
  }

  /** Milliseconds until one more request may be sent. */
  waitMs(now: number): number {
    const rate = this.#currentRate(now);
    if (rate === undefined || this.#level >= 1) return 0;
    this.#heldBackAt = now;
    this.#hasHeldBack = true;
    return Math.ceil(((1 - this.#level) * 1000) / rate);
  }

  take(now: number): void {
    if (this.#currentRate(now) !== undefined) this.#level -= 1;
  }

  succeeded(now: number): void {
    this.#successes += 1;
    this.#steps += 1;
    if (this.#steps >= (this.#cycleStart === undefined ? firstStep : laterStep)) {
      this.#steps = 0;
      this.#window += 1;
    }
    const spanMs = now - this.#recent.since;
    if (spanMs > observationMs) {
      this.#before = spanMs > 2 * observationMs ? { spanMs: 0, count: 0 } : { spanMs, count: this.#recent.count };
      this.#recent = { since: now, count: 0 };
    }
    this.#recent.count += 1;
  }

  /** A request was refused and the lane pauses. Refusals of one burst count as one. */
  refused(now: number, pauseMs: number): void {
    const isSameBurst = now < this.#pausedUntil;
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    if (isSameBurst) return;
    if (this.#cycleStart === undefined) this.#accountedFrom = now - creditedPauses * pauseMs;
    const elapsedMs = this.#cycleStart === undefined ? 0 : now - this.#cycleStart;
    if (this.#isFutile()) {
      this.#rate = undefined;
      this.#accountedFrom = now;
    } else if (elapsedMs >= 100 && this.#successes > 0 && this.#mayTry(now, pauseMs)) {
      this.#learn((this.#successes * 1000) / elapsedMs);
    }
    this.#window = Math.max(smallestWindow, Math.floor(this.#window / 4));
    if (!this.#hasHeldBack) {
      this.#unpacedSuccesses = ((this.#unpacedSuccesses ?? this.#successes) * 3 + this.#successes) / 4;
    }
    this.#hasHeldBack = false;
    this.#successes = 0;
    this.#cycleStart = now;
    this.#level = 0;
    this.#levelAt = now;
    this.#heldBackAt = now;
    const inflow = ((this.#rate ?? 0) * Math.max(pauseMs, 1000)) / 1000;
    this.#burst = Math.max(1, Math.min(inflow, this.#bucketSize));
  }

  /**
   * The service says how much of its limit is used, from 0.8 on: steer towards nine tenths of it.
   * https://learn.microsoft.com/graph/throttling-limits (identity and access)
   */
  slowDown(used: number, now: number): void {
    const spanMs = Math.max(250, this.#before.spanMs + now - this.#recent.since);
    const observed = ((this.#before.count + this.#recent.count) * 1000) / spanMs;
    const target = Math.max(1, (Math.min(observed, this.#rate ?? observed) * 0.9) / used);
    if (this.#rate === undefined || target < this.#rate) this.limitTo(target, now);
  }

  /** Keeps to this rate, if it is slower than the present one. */
  limitTo(perSecond: number, now: number): void {
    if (this.#rate === undefined) {
      this.#level = 1;
      this.#levelAt = now;
    }
    this.#rate = Math.min(this.#rate ?? perSecond, perSecond);
    this.#unpacedSuccesses = undefined;
    this.#burst = Math.max(1, this.#rate);
    this.#heldBackAt = now;
    this.#isConfirmed = false;
  }

  /** Held back, and refused no later. With many in a cycle that may be chance, and holding back costs next to nothing. */
  #isFutile(): boolean {
    const usual = this.#unpacedSuccesses ?? Number.POSITIVE_INFINITY;
    return this.#hasHeldBack && usual < fewSuccesses && this.#successes <= usual + 1;
  }

  /** A trial costs the time that one request is held back: where many go through between two refusals, next to nothing. */
  #mayTry(now: number, pauseMs: number): boolean {
    return this.#rate !== undefined || pauseMs / this.#successes <= (now - this.#accountedFrom) * trialShare;
  }

  #learn(cycleRate: number): void {
    const paced = this.#rate;
    const isExact = paced === undefined || cycleRate >= paced * 0.7 || this.#repeats(cycleRate, paced);
    this.#lastCycleRate = cycleRate;
    if (!isExact && this.#level >= 1) {
      // The lane spent savings that the service did not have: its bucket holds less than what flows in during a pause.
      this.#bucketSize = Math.max(1, this.#successes * 0.8);
      return;
    }
    // A small bucket overflows during a pause; then the rate that was refused is the better guess.
    const estimate = isExact ? cycleRate : paced * 0.9;
    this.#isConfirmed = paced !== undefined && (isExact || Math.abs(estimate / paced - 1) < 0.35);
    this.#rate = estimate * 0.98;
  }

  /** Two cycles with the same result, although the pace was different in between, are no coincidence. */
  #repeats(cycleRate: number, paced: number): boolean {
    return cycleRate >= paced * 0.4 && Math.abs(cycleRate / this.#lastCycleRate - 1) < 0.15;
  }

  #currentRate(now: number): number | undefined {
    if (this.#rate === undefined) return undefined;
    if (now - this.#heldBackAt > forgetAfterMs) {
      this.#rate = undefined;
      this.#cycleStart = undefined;
      return undefined;
    }
    const elapsedMs = Math.max(0, now - this.#levelAt);
    const wasHeldBack = this.#level < 1 && now > this.#pausedUntil;
    this.#level = Math.min(this.#burst, this.#level + (elapsedMs * this.#rate) / 1000);
    if (wasHeldBack) {
      const growth = this.#isConfirmed ? carefulGrowth : boldGrowth;
      this.#rate *= 1 + (growth * Math.min(elapsedMs, 1000)) / 1000;
    }
    this.#levelAt = now;
    return this.#rate;
  }
}
