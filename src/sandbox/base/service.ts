import type { Clock } from '../../core/base/clock.ts';
import type { TokenSigner } from '../entra/token-signer.ts';
import type { EntityStore } from './entity-store.ts';

/** Services with one address each. */
export type FixedService = 'login' | 'graph' | 'arm' | 'devops' | 'upload' | 'monitor';
/** Data planes: every account has an address of its own. */
export type DataService = 'storage' | 'servicebus' | 'search';
export type ServiceName = FixedService | DataService;

/** A request as a service of the sandbox sees it: already read, faults already applied. */
export interface SandboxRequest {
  readonly method: string;
  /** Base address under which the caller reached this service; links in answers begin with it. */
  readonly base: string;
  /** Decoded by nobody: path below the base, beginning with `/`, as it was on the wire. */
  readonly rawPath: string;
  /** Query string as it was on the wire, without `?`. */
  readonly rawQuery: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** `request-id` that the answer will carry. */
  readonly requestId: string;
  /** The request is an item of a `$batch`: its address came in a body. */
  readonly isBatchItem?: boolean;
}

export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string or bytes as they are; undefined is an empty body. */
  readonly body?: unknown;
}

/** What every service of the sandbox works with. One per sandbox. */
export interface SandboxContext {
  readonly store: EntityStore;
  readonly clock: Clock;
  /** Deterministic GUIDs for objects made during the run. */
  newId(): string;
  /** Base address of another service as reached by this request's caller: `addressOf(request, 'upload')`. */
  addressOf(request: SandboxRequest, service: FixedService): string;
  /** Signs and opens opaque tokens (skip tokens, delta tokens, access tokens); `open` gives undefined when forged. */
  seal(payload: unknown): string;
  open(token: string): unknown;
  /** The key pair of this tenant's login service; `createTokenSigner()`. */
  readonly signer: TokenSigner;
  /**
   * Objects placed with a type that is no entity type, oldest first: `throttleLimits`, `tokenLifetime`,
   * `replicationLag`, `issuer`, `claimsChallenge`. Emptied by `reset`.
   */
  placed(type: string): readonly Readonly<Record<string, unknown>>[];
}

/** One emulated service. A route that it does not model is answered 501 with the route's name. */
export interface SandboxService {
  readonly name: ServiceName;
  handle(request: SandboxRequest, context: SandboxContext): Promise<SandboxResponse>;
}
