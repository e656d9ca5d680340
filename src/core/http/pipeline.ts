import type { HttpClient, PipelinePolicy, SendRequest } from '@azure/core-rest-pipeline';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { LimiterRegistry } from '../throttle/limiter-registry.ts';
import { actionPolicy } from './policies/action.ts';
import { authPolicy } from './policies/auth.ts';
import { errorPolicy } from './policies/error.ts';
import { logPolicy } from './policies/log.ts';
import { redirectPolicy } from './policies/redirect.ts';
import { requestIdPolicy } from './policies/request-id.ts';
import { retryPolicy } from './policies/retry.ts';
import { throttlePolicy } from './policies/throttle.ts';
import { tracePolicy } from './policies/trace.ts';
import { wirePolicy } from './policies/wire.ts';
import type { WireSettings } from './settings.ts';
import type { TokenSource } from './token-source.ts';
import type { UrlBuilder } from './urls.ts';

/** What the policies of one connection and API work with. */
export interface PipelineOptions {
  readonly settings: WireSettings;
  readonly cloud: string;
  readonly audience: string;
  readonly urls: UrlBuilder;
  readonly tokens: TokenSource;
  readonly limiter: LimiterRegistry;
  /** See `ThrottleOptions.key`. */
  readonly limiterKey: string;
  readonly allowLoopbackHttp: boolean;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly maxBodyBytes: number | undefined;
}

/** The order of the policies, outermost first, with the reason for each place. */
export function createPolicies(options: PipelineOptions): readonly PipelinePolicy[] {
  const { settings, clock, random, telemetry, limiter, urls } = options;
  const { timeouts } = settings;
  const bodyLimit = options.maxBodyBytes === undefined ? {} : { maxBodyBytes: options.maxBodyBytes };
  return [
    actionPolicy({ telemetry, cloud: options.cloud }), // around everything: the duration that the caller sees
    errorPolicy({ clock }), // non-2xx becomes an AppError, once the retries are spent
    requestIdPolicy({ userAgent: options.userAgent }), // one id for all attempts: support can join them
    retryPolicy({ settings: settings.retry, clock, random, telemetry }), // decides alone whether and when to repeat
    throttlePolicy({ limiter, key: options.limiterKey, settings, clock, random, telemetry }), // inside retry: each attempt takes a slot
    tracePolicy({ telemetry }), // one client span for each attempt, without the time in the queue
    redirectPolicy({ allowLoopbackHttp: options.allowLoopbackHttp }), // outside auth: the token is decided for every hop
    authPolicy({ tokens: options.tokens, audience: options.audience, urls }), // inside retry: each attempt has a valid token
    wirePolicy({ timeouts, ...bodyLimit }), // reads to the end: a body that breaks off is a failed attempt
    logPolicy({ logger: options.logger, logging: settings.logging }), // nearest the wire: logs what was really sent
  ];
}

/** Chains the policies once, so that a request costs no set-up. */
export function composePipeline(policies: readonly PipelinePolicy[], client: HttpClient): SendRequest {
  return policies.reduceRight<SendRequest>(
    (next, policy) => (request) => policy.sendRequest(request, next),
    (request) => client.sendRequest(request),
  );
}
