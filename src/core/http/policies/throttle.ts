import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Clock } from '../../base/clock.ts';
import { readAmount, readRetryAfter } from '../../base/retry-after.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { LimiterRegistry, SlotOutcome } from '../../throttle/limiter-registry.ts';
import { type Answer, type Exchange, exchangeOf } from '../exchange.ts';
import type { WireSettings } from '../settings.ts';
import { serverWait } from './retry.ts';

export interface ThrottleOptions {
  readonly limiter: LimiterRegistry;
  /** What shares the budgets: `rate_limit_key` of the settings, or base URL, app and tenant. */
  readonly key: string;
  readonly settings: WireSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/** Every attempt takes a slot and its share of the budgets; a pause that the service asks for applies to its lane. */
export function throttlePolicy(options: ThrottleOptions): PipelinePolicy {
  const { limiter, clock, telemetry } = options;
  return {
    name: 'throttle',
    async sendRequest(request, next) {
      const exchange = exchangeOf(request);
      const askedAt = clock.now();
      const taken = limiter.acquire(slotRequest(exchange, options));
      const slot = taken instanceof Promise ? await taken : taken;
      telemetry.record('azure.semaphore.wait.duration', (clock.now() - askedAt) / 1000);
      let outcome: SlotOutcome = {};
      try {
        const response = await next(request);
        outcome = toOutcome(exchange, options);
        return response;
      } finally {
        slot.release(outcome);
      }
    },
  };
}

function slotRequest(exchange: Exchange, { key, settings }: ThrottleOptions) {
  const { api, call, described, repeatability } = exchange;
  const charges = api.charges(described);
  const scope = charges.find((charge) => charge.bucket.kind === 'concurrency')?.scope ?? '';
  return {
    key,
    lane: `${api.name} ${api.service(described)} ${repeatability === 'safe' ? 'read' : 'write'} ${scope}`.trimEnd(),
    owner: call.caller.id,
    caller: call.clientRequestId,
    maxConcurrent: settings.maxConcurrent,
    charges,
    isReplay: exchange.attempt > 1,
    signal: call.signal,
    patience: call.patience,
    deadlineAt: call.deadlineAt,
    poolMs: settings.timeouts.poolMs,
  };
}

function toOutcome(exchange: Exchange, { settings, clock, random, telemetry }: ThrottleOptions): SlotOutcome {
  const { answer } = exchange;
  if (answer === undefined) return {};
  const { status, headers } = answer;
  const now = clock.now();
  const pauseMs = serverWait({
    outcome: { kind: 'answer', answer, transient: false },
    repeatability: exchange.repeatability,
    attempt: exchange.attempt,
    settings: settings.retry,
    now,
    random,
  });
  if (status === 429) telemetry.record('azure.http_429', 1, { 'azure.api': exchange.api.name });
  if (pauseMs === undefined) {
    const asked = exchange.api.pausesAfterAnswer === true && status < 500 ? pauseOfAnswer(answer, settings, now) : 0;
    return asked > 0 ? { status, headers, pauseMs: asked } : { status, headers };
  }
  exchange.pausedUntil = now + pauseMs;
  return { status, headers, pauseMs };
}

/** A service may answer and still ask for a pause, instead of refusing the next request. */
function pauseOfAnswer({ headers }: Answer, { retry }: WireSettings, now: number): number {
  const delayedMs = (readAmount(headers['x-ratelimit-delay']) ?? 0) * 1000;
  return Math.max(readRetryAfter(headers, now, retry.retryAfterHeaders) ?? 0, delayedMs);
}
