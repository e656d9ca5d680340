import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Clock } from '../clock.ts';
import type { Cloud } from '../clouds.ts';
import type { Environment } from '../config/environment.ts';
import type { ConnectionRecord } from '../connections/connection.ts';
import type { SecretReader } from '../connections/secret-reader.ts';
import type { TokenCache } from './token-cache.ts';

/** A bearer token and its life. Opaque: nothing but the validation checks looks inside. */
export interface AccessToken {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface TokenRequest {
  /** Resource to ask for, without `/.default`: `https://graph.microsoft.com`. */
  readonly audience: string;
  readonly signal?: AbortSignal;
  /** Claims challenge of a 401, decoded; bypasses the cache. */
  readonly claims?: string;
  /** The token that the service just refused: a cached token equal to it is not used again. */
  readonly refused?: string;
  /** Ask the authority even when a cached token would do: roles that were granted since are only in a new one. */
  readonly fresh?: boolean;
}

/** Tokens of one connection: cached, refreshed early, one refresh in flight per audience. */
export interface TokenSource {
  /** Throws `unauthenticated` with the AADSTS hint, or `configuration` when the connection lacks what it needs. */
  getToken(request: TokenRequest): Promise<AccessToken>;
}

/** What a person has to do to sign in with a device code. */
export interface DeviceCodePrompt {
  /** The authority's own sentence, with address and code. */
  readonly message: string;
  readonly userCode: string;
  readonly verificationUri: string;
}

/** What `createTokenSource` (create-token-source.ts) works with. */
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
  /** Shows a device code to a person; without it `device_code` connections answer `configuration`. */
  readonly onDeviceCode?: (prompt: DeviceCodePrompt) => void;
}
