import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Clock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';

export interface SandboxOptions {
  /** Number of seeded users, generated lazily: 200,000 start as fast as 240. Default 240. */
  readonly users?: number;
  /** Seed of the deterministic generator. Default 1. */
  readonly seed?: number;
  /** Start of the sandbox clock, ISO 8601. Default: the system's time. */
  readonly now?: string;
  /** Number of tenants, each with as many users, and with limits of its own. Default 1. */
  readonly tenants?: number;
  /** Freezes the clock, for tests. Default false: it runs with the system clock. */
  readonly frozenClock?: boolean;
}

/** A fault for the next matching requests. */
export interface Fault {
  /** `METHOD path` or `path`; `*` matches within a path, e.g. `GET /v1.0/users*`. Default: everything. */
  readonly match?: string;
  /** `login`, `graph`, `arm`, … Default: every service. */
  readonly service?: string;
  /** Id or domain. Default: every tenant. */
  readonly tenant?: string;
  readonly status?: number;
  /** How many requests it affects. Default 1. */
  readonly times?: number;
  /** `Retry-After` value, verbatim: seconds, decimal or HTTP date. */
  readonly retry_after?: string | number;
  /** Drops the connection before the request is handled, or after it: the write happened, but the response is lost. */
  readonly reset?: 'before' | 'after';
  /** Body to return in place of the service's error: an object as JSON, a string unchanged. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Real milliseconds to wait before the response. */
  readonly delay_ms?: number;
  /** List behaviour: see docs/sandbox.md. */
  readonly kind?: 'loop_next_link' | 'foreign_next_link' | 'duplicate_page' | 'empty_page' | 'expire_page_token';
}

/** A received request, with secrets masked. */
export interface SeenRequest {
  readonly service: string;
  /** Domain of the tenant that answered, if there are several. */
  readonly tenant?: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  /** Of a refusal by Graph: the least-privileged permissions that the caller lacks, which the service itself does not name. */
  readonly needs?: readonly string[];
  /** Milliseconds on the sandbox clock. */
  readonly at: number;
}

export interface SandboxCredentials {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Azure DevOps organization that the app administers. */
  readonly organization: string;
}

/** A tenant, and the app with every permission in it. */
export interface TenantAccess {
  readonly id: string;
  readonly displayName: string;
  /** Short name, as in its domain: `contoso`. */
  readonly label: string;
  readonly domain: string;
  readonly credentials: SandboxCredentials;
  /** The app that people sign in to Tenantry with, and that acts for them. */
  readonly signIn: Pick<SandboxCredentials, 'tenantId' | 'clientId' | 'clientSecret'>;
}

/** Where a sandbox listens. */
export interface Listening {
  readonly url: string;
  readonly cloud: Cloud;
  /** With `tls`: what clients have to trust, as PEM. Made for this listener alone. */
  readonly authority?: string;
}

/** The emulated tenant. The same controls exist over HTTP below `/__sandbox` (docs/sandbox.md). */
export interface Sandbox {
  /** Serves the sandbox's hosts in process, without a socket. Throws for any other host. */
  readonly httpClient: HttpClient;
  /** The cloud whose hosts `httpClient` serves. Its name is `sandbox`. */
  readonly cloud: Cloud;
  readonly clock: Clock;
  /** An app with every permission in the first tenant. */
  readonly credentials: SandboxCredentials;
  /** All tenants, in their order. They share addresses, clock and keys; a token is good for the one that it names. */
  readonly tenants: readonly TenantAccess[];
  fault(fault: Fault): void;
  /** All requests since the last reset, oldest first. */
  requests(): readonly SeenRequest[];
  /** Moves the sandbox clock forward, in seconds. */
  advance(seconds: number): void;
  /** Places an object as given, in the first tenant or in the one with the id or domain. */
  placeObject(
    service: 'graph' | 'arm' | 'devops',
    type: string,
    object: Readonly<Record<string, unknown>>,
    tenant?: string,
  ): void;
  reset(): void;
  /** Serves the same tenant on a loopback port until `close`; 0 selects any free port. */
  listen(port: number, options?: { readonly tls?: boolean }): Promise<Listening>;
  close(): Promise<void>;
}
