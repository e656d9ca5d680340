import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Clock } from '../base/clock.ts';
import { builtInClouds, type Cloud } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { parseRecord, textOf } from '../base/guards.ts';
import { readRetryAfter } from '../base/retry-after.ts';
import {
  type Asked,
  aPage,
  aRedirect,
  type ForeignAnswer,
  ForeignAnswerError,
  isOfService,
  networkError,
} from '../http/network-problem.ts';
import { htmlTitle } from '../http/parse-body.ts';
import { redirectTarget } from '../http/untrue-answer.ts';
import { toWireFailure, WireFailure } from '../http/wire-failure.ts';
import type { Secret } from '../secrets/secret.ts';

/** The last refusal of the sign-in service; strings are its documented fields. */
export interface SignInRefusal {
  readonly status: number;
  readonly error: string | undefined;
  /** AADSTS numbers. */
  readonly codes: readonly number[];
  readonly description: string | undefined;
  readonly traceId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** What the person's next sign-in must bring, as JSON. */
  readonly claims: string | undefined;
}

/** What happened on the wire while one token was asked for: the library's errors keep only part of it. */
export interface WireLog {
  readonly signal: AbortSignal;
  /** Transport of the connection that asks. */
  readonly httpClient: HttpClient;
  refusal: SignInRefusal | undefined;
  /** Our own failure: host not allowed, no network, no federated token. The library would wrap it. */
  failure: AppError | undefined;
  /** Federated token of this sign-in: the library asks for it twice, the platform is asked once. */
  assertion: Promise<Secret> | undefined;
}

/**
 * Carries the log of a token request through the library to the transport. There is one for the process, since the library
 * keeps one client for managed identities per process; each log belongs to one request.
 */
export const wireLogs = new AsyncLocalStorage<WireLog>();

export function createWireLog(signal: AbortSignal, httpClient: HttpClient): WireLog {
  return { signal, httpClient, refusal: undefined, failure: undefined, assertion: undefined };
}

export interface SignInClientOptions {
  readonly cloud: Cloud;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  /** Kinds that ask the machine (managed identity) talk to addresses that the platform names, not to the authority. */
  readonly anyHost: boolean;
}

/** An authority answers in well under a second; a silent one must not use up the time of the call. */
const requestTimeoutMs = 30_000;

/** Other names under which Microsoft's authorities are known to the library. */
const authorityAliases = [
  'https://login.microsoft.com',
  'https://login.windows.net',
  'https://sts.windows.net',
  'https://login.partner.microsoftonline.cn',
  'https://login.usgovcloudapi.net',
];

/**
 * The transport that the identity library gets: it sends credentials only to the cloud's authority, ends with the call,
 * and notes what the authority refused. The library insists on https, so an authority on loopback http is shown to it
 * as https and translated here.
 */
export function createSignInClient(options: SignInClientOptions): HttpClient {
  const { login } = options.cloud;
  const plainOrigin = login.startsWith('http:') ? new URL(login).origin : undefined;
  const shownOrigin = plainOrigin?.replace('http:', 'https:');
  const trusted = trustedOrigins(options.cloud);

  return {
    async sendRequest(request) {
      const log = wireLogs.getStore();
      // The library's choice of a proxy; the transport makes its own.
      delete request.agent;
      if (plainOrigin !== undefined && shownOrigin !== undefined) translate(request, shownOrigin, plainOrigin);
      if (!options.anyHost && !trusted.has(new URL(request.url).origin)) throw foreignHost(log);
      bound(request, log);
      const isOurs = trusted.has(new URL(request.url).origin);
      const asked = {
        title: isOurs ? 'Microsoft Entra' : 'the identity service of this platform',
        host: hostOf(request),
      };
      const response = await send(request, log?.httpClient ?? options.httpClient, { log, asked });
      if (log !== undefined) noteAnswer(response, log, { asked, isOurs, clock: options.clock });
      return plainOrigin === undefined ? response : present(response, plainOrigin, shownOrigin ?? plainOrigin);
    },
  };
}

function foreignHost(log: WireLog | undefined): AppError {
  const failure = new AppError('upstream_error', 'The sign-in service pointed to a host that is not the cloud’s.', {
    hint: 'Check the login address of the cloud in tenantry.yaml.',
  });
  // What sent the library there has been told already, where it was not the service.
  if (log !== undefined) log.failure ??= failure;
  return failure;
}

/** A request ends with the call that needs it, or after its own timeout. */
function bound(request: PipelineRequest, log: WireLog | undefined): void {
  request.timeout = requestTimeoutMs;
  if (log !== undefined) {
    request.abortSignal =
      request.abortSignal === undefined ? log.signal : AbortSignal.any([log.signal, toSignal(request.abortSignal)]);
  }
}

async function send(
  request: PipelineRequest,
  httpClient: HttpClient,
  { log, asked }: { readonly log: WireLog | undefined; readonly asked: Asked },
): Promise<PipelineResponse> {
  try {
    return await httpClient.sendRequest(request);
  } catch (error) {
    if (log !== undefined && !log.signal.aborted) {
      // A proxy that is misconfigured is said to be so already.
      log.failure = error instanceof AppError ? error : networkError(failureOf(error), asked);
    }
    throw error;
  }
}

/** A service that stays silent is as good as none, so both are told in the same words. */
function failureOf(error: unknown): WireFailure {
  const isSilent = error instanceof Error && error.name === 'AbortError';
  return isSilent ? new WireFailure('unreachable', 'READ_TIMEOUT', true) : toWireFailure(error, true);
}

/** Keeps what the answer says: a refusal of the service, or that it came from somewhere else in its place. */
function noteAnswer(response: PipelineResponse, log: WireLog, { asked, isOurs, clock }: Noting): void {
  const foreign = findForeign(response, isOurs);
  if (foreign !== undefined) {
    log.failure = new ForeignAnswerError(foreign, asked);
  } else if (response.status >= 400) {
    log.refusal = readRefusal(response, clock.now());
  }
}

interface Noting {
  readonly asked: Asked;
  /** The authority was asked, which answers in JSON alone. */
  readonly isOurs: boolean;
  readonly clock: Clock;
}

function findForeign({ status, headers, bodyAsText, request }: PipelineResponse, isOurs: boolean) {
  const text = bodyAsText ?? '';
  const page: ForeignAnswer = { status, form: aPage(htmlTitle(text)) };
  if (status === 407 || status === 511) return page;
  const named = headers.toJSON();
  // The service has gateways which answer with pages while it is in trouble, and refuses with some; its tokens never are.
  if (status >= 500 || (status >= 300 && isOfService(named))) return undefined;
  const target = redirectTarget(status, named, request.url);
  if (target !== undefined) return { status, form: aRedirect(target) };
  if (/html/i.test(named['content-type'] ?? '')) return page;
  return isOurs && parseRecord(text) === undefined ? { status, form: 'no JSON' } : undefined;
}

function hostOf({ url }: PipelineRequest): string {
  return new URL(url).host;
}

function trustedOrigins(cloud: Cloud): ReadonlySet<string> {
  const origin = new URL(cloud.login).origin;
  const isMicrosoft = Object.values(builtInClouds).some(({ login }) => login === origin);
  return new Set(isMicrosoft ? [origin, ...authorityAliases] : [origin]);
}

function translate(request: PipelineRequest, shownOrigin: string, plainOrigin: string): void {
  if (request.url.startsWith(`${shownOrigin}/`) || request.url.startsWith(`${shownOrigin}?`)) {
    request.url = plainOrigin + request.url.slice(shownOrigin.length);
  }
  if (request.url.startsWith(`${plainOrigin}/`)) {
    // The configuration accepts http for loopback hosts only.
    request.allowInsecureConnection = true;
  }
}

/** Discovery documents name the authority's own addresses. */
function present(response: PipelineResponse, plainOrigin: string, shownOrigin: string): PipelineResponse {
  const text = response.bodyAsText;
  return typeof text === 'string' && response.request.url.includes('/.well-known/')
    ? { ...response, bodyAsText: text.replaceAll(`${plainOrigin}/`, `${shownOrigin}/`) }
    : response;
}

function readRefusal(response: PipelineResponse, now: number): SignInRefusal {
  const headers = response.headers.toJSON();
  const body = parseRecord(response.bodyAsText) ?? {};
  const codes = body['error_codes'];
  return {
    status: response.status,
    error: textOf(body['error']) || undefined,
    codes: Array.isArray(codes) ? codes.map(Number).filter(Number.isInteger) : [],
    description: textOf(body['error_description']) || undefined,
    traceId: textOf(body['trace_id']) || headers['x-ms-request-id'],
    retryAfterMs: readRetryAfter(headers, now),
    claims: readClaimsRequest(body['claims']),
  };
}

/** Far longer than any request for claims. */
const mostClaims = 4_096;

/** Only JSON is passed on, and only as it is: it goes into a header. */
function readClaimsRequest(value: unknown): string | undefined {
  const text = textOf(value);
  return text.length <= mostClaims && parseRecord(text) !== undefined ? text : undefined;
}

/** The pipeline's own, smaller signal type as a real one. */
function toSignal(signal: NonNullable<PipelineRequest['abortSignal']>): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  if (signal.aborted) controller.abort();
  signal.addEventListener('abort', () => controller.abort());
  return controller.signal;
}
