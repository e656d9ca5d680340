import type { Clock } from '../../core/base/clock.ts';
import type { TokenSigner } from '../entra/token-signer.ts';
import type { Tenant } from '../seed/tenant.ts';
import type { EntityStore } from './entity-store.ts';

/** Services with one address each. */
export type FixedService = 'login' | 'graph' | 'arm' | 'devops' | 'upload' | 'monitor';
/** Data planes: every account has an address of its own. */
export type DataService = 'storage' | 'servicebus' | 'search';
export type ServiceName = FixedService | DataService;

/** A request as a sandbox service sees it: already read, with faults applied. */
export interface SandboxRequest {
  readonly method: string;
  /** Base address under which the caller reached this service. Links in responses begin with it. */
  readonly base: string;
  /** Path below the base, beginning with `/`, not decoded. */
  readonly rawPath: string;
  /** Query string without `?`, not decoded. */
  readonly rawQuery: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The `request-id` of the response. */
  readonly requestId: string;
  /** The request is an item of a `$batch`, so its address came in a body. */
  readonly isBatchItem?: boolean;
}

export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string or bytes unchanged; undefined is an empty body. */
  readonly body?: unknown;
  /** Permissions that the refused caller lacks, for the log of requests alone. */
  readonly needs?: readonly string[];
}

/** What all services of a sandbox share. */
export interface SandboxContext {
  readonly tenant: Tenant;
  /** All tenants of the sandbox, which share its addresses and its clock. */
  readonly tenants: readonly Tenant[];
  readonly store: EntityStore;
  readonly clock: Clock;
  /** Creates deterministic GUIDs for new objects. */
  newId(): string;
  /** Base address of another service for the caller of this request: `addressOf(request, 'upload')`. */
  addressOf(request: SandboxRequest, service: FixedService): string;
  /** Seals opaque tokens, such as skip tokens and delta tokens. `open` returns undefined for a forged token. */
  seal(payload: unknown): string;
  open(token: string): unknown;
  /** The key pair of this tenant's login service. */
  readonly signer: TokenSigner;
  /**
   * Placed objects that are not entities, oldest first: `throttleLimits`, `tokenLifetime`, `replicationLag`, `issuer`,
   * `claimsChallenge`, `conditionalAccess`. Emptied by `reset`.
   */
  placed(type: string): readonly Readonly<Record<string, unknown>>[];
}

/** An emulated service. It answers routes that it does not model with 501 and the route's name. */
export interface SandboxService {
  readonly name: ServiceName;
  handle(request: SandboxRequest, context: SandboxContext): Promise<SandboxResponse>;
}
