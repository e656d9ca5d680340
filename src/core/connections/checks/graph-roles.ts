import { readClaims } from '../../auth/token-claims.ts';
import type { CheckResult } from '../../record/connection.ts';
import type { ValidationCheck } from './check.ts';
import { skipLine } from './check-lines.ts';
import { graphRoleNeeds } from './graph-role-needs.ts';

const check = 'graph_roles';
const mostShown = 20;
const grantPath =
  'App registrations > the app > API permissions > Add a permission > Microsoft Graph, then Grant admin consent';

/** Compares the permissions in the Graph token with what the connection is for. */
export const graphRolesCheck: ValidationCheck = {
  name: check,
  async run({ record, findings }) {
    if (!record.scopes.includes('directory')) return [];
    const token = findings.tokens.get('graph');
    const claims = token === undefined ? undefined : readClaims(token.token);
    if (claims === undefined) {
      return [
        skipLine(check, token === undefined ? 'There is no Graph token to look at.' : 'The Graph token is opaque.'),
      ];
    }
    const granted = new Set([...claims.roles, ...claims.scopes]);
    return [judge(granted, record.access === 'read_write')];
  },
};

function judge(granted: ReadonlySet<string>, writes: boolean): CheckResult {
  if (granted.size === 0) {
    return {
      check,
      status: 'fail',
      detail: 'The token carries no Microsoft Graph permission at all: every request will be refused.',
      hint: `Grant User.Read.All and GroupMember.Read.All (${grantPath}), then validate again.`,
    };
  }
  const lacking = graphRoleNeeds.filter(
    ({ access, anyOf }) => (writes || access === 'read_only') && !anyOf.some((permission) => granted.has(permission)),
  );
  if (lacking.length > 0) {
    const wanted = lacking.map(({ anyOf: [least] }) => least);
    return {
      check,
      status: 'warn',
      detail: `The app may not ${lacking.map(({ purpose }) => purpose).join(', ')}.`,
      hint: `If the connection is meant to, grant ${[...new Set(wanted)].join(', ')} (${grantPath}), then validate again.`,
    };
  }
  return { check, status: 'pass', detail: grantedText([...granted].sort()) };
}

function grantedText(permissions: readonly string[]): string {
  const more = permissions.length - mostShown;
  return `Granted: ${permissions.slice(0, mostShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
