import { chargesOf } from '../../apis/graph/limits/charges.ts';
import type { SelfCheck } from '../self-check.ts';

/**
 * A check of the directory with the cost that the planner reserves for its request, in resource units. Left alone are
 * refusals, batches, links whose options nobody reads, and `$count`, which the table of prices does not have.
 * https://learn.microsoft.com/graph/throttling-limits
 */
export function withPlannedCost(check: SelfCheck): SelfCheck {
  const { expect, request } = check;
  const { method = 'GET', path, query = {}, body, typed, follows } = request;
  const isPlain = typed === undefined && follows === undefined && !/\/\$(?:batch|count)$/.test(path);
  if (!isPlain || expect.status !== undefined) return check;
  const options = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const charges = chargesOf({ method, path: path.replace(/\{\w+\}/g, 'x'), query: options, body, readOnly: true });
  const units = charges.find(({ bucket }) => bucket.inResourceUnits === true);
  if (units === undefined) return check;
  return { ...check, expect: { ...expect, headers: { 'x-ms-resource-unit?': `=${units.cost}`, ...expect.headers } } };
}
