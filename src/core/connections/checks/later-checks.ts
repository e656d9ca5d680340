import type { ConnectionScope } from '../connection.ts';
import type { ValidationCheck } from './check.ts';
import { skipLine } from './check-lines.ts';

const azureScopes: readonly ConnectionScope[] = ['resources', 'storage', 'broker', 'database', 'graph', 'vector', 'ml'];
const dataScopes: readonly ConnectionScope[] = ['storage', 'broker', 'database', 'graph', 'vector'];

/** Reachability of the subscription, management group or workspace. */
export const subscriptionCheck = unavailable('subscription', azureScopes, 'whether the subscription is reachable');
/** Role assignments at the scope against the checklist. */
export const roleAssignmentsCheck = unavailable('role_assignments', azureScopes, 'which Azure roles are assigned');
/** One probe per linked service. */
export const dataPlaneCheck = unavailable('data_plane', dataScopes, 'whether the data services let the app in');
/** Reachability of the DevOps organization. */
export const devopsCheck = unavailable('devops', ['devops'], 'whether the DevOps organization is reachable');

/** A check that this version does not have: it says so where the scopes would need it, instead of passing silently. */
function unavailable(name: string, scopes: readonly ConnectionScope[], what: string): ValidationCheck {
  return {
    name,
    async run({ record }) {
      return record.scopes.some((scope) => scopes.includes(scope))
        ? [skipLine(name, `Not checked: this version does not look at ${what}.`)]
        : [];
    },
  };
}
