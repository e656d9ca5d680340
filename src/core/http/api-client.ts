import type { CallContext } from '../base/call-context.ts';
import type { Secret } from '../secrets/secret.ts';

export const httpMethods = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** Query options by name; values are encoded by the URL builder. `undefined` and `null` are left out. */
export type QueryParams = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One request as a tool or an API layer describes it: no host, no token. */
export interface ApiRequest {
  readonly method: HttpMethod;
  /**
   * Path below the API's root and version (`/users`, `users?$top=5`), or an absolute URL of the same cloud.
   * With `verbatim`, a link that the service itself sent: used byte for byte after the host check.
   */
  readonly path: string;
  readonly verbatim?: boolean;
  /**
   * With `verbatim`: the link may lead to another host, as those of Graph's monitors do. Such a host must be https and
   * gets no token.
   */
  readonly foreign?: boolean;
  readonly params?: QueryParams;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a string or bytes. Never sent with GET, HEAD. */
  readonly body?: unknown;
  /** `v1.0` or `beta` for Graph, a date for ARM and DevOps; the API's default when absent. */
  readonly apiVersion?: string;
  /** The caller of a tool has named the version, so no other one is taken instead. */
  readonly versionIsAsked?: boolean;
  /** The address is the caller's of a tool, who is told which version was taken where none is named. */
  readonly saysVersion?: boolean;
  /** Statuses that count as success besides 2xx: they resolve instead of throwing. */
  readonly expectedStatuses?: readonly number[];
  /** A POST that only reads (`getByIds`, `$batch` of GETs): may be replayed and passes read-only mode. */
  readonly readOnly?: boolean;
  /** A write that has the same effect when it is sent twice, although its method does not promise that. */
  readonly idempotent?: boolean;
  /** A write that is not sent again while its outcome is unknown, although its method would allow it. */
  readonly once?: boolean;
  /**
   * The answer comes with its secrets. For our own code that needs them, such as a new password of an app; what a tool
   * passes on for its caller never sets it.
   */
  readonly reveals?: boolean;
  /** Secrets inside `body` that no name gives away: an answer may repeat them. */
  readonly secrets?: readonly Secret[];
  /** The request that this one goes on for: its next page, the state or the result of what it started. */
  readonly answersTo?: Pick<ApiRequest, 'method' | 'path' | 'params'>;
}

/** What the address of a request is made from. */
export type UrlRequest = Pick<ApiRequest, 'path' | 'verbatim' | 'foreign' | 'params' | 'apiVersion'>;

/** Answer of the service, read to the end. */
export interface ApiResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; a string for text and CSV; `{ contentType, sizeBytes, base64 }` for binary; undefined when empty. */
  readonly body: unknown;
  /** The bytes that `body` was parsed from, where that was JSON. */
  readonly json?: Buffer;
  /** Links to the next page whose secrets are masked in `body`, as the service wrote them: to be followed, never shown. */
  readonly links?: Readonly<Record<string, string>>;
  /** A list inside `body` was cut by the service, and could not be completed. */
  readonly isTruncated?: boolean;
  /** Size of the body on the wire after decompression. */
  readonly sizeBytes: number;
  /** The URL that answered, after redirects. For our own use (paging); never shown with its query. */
  readonly url: string;
  readonly requestId: string | undefined;
}

/** Sends requests of one connection to one API through the pipeline. Failures are `AppError`s. */
export interface ApiClient {
  /** Name of the API, as its descriptor has it: `graph`. */
  readonly api: string;
  send(request: ApiRequest, call: CallContext): Promise<ApiResponse>;
  /** The absolute URL that `send` would use; throws `invalid_argument` on anything hostile. */
  resolveUrl(request: UrlRequest): string;
}
