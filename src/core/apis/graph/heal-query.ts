import { AppError } from '../../base/errors.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import { applyPlan, describePlan, type PropertyLookup, planHealing, readQueryOptions } from './advanced/plan-query.ts';
import { graphPaging } from './graph-descriptor.ts';

/** A refused query as it may be accepted. */
export interface HealedQuery {
  readonly request: ApiRequest;
  /** What was changed, for a query that was accepted then. */
  readonly note: string;
}

/** Refusals with the same code that have nothing to do with the advanced parameters. */
const otherReasons = /page size|child clauses|excessive height|query option|not supported for this resource/i;

function lacksAdvancedParameters(error: AppError): boolean {
  if (/\$count is not currently supported/i.test(error.message)) return true;
  const isUnsupported = error.upstream?.code === 'Request_UnsupportedQuery';
  return isUnsupported && !graphPaging.isExpiredLink(error) && !otherReasons.test(error.message);
}

/**
 * The service refused a list of alternatives as too long, or the address that holds it.
 * https://learn.microsoft.com/graph/filter-query-parameter
 */
export function hasTooManyAlternatives(error: unknown): error is AppError {
  if (!(error instanceof AppError)) return false;
  return error.status === 414 || (error.status === 400 && /too many child clauses/i.test(error.message));
}

/**
 * The query with what the service asks for: the parameters of an advanced query, or smaller pages of users with their
 * sign-in activity. Undefined where nothing is known that would help.
 */
export function healQuery(error: unknown, request: ApiRequest, lookup: PropertyLookup): HealedQuery | undefined {
  if (!(error instanceof AppError) || error.status !== 400 || request.method !== 'GET') return undefined;
  if (request.verbatim === true) return undefined;
  if (!lacksAdvancedParameters(error)) return withSmallerPages(error, request);
  const plan = planHealing(request, lookup);
  return plan && { request: applyPlan(request, plan), note: describePlan(plan) };
}

/** Until March 2023 it was another limit, with another refusal. https://learn.microsoft.com/graph/api/user-list */
function withSmallerPages({ message }: AppError, request: ApiRequest): HealedQuery | undefined {
  const most = Number(/cannot query data for more than (\d{1,6})\b/i.exec(message)?.[1] ?? 0);
  const top = Number(readQueryOptions(request).$top ?? 0);
  if (most < 1 || top <= most) return undefined;
  const others = Object.entries(request.params ?? {}).filter(([name]) => !/^\$?top$/i.test(name));
  return {
    request: { ...request, params: { ...Object.fromEntries(others), $top: most } },
    note: `$top was lowered to ${most}: the service refused larger pages here.`,
  };
}
