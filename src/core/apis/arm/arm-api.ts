import type { CallContext } from '../../base/call-context.ts';
import type { ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { Page, PageLimits } from '../../http/page.ts';
import type { Operation } from '../../operations/operation.ts';

/** Which api-version goes out when the caller names none. */
export interface VersionChoice {
  readonly version: string;
  /** Resource type that it belongs to, as the provider spells it: `Microsoft.Storage/storageAccounts`. */
  readonly resourceType: string;
  readonly isPreview: boolean;
}

/** Answer of a write: done, or still going on. */
export interface ArmWriteOutcome {
  readonly response: ApiResponse;
  /** Present when the service works on: poll it, or hand it out as a handle. */
  readonly operation?: Operation;
}

/**
 * Azure Resource Manager for one connection. A missing api-version is resolved from provider metadata, cached for the
 * process and noted; an explicit one wins. Failures are `AppError`s with hints.
 */
export interface ArmApi {
  /**
   * A read or another request that ends with its answer. `apiVersion` may be a date, `latest` (as when it is absent) or
   * `preview` (the newest of all).
   */
  send(request: ApiRequest, call: CallContext): Promise<ApiResponse>;
  /**
   * Pages of a list. With a POST the body goes along with every page; `nextLink` of such a page is the token for
   * `options.$skipToken` of the body, not an address.
   */
  pages(request: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined>;
  /** PUT, PATCH, POST or DELETE, which may start a long-running operation. */
  write(request: ApiRequest, call: CallContext): Promise<ArmWriteOutcome>;
  /** The api-version for a path. Throws `not_found` with the nearest types when the provider does not know the type. */
  versionFor(path: string, options: { readonly preview?: boolean }, call: CallContext): Promise<VersionChoice>;
  /** The address with api-version that `send` would use: for dry runs. */
  preview(request: ApiRequest, call: CallContext): Promise<string>;
  /** `/subscriptions/{id}` of the connection; throws `configuration` when it has none. */
  readonly subscriptionPath: string;
}
