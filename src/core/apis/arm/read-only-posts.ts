import { parseArmPath } from './arm-path.ts';

/** Actions that are called with POST and change nothing; last segment of the path, lower case. */
const readOnlyActions = new Set([
  'calculatetemplatehash',
  'checkdomainavailability',
  'checknameavailability',
  'checkpolicyrestrictions',
  'checkresourcename',
  'checkzonepeers',
  'getentities',
  'validate',
  'validatemoveresources',
  'whatif',
]);

/**
 * A POST that changes nothing: a query, a check, a validation, a what-if. The `list…` actions that hand out keys and
 * tokens (`listKeys`, `listCredentials`) are none of them: whoever has a key can write with it, a read-only lock refuses
 * them as well, and a connection that only reads must not get to them.
 *
 * https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources#considerations-before-applying-your-locks
 */
export function isReadOnlyPost(path: string): boolean {
  const { lower, namespace, rest } = parseArmPath(path);
  const last = lower.split('/').at(-1) ?? '';
  switch (namespace?.toLowerCase()) {
    case 'microsoft.resourcegraph':
      return /^resource(?:s|shistory|changes|changedetails)$/.test(last) && rest.length === 1;
    case 'microsoft.costmanagement':
      return last === 'query' || last === 'forecast';
    case 'microsoft.policyinsights':
      return last === 'queryresults' || last === 'summarize' || readOnlyActions.has(last);
    default:
      return readOnlyActions.has(last);
  }
}

/** Actions that give the same answer however often they are called, although they are no reads in our sense. */
export function isRepeatableAction(path: string): boolean {
  const { lower, rest } = parseArmPath(path);
  const last = lower.split('/').at(-1) ?? '';
  return rest.length > 1 && /^list/.test(last) ? true : /\/providers\/[^/]+\/(?:un)?register$/.test(lower);
}
