import { createHash } from 'node:crypto';
import type { GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Clock } from '../base/clock.ts';
import { type Cloud, isSandboxCloud } from '../base/clouds.ts';
import type { Environment } from '../base/environment.ts';
import { AppError } from '../base/errors.ts';
import { outwait } from '../base/patience.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { AccessToken, DeviceCodePrompt, TokenRequest, TokenSource } from '../http/token-source.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { missingRequirements } from '../record/requirements.ts';
import type { Secret } from '../secrets/secret.ts';
import type { LogFields, Logger } from '../telemetry/logger.ts';
import { type CredentialContext, credentialKinds } from './credential-kinds.ts';
import type { FederationFacts } from './federation-refusal.ts';
import { requireCurrent, requireSignedIn, type SignedInCaller } from './on-behalf-of.ts';
import type { SecretReader } from './secret-reader.ts';
import { createSignInClient, createWireLog, type WireLog, wireLogs } from './sign-in-client.ts';
import { toSignInError } from './sign-in-error.ts';
import type { TokenCache } from './token-cache.ts';
import { readAssertion } from './token-claims.ts';

/** A token request has no effects, so it is repeated when the authority has trouble: twice, and not for long. */
const retryPausesMs = [500, 1_500];
const longestPauseMs = 10_000;

export interface TokenSourceOptions {
  readonly record: ConnectionRecord;
  readonly cloud: Cloud;
  readonly readSecret: SecretReader;
  /** Loads the transport on first use; the sandbox's client serves its own login host. */
  readonly httpClient: () => Promise<HttpClient>;
  /** Shared by all connections of the process; `createTokenCache`. */
  readonly cache: TokenCache;
  readonly clock: Clock;
  /** Ambient credentials (workload identity on GitHub, Azure Pipelines, Kubernetes) are found here. */
  readonly environment: Environment;
  /** Gets a line for each sign-in of connections with `settings.logging.auth`. */
  readonly logger?: Logger;
  /** Shows a device code to a person; without it `device_code` connections answer `configuration`. */
  readonly onDeviceCode?: (prompt: DeviceCodePrompt) => void;
}

/** A request of a caller who may have the token. */
type Acquired = Omit<TokenRequest, 'caller'> & { readonly caller: SignedInCaller | undefined };

/** Tokens of one connection, by the kind of sign-in that it has. Loads the identity library with the first token. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { record, cloud, cache } = options;
  const { isRenewable, isOfCaller } = credentialKinds[record.auth_type];
  let credential: Promise<TokenCredential> | undefined;

  return {
    async getToken(request) {
      requireReady(record);
      const caller = isOfCaller === true ? requireSignedIn(record, request.caller) : undefined;
      const key = cacheKey(request.audience, caller);
      // Whoever signs in again need not wait until the refusal of the sign-in before is forgotten.
      const attempt = caller === undefined ? {} : { attempt: digestOf(caller.assertion.reveal()) };
      return cache.get(key, { ...request, ...attempt }, (signal, replaces) =>
        acquire({ ...request, caller }, signal, replaces),
      );
    },
  };

  async function acquire(request: Acquired, signal: AbortSignal, replaces?: string): Promise<AccessToken> {
    // An exchanged token outlives its sign-in: only a new exchange needs one that is valid.
    if (request.caller !== undefined) requireCurrent(record, request.caller, options.clock);
    for (let attempt = 0; ; attempt++) {
      try {
        return await acquireOnce(request, signal, replaces);
      } catch (error) {
        // After a failure the library refuses for a while to ask again; a new credential has no such memory.
        if (isRenewable) credential = undefined;
        const pauseMs = pauseAfter(error, attempt);
        if (pauseMs === undefined) throw error;
        if (!(await outwait(pauseMs, signal, request.patience))) throw error;
      }
    }
  }

  async function acquireOnce(request: Acquired, signal: AbortSignal, replaces?: string): Promise<AccessToken> {
    if (isRenewable && request.fresh === true) credential = undefined;
    const token = await ask(request, signal);
    if (token.token !== replaces || !isRenewable) return token;
    // The library answered from its own cache with the very token that is to be replaced.
    credential = undefined;
    return ask(request, signal);
  }

  async function ask({ audience, claims, caller }: Acquired, signal: AbortSignal): Promise<AccessToken> {
    const httpClient = await options.httpClient();
    const log = createWireLog(signal, httpClient);
    const tell = signInLog(options, audience);
    const getTokenOptions: GetTokenOptions = { abortSignal: signal, ...(claims === undefined ? {} : { claims }) };
    try {
      const token = await wireLogs.run(log, async () => {
        return (await credentialFor(caller, httpClient)).getToken(`${audience}/.default`, getTokenOptions);
      });
      if (token === null) {
        throw new AppError('unauthenticated', `The sign-in of connection ${record.name} gave no token.`, {
          hint: 'Correct the connection with complete_connection.',
        });
      }
      tell({ outcome: 'signed in', expiresAt: new Date(token.expiresOnTimestamp).toISOString() });
      return toAccessToken(token.token, token.expiresOnTimestamp, options);
    } catch (error) {
      const federation = await federationFacts(log, record, options.clock);
      const failure = toSignInError(error, { connection: record.name, authType: record.auth_type, log, federation });
      tell({ outcome: failure.code, error: failure.message, ...signInFacts(failure) });
      throw failure;
    }
  }

  function credentialFor(caller: SignedInCaller | undefined, httpClient: HttpClient): Promise<TokenCredential> {
    // The library keeps the tokens of a credential: one that acts for a caller serves a single exchange.
    if (caller !== undefined) return makeCredential(options, httpClient, caller);
    credential ??= makeCredential(options, httpClient, undefined).catch((error: unknown) => {
      credential = undefined;
      throw error;
    });
    return credential;
  }

  function cacheKey(audience: string, caller: SignedInCaller | undefined): string {
    // The connection itself is part of the key: knowing the tenant and app of another one, but not its secret, must not
    // be enough to get its tokens. With the secret's reference in the key, a rotation takes effect at once.
    const secrets = record.secrets.map(({ field, ref, fingerprint }) => [field, ref, fingerprint]);
    const { tenant_id: tenant, client_id: client } = record.identity;
    const app = [record.id, cloud.name, cloud.login, tenant, client, record.auth_type, secrets];
    // Whose token it is: by who the caller is, not by the token they came with, which is another one every hour.
    return JSON.stringify([...app, audience, ...(caller === undefined ? [] : ['caller', caller.id])]);
  }
}

/** Says how a sign-in ended: who signed in where and for what, never a token or a secret. */
function signInLog({ record, cloud, clock, logger }: TokenSourceOptions, audience: string): (ended: LogFields) => void {
  if (logger === undefined || record.settings.logging?.auth !== true) return () => undefined;
  const level = record.settings.logging.enabled === true ? 'info' : 'debug';
  const startedAt = clock.now();
  const { tenant_id: tenant, client_id: app } = record.identity;
  return (ended) =>
    logger[level]('sign-in', {
      connection: record.name,
      ...{ authType: record.auth_type, authority: cloud.login, tenant, app, audience },
      ...ended,
      durationMs: clock.now() - startedAt,
    });
}

/** What the support of the service asks for. */
function signInFacts({ status, upstream }: AppError): LogFields {
  return withoutUndefined({ status, upstreamCode: upstream?.code, requestId: upstream?.requestId });
}

function requireReady(record: ConnectionRecord): void {
  if (record.status === 'ready') return;
  const { missing } = missingRequirements(
    record,
    record.secrets.map(({ field }) => field),
  );
  throw new AppError(
    'configuration',
    `The connection ${record.name} is not complete${missing.length === 0 ? '' : `: ${missing.join(', ')} missing`}.`,
    {
      hint:
        record.origin === 'declared'
          ? 'Provide what its declaration in tenantry.yaml refers to (environment variable or file).'
          : `Call complete_connection with ${missing.join(', ') || 'its identity'}.`,
      detail: { missing },
    },
  );
}

/** Kinds that run a program on this machine, or use the account that is signed in to it. */
const ofThisMachine: ReadonlySet<string> = new Set(['azure_cli', 'default', 'managed_identity']);

/** The sandbox is an island: nothing in it signs in as somebody real. */
function notInSandbox({ auth_type }: ConnectionRecord): AppError {
  return new AppError('unsupported', `The sandbox knows nobody who is signed in on this machine (${auth_type}).`, {
    hint: 'Use auth_type azure, certificate or workload_identity there.',
  });
}

async function makeCredential(
  options: TokenSourceOptions,
  httpClient: HttpClient,
  caller: SignedInCaller | undefined,
): Promise<TokenCredential> {
  const { record, cloud, clock, environment, readSecret, onDeviceCode } = options;
  if (isSandboxCloud(cloud) && ofThisMachine.has(record.auth_type)) throw notInSandbox(record);
  const context: CredentialContext = {
    record,
    cloud,
    clock,
    environment,
    httpClient: createSignInClient({ cloud, httpClient, clock, anyHost: false }),
    platformClient: createSignInClient({ cloud, httpClient, clock, anyHost: true }),
    readSecret: (field) => readSecret(record, field),
    oncePerSignIn: (fetch) => oncePerSignIn(fetch, wireLogs.getStore()),
    caller,
    onDeviceCode,
  };
  return credentialKinds[record.auth_type].create(context);
}

/** The library wraps what its callbacks throw, so our own failure is kept to be reported unchanged. */
async function oncePerSignIn(fetch: () => Promise<Secret>, log: WireLog | undefined): Promise<Secret> {
  if (log === undefined) return fetch();
  log.assertion ??= fetch();
  try {
    return await log.assertion;
  } catch (error) {
    if (error instanceof AppError) log.failure = error;
    throw error;
  }
}

/** The library uses the system's clock; ours may be another one, so only the remaining life counts. */
function toAccessToken(token: string, expiresOnTimestamp: number, { clock }: TokenSourceOptions): AccessToken {
  return { token, expiresAt: clock.now() + Math.max(0, expiresOnTimestamp - Date.now()) };
}

/** What the token of another issuer says about itself, for the explanation of its refusal. */
async function federationFacts(
  { assertion }: WireLog,
  { conversion }: ConnectionRecord,
  clock: Clock,
): Promise<FederationFacts | undefined> {
  const secret = await assertion?.catch(() => undefined);
  const claims = secret === undefined ? undefined : readAssertion(secret.reveal());
  return claims === undefined ? undefined : { claims, expected: conversion?.federatedCredential, now: clock.now() };
}

function pauseAfter(error: unknown, attempt: number): number | undefined {
  const pauseMs = retryPausesMs[attempt];
  if (pauseMs === undefined || !(error instanceof AppError) || !error.retryable) return undefined;
  if (error.code !== 'upstream_unavailable' && error.code !== 'throttled') return undefined;
  const askedMs = error.retryAfterMs ?? 0;
  return askedMs > longestPauseMs ? undefined : Math.max(pauseMs, askedMs);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
