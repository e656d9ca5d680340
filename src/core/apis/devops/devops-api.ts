import type { CallContext } from '../../base/call-context.ts';
import type { ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { Page, PageLimits } from '../../http/page.ts';

/** Where a request goes: an organization, and one of its projects where the route wants one. */
export interface DevOpsScope {
  /** Name of the organization; the connection's when absent. */
  readonly organization?: string | undefined;
  /** Name or id of the project. */
  readonly project?: string | undefined;
}

/** A request whose `path` is below organization and project: `/_apis/serviceendpoint/endpoints`. */
export type DevOpsRequest = ApiRequest & { readonly scope: DevOpsScope };

/** Azure DevOps Services for one connection. Failures are `AppError`s with hints. */
export interface DevOpsApi {
  /** The organization that a call means; throws `configuration` when neither the call nor the connection names one. */
  organizationOf(scope: DevOpsScope): string;
  /** One request. An answer that is no JSON is a failed sign-in, whatever its status is. */
  send(request: DevOpsRequest, call: CallContext): Promise<ApiResponse>;
  /** Pages of a list by `X-MS-ContinuationToken`. */
  pages(request: DevOpsRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined>;
}
