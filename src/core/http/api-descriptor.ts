import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { RequestInstead } from '../base/request-instead.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Charge } from '../throttle/budget.ts';
import type { ApiClient, ApiRequest, ApiResponse } from './api-client.ts';
import type { TokenSource } from './token-source.ts';

/** How an API wants its version: Graph as the first segment of the path, ARM and DevOps as a query option. */
export interface ApiVersioning {
  readonly place: 'path' | 'query';
  /** Name of the query option with `place: 'query'`: `api-version`. */
  readonly parameter?: string;
  readonly default: string;
  /** Values that a caller may ask for. */
  readonly pattern: RegExp;
  /** What to tell a caller whose version does not match: `use v1.0 or beta`. */
  readonly hint: string;
}

/** What the pipeline knows about a request when it asks the descriptor about it. */
export interface DescribedRequest extends ApiRequest {
  /** Path below root and version as it goes over the wire, without query: `/users/ada%40contoso.example`. */
  readonly wirePath: string;
  /** Query options by decoded name, values decoded; the last one wins. */
  readonly query: Readonly<Record<string, string>>;
}

/** An answer that is not a success, reduced to what decides its meaning. */
export interface FailedAnswer extends ReadAnswer {
  /** Documented error code of the service, as deep as it is understood; empty string when there is none. */
  readonly code: string;
  /** The service's own words. */
  readonly message: string;
  readonly request: DescribedRequest;
}

/** An answer that was read to the end and not judged yet. */
export type ReadAnswer = Pick<ApiResponse, 'status' | 'headers' | 'body'>;

/** What a descriptor adds to the general mapping of a failure. What it leaves out follows the status. */
export interface ErrorReading {
  readonly code?: ErrorCode;
  /** Our own sentence instead of the general one, where the service's words mislead. */
  readonly message?: string;
  /** The service's words where they stand elsewhere than usual; they are shown in backticks. */
  readonly said?: string;
  /** The next step, in one sentence. */
  readonly hint?: string;
  readonly retryable?: boolean;
  /** Facts for the caller that no sentence has; see `AppError.detail`. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** What should have been sent instead. */
  readonly instead?: RequestInstead;
}

/** Everything that is special about one API. Data and pure functions: pipeline, limiter and tokens are shared. */
export interface ApiDescriptor {
  readonly name: string;
  /** For people: `Microsoft Graph`. */
  readonly title: string;
  readonly versioning: ApiVersioning;
  /** Root without version and without a slash at the end. */
  root(cloud: Cloud): string;
  /** Resource to ask tokens for. */
  audience(cloud: Cloud): string;
  /**
   * Roots that may be called and get the token, besides `root(cloud)`. A root with a path covers what is below it.
   * Everything else is refused, redirects there are followed without the token.
   */
  otherRoots?(cloud: Cloud): readonly string[];
  /**
   * Headers that name a request to the service, for support: by the id of the call, and one of its own. Default:
   * `client-request-id` with the id of the call.
   */
  identify?(callId: string, requestId: string): Readonly<Record<string, string>>;
  /** Lower-case name of the header with the service's id of a request, where it is not `request-id` or `x-ms-request-id`. */
  readonly requestIdHeader?: string;
  /** Value of `Authorization` for a token. Default: `Bearer` and the token. */
  authorization?(token: string, connection: ConnectionRecord): string;
  /** Headers of every request, before those of the caller. */
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** Part of the service that throttles on its own (`directory`, `outlook`): a 429 pauses only this part. */
  service(request: DescribedRequest): string;
  /** What the request takes from which budgets; empty when nothing is published. */
  charges(request: DescribedRequest): readonly Charge[];
  /**
   * Whether `Retry-After` and `X-RateLimit-Delay` ask for a pause although the request itself was answered. Default:
   * only with a 429 or a 503.
   */
  readonly pausesAfterAnswer?: boolean;
  /**
   * What a success of this request holds: JSON, or JSON and other data but never a page for people. Undefined, and without
   * this member, it may be anything.
   */
  wants?(request: DescribedRequest): 'json' | 'data' | undefined;
  /** The status and body that the service means, where they differ from those it sent. */
  interpret?(answer: ReadAnswer): Pick<ReadAnswer, 'status' | 'body'> | undefined;
  /** A POST that changes nothing, by its path. */
  isReadOnlyPost(request: DescribedRequest): boolean;
  /** Failed answers, besides the general table, that mean "nothing was done, try again a little later". */
  isTransient?(failure: FailedAnswer): boolean;
  /**
   * Failed answers that say that nothing was done and that another attempt would fail too, although their status leaves
   * both open.
   */
  isFinal?(failure: FailedAnswer): boolean;
  classifyError(failure: FailedAnswer): ErrorReading;
  /** How to find out whether a write with a lost answer happened: one sentence for `outcome_unknown`. */
  howToCheck?(request: DescribedRequest): string | undefined;
  /**
   * The app that a kept secret signs in as, by what it belongs to (`/applications/{id}`); undefined for everything else.
   */
  findApp?(resource: string, client: ApiClient, call: CallContext): Promise<string | undefined>;
  /** Whether `&` and `#` inside `$search` are encoded twice. Default false. */
  encodesSearchTwice?(apiVersion: string): boolean;
}

/** What an API of one connection is made from. */
export interface ApiParts {
  /** With the access that the process allows it. */
  readonly connection: ConnectionRecord;
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Between 0 and 1, for jitter. */
  readonly random: () => number;
  /** The client of the connection for a descriptor: one for each, over the shared pipeline. */
  clientOf(descriptor: ApiDescriptor): ApiClient;
}

/** Makes the API of any connection. What all connections of a process share lives in the factory. */
export type ApiFactory<Api> = (parts: ApiParts) => Api;
