import { invalidArgument } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';

/** Deeper than arguments may be. */
const deepest = 64;

/** Members that decide what a request does. */
const deciding = new Set(
  (
    'accesspolicies actiononunmanage authorization data deploymentscope httpmethod managementgroupid managementgroups method ' +
    'mode name properties relativeurl requests resourcegroup resources scheme scope subscriptionid subscriptions ' +
    'targetresourcegroup template templatelink type url'
  ).split(' '),
);

/**
 * A body with the names of all members in lower case: Azure reads them without case. Throws `invalid_argument` where two
 * members that decide differ only in case, since nobody can tell which of them the service takes.
 */
export function lowerKeys(value: unknown, depth = 0): unknown {
  if (depth > deepest) throw invalidArgument('The body is nested too deep.', `Pass at most ${deepest} levels.`);
  if (Array.isArray(value)) return value.map((one) => lowerKeys(one, depth + 1));
  if (!isRecord(value) || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).map(([name, one]) => [name.toLowerCase(), lowerKeys(one, depth + 1)] as const);
  const names = entries.map(([name]) => name);
  const twice = names.find((name, at) => deciding.has(name) && names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw invalidArgument(`The body names ${twice} twice, in different case.`, 'Write each member once.');
  }
  return Object.fromEntries(entries);
}
