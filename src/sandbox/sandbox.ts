import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Clock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';

export interface SandboxOptions {
  /** Seeded users; generated lazily, so that 200,000 start as fast as 240. Default 240. */
  readonly users?: number;
  /** Seed of the deterministic generator. Default 1. */
  readonly seed?: number;
  /** Start of the sandbox clock, ISO 8601. Default: the system's time. */
  readonly now?: string;
  /** Keep the clock where it is put (tests), instead of running with the system's. Default false. */
  readonly frozenClock?: boolean;
}

/** A fault for the next matching requests. */
export interface Fault {
  /** `METHOD path` or `path`; `*` matches within a path, e.g. `GET /v1.0/users*`. Default: everything. */
  readonly match?: string;
  /** `login`, `graph`, `arm`, … Default: every service. */
  readonly service?: string;
  readonly status?: number;
  /** How often it strikes. Default 1. */
  readonly times?: number;
  /** `Retry-After` value, verbatim: seconds, decimal or HTTP date. */
  readonly retry_after?: string | number;
  /** Drop the connection before the request is carried out, or after (the write happened, the answer is lost). */
  readonly reset?: 'before' | 'after';
  /** Body to answer instead of the service's error: an object as JSON, a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds of the sandbox's real time before it answers. */
  readonly delay_ms?: number;
  /** Special behaviours of lists: see docs/sandbox.md. */
  readonly kind?: 'loop_next_link' | 'foreign_next_link' | 'duplicate_page' | 'empty_page' | 'expire_page_token';
}

/** One request as it arrived, secrets masked. */
export interface SeenRequest {
  readonly service: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  /** Milliseconds by the sandbox clock. */
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

/** The emulated tenant. The same controls exist over HTTP below `/__sandbox` (docs/sandbox.md). */
export interface Sandbox {
  /** Serves the sandbox's hosts in process, without a socket. A host that is not the sandbox's is refused loudly. */
  readonly httpClient: HttpClient;
  /** The cloud whose hosts `httpClient` serves. Its name is `sandbox`. */
  readonly cloud: Cloud;
  readonly clock: Clock;
  /** An app with all the permissions that the seed knows. */
  readonly credentials: SandboxCredentials;
  fault(fault: Fault): void;
  /** All requests since the last reset, oldest first. */
  requests(): readonly SeenRequest[];
  /** Moves the sandbox clock forward, in seconds. */
  advance(seconds: number): void;
  /** Places an object as given. */
  placeObject(service: 'graph' | 'arm' | 'devops', type: string, object: Readonly<Record<string, unknown>>): void;
  reset(): void;
  /** Serves the same tenant on a loopback port (0 = any free one) until `close`. */
  listen(port: number): Promise<{ readonly url: string; readonly cloud: Cloud }>;
  close(): Promise<void>;
}
