import { readClaims } from '../../auth/token-claims.ts';
import { quoteNames } from '../../base/plain-text.ts';
import { type Access, actsForCaller, type CheckResult } from '../../record/connection.ts';
import { linesOf, type ValidationCheck } from './check.ts';

const check = 'graph_roles';
const { pass, warn, fail, skip } = linesOf(check);
const mostShown = 20;

/** Where an administrator grants permissions. */
export const grantPath =
  'App registrations > the app > API permissions > Add a permission > Microsoft Graph, then Grant admin consent';

/** Compares the permissions in the Graph token with what the connection is for. */
export const graphRolesCheck: ValidationCheck = {
  name: check,
  async run({ record, findings }) {
    if (!record.scopes.includes('directory')) return [];
    const token = findings.tokens.get('graph');
    const claims = token === undefined ? undefined : readClaims(token.token);
    if (claims === undefined) {
      return [skip(token === undefined ? 'There is no Graph token to look at.' : 'The Graph token is opaque.')];
    }
    // On behalf of somebody, the app may what the person has consented to, and no more than the person may.
    const granted = new Set(actsForCaller(record) ? claims.scopes : [...claims.roles, ...claims.scopes]);
    return [judge(granted, record.access === 'read_write', claims.isPerson ? 'delegated' : 'application')];
  },
};

function judge(granted: ReadonlySet<string>, writes: boolean, kind: 'delegated' | 'application'): CheckResult {
  const permissions = kind === 'delegated' ? 'the delegated permissions ' : '';
  if (granted.size === 0) {
    return fail(
      'The token carries no Microsoft Graph permission at all: every request will be refused.',
      `Grant ${permissions}User.Read.All and GroupMember.Read.All (${grantPath}), then validate again.`,
    );
  }
  const lacking = graphRoleNeeds.filter(
    ({ access, anyOf }) => (writes || access === 'read_only') && !anyOf.some((permission) => granted.has(permission)),
  );
  if (lacking.length > 0) {
    const wanted = lacking.map(({ anyOf: [least] }) => least);
    return warn(
      `The app may not ${lacking.map(({ purpose }) => purpose).join(', ')}.`,
      `If the connection is meant to, grant ${permissions}${[...new Set(wanted)].join(', ')} (${grantPath}), then validate again.`,
    );
  }
  return pass(grantedText([...granted].sort()));
}

function grantedText(permissions: readonly string[]): string {
  const more = permissions.length - mostShown;
  return `Granted: ${quoteNames(permissions.slice(0, mostShown))}${more > 0 ? ` and ${more} more` : ''}.`;
}

/** Something that the Graph tools do, and the permissions that allow it; the first is the least privileged. */
export interface GraphRoleNeed {
  readonly purpose: string;
  readonly access: Access;
  readonly anyOf: readonly [string, ...string[]];
}

/**
 * What a connection with scope `directory` is expected to be able to do.
 * https://learn.microsoft.com/graph/permissions-reference
 */
export const graphRoleNeeds: readonly GraphRoleNeed[] = [
  {
    purpose: 'read users',
    access: 'read_only',
    anyOf: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
  {
    purpose: 'read groups and members',
    access: 'read_only',
    anyOf: [
      'GroupMember.Read.All',
      'Group.Read.All',
      'GroupMember.ReadWrite.All',
      'Group.ReadWrite.All',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
    ],
  },
  {
    purpose: 'read licences',
    access: 'read_only',
    anyOf: [
      'LicenseAssignment.Read.All',
      'LicenseAssignment.ReadWrite.All',
      'Organization.Read.All',
      'Organization.ReadWrite.All',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
    ],
  },
  {
    purpose: 'change users',
    access: 'read_write',
    anyOf: ['User.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  {
    purpose: 'change groups',
    access: 'read_write',
    anyOf: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  {
    purpose: 'assign licences',
    access: 'read_write',
    anyOf: ['LicenseAssignment.ReadWrite.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
];
