import type { Acceptance, PermissionOperation, Scheme } from './read-permissions.ts';

// Which of the accepted permissions of an operation is the least. Where Microsoft marks several, the lowest privilege level
// wins, then Read before ReadWrite for a read, then the shorter name.

/** Needed all together, for each use; empty where the use is impossible. */
export type LeastPermissions = Readonly<Record<Scheme, readonly string[]>>;

/** Consented inside one team, chat or user and not in the tenant, so not what an app should be granted. */
const isResourceSpecific = ({ permission }: Acceptance) => /\.(?:Group|Chat|User)$/.test(permission.name);

/**
 * `User-Phone.ReadWrite.All` opens one property of a user, `Group-Conversation.Read.All` conversations as a whole: only where
 * such a name is marked and no other is, it is the least.
 */
const isForPart = ({ permission }: Acceptance) => permission.name.includes('-');

/** Marked alone on operations of which they still open only a part. */
const isNeverWhole = ({ permission }: Acceptance) =>
  /^(?:Group-NestingSupport|AuditLogsQuery-\w+)\./.test(permission.name);

function comparePrivileges(method: string, use: Scheme) {
  const writes = ({ permission }: Acceptance) => (/ReadWrite|Manage/.test(permission.name) ? 1 : 0);
  return (a: Acceptance, b: Acceptance): number =>
    a.permission.levels[use] - b.permission.levels[use] ||
    (method === 'GET' ? writes(a) - writes(b) : 0) ||
    a.permission.name.length - b.permission.name.length ||
    (a.permission.name < b.permission.name ? -1 : 1);
}

/** Accepted permissions of one use, from the least privileged up. */
export function byPrivilege(operation: PermissionOperation, use: Scheme): readonly Acceptance[] {
  return operation.accepted[use].toSorted(comparePrivileges(operation.method, use));
}

function leastOf(operation: PermissionOperation, use: Scheme, ofPerson: string | undefined): readonly string[] {
  const all = byPrivilege(operation, use);
  const inTenant = all.filter((one) => one.permission.ids[use] !== undefined && !isResourceSpecific(one));
  const grantable = inTenant.filter((one) => !isForPart(one));
  const least =
    grantable.find(({ isMarkedLeast }) => isMarkedLeast) ??
    inTenant.find((one) => one.isMarkedLeast && !isNeverWhole(one)) ??
    // What is the least for people is a better guess than the shortest name.
    grantable.find(({ permission }) => permission.name === ofPerson) ??
    grantable[0] ??
    all.find(({ isMarkedLeast }) => isMarkedLeast) ??
    all[0];
  if (least === undefined) return [];
  const also = all.find(({ permission }) => least.alsoOneOf.includes(permission.name))?.permission.name;
  return [least.permission.name, ...(also === undefined ? least.alsoOneOf.slice(0, 1) : [also])];
}

/**
 * Marks that are wrong or missing in the data, after the reference pages of the operations. Patterns match lower-case paths.
 * https://learn.microsoft.com/graph/permissions-reference
 */
const corrections: readonly {
  readonly methods: string;
  readonly path: RegExp;
  readonly application: readonly string[];
  readonly delegated?: readonly string[];
}[] = [
  {
    methods: 'GET',
    path: /^\/organization(\/\{id\})?$/,
    application: ['Organization.Read.All'],
    delegated: ['User.Read'],
  },
  { methods: 'GET', path: /^\/groups\/\{id\}$/, application: ['GroupMember.Read.All'] },
  // Two are marked, and the one with the longer name may less.
  { methods: 'DELETE', path: /^\/users\/\{id\}$/, application: ['User.DeleteRestore.All'] },
  { methods: 'PATCH', path: /^\/groups\/\{id\}$/, application: ['Group.ReadWrite.All'] },
  {
    methods: 'POST PATCH DELETE',
    path: /^\/oauth2permissiongrants(\/\{id\})?$/,
    application: ['DelegatedPermissionGrant.ReadWrite.All'],
  },
  {
    methods: 'POST PATCH DELETE',
    path: /^\/identity\/conditionalaccess\/policies(\/\{id\})?$/,
    application: ['Policy.Read.All', 'Policy.ReadWrite.ConditionalAccess'],
  },
];

/** The least-privileged permissions of an operation. */
export function leastPermissions(operation: PermissionOperation): LeastPermissions {
  const path = operation.path.toLowerCase();
  const known = corrections.find((one) => one.methods.split(' ').includes(operation.method) && one.path.test(path));
  if (known !== undefined) {
    return { Application: known.application, DelegatedWork: known.delegated ?? known.application };
  }
  const delegated = leastOf(operation, 'DelegatedWork', undefined);
  return { Application: leastOf(operation, 'Application', delegated[0]), DelegatedWork: delegated };
}
