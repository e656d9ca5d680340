import type { TokenClaims } from '../../../auth/token-claims.ts';
import type { ErrorChanges } from '../../../base/errors.ts';
import { isGuid } from '../../../base/guid.ts';
import { quoteNames } from '../../../base/plain-text.ts';
import type { RequestInstead } from '../../../base/request-instead.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { GraphCatalog } from '../catalog/load-catalog.ts';
import type { GraphOperation, PermissionChoice } from '../catalog/operation-tree.ts';
import { isEnough } from './is-enough.ts';

/** App id of Microsoft Graph, the same in every tenant and cloud. */
const graphAppId = '00000003-0000-0000-c000-000000000000';

/** Most names of held permissions that a hint repeats. */
const mostHeld = 5;

/**
 * What a refused operation needs, whether the token has it, and who can grant it. Only to explain a refusal: the service
 * decides what a token may do, and its format may change.
 * https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference#privileged-role-administrator
 */
export function explainRefusal(catalog: GraphCatalog, operation: Needs, claims: TokenClaims | undefined): ErrorChanges {
  if (claims === undefined) return { hint: grantHint(describeNeed(operation)) };
  const choice = claims.isPerson ? operation.delegated : operation.application;
  if (choice.least.length === 0) {
    return { hint: `It takes ${describeNeed(operation, claims.isPerson)}: use a connection that signs in that way.` };
  }
  const held = heldBy(claims);
  const unlimited = choice.accepted.filter((name) => !isLimited(name));
  if (isEnough({ ...choice, accepted: unlimited }, held)) {
    return {
      hint: `The least-privileged permission is ${choice.least.join(' and ')}, and the token has enough: ${whyRefused(operation.path)}.`,
    };
  }
  const [next] = unlimited;
  const isTooLittle = next !== undefined && choice.least.length === 1 && isEnough(choice, held);
  const wanted = isTooLittle ? { least: [next], accepted: unlimited } : choice;
  const needed = wanted.least.join(' and ');
  const instead = claims.isPerson ? undefined : readGrant(catalog, wanted, claims);
  return withoutUndefined({
    hint: `${grantHint(needed)} ${describeHeld(claims)} ${whoGrants(instead, claims)}`,
    instead,
  });
}

/** Services behind Graph that decide for themselves who may read which of their objects, with what they call the rule. */
const ownRules: readonly (readonly [path: RegExp, reason: string])[] = [
  [
    /^\/(?:users\/\{id\}|me)\/(?:messages|mailfolders|events|calendars?|calendarview|contacts|contactfolders|mailboxsettings|sendmail)\b/i,
    'Exchange may limit the app to other mailboxes, or the person has no access to this one',
  ],
  [
    /^\/(?:sites|drives|shares|(?:users|groups)\/\{id\}\/drives?|me\/drives?)\b/i,
    'SharePoint may refuse access to this site or file',
  ],
  [
    /^\/device(?:management|appmanagement)\b/i,
    'Intune needs a licence in the tenant, and of a person also an Intune role',
  ],
];

/** Why a request is refused whose token has enough. */
function whyRefused(path = ''): string {
  const own = ownRules.find(([pattern]) => pattern.test(path));
  return own?.[1] ?? 'the object may be protected, or a directory role is needed too';
}

/** What an operation takes of apps and of people; without a path where the service names permissions itself. */
export type Needs = Pick<GraphOperation, 'application' | 'delegated'> & Partial<Pick<GraphOperation, 'path'>>;

/** Opens an operation for some properties or some objects only. */
function isLimited(name: string): boolean {
  return /\.(?:ReadBasic|OwnedBy|Selected)\b/.test(name);
}

/** Names what an operation needs: of the kind of caller where that is known, of both otherwise. */
function describeNeed({ application, delegated }: Needs, isPerson?: boolean): string {
  const [app, person] = [joined(application), joined(delegated)];
  if (app === '') return `${person} (only on behalf of a signed-in person; apps cannot do this)`;
  if (person === '') return `${app} (only as an app)`;
  if (isPerson !== undefined) return isPerson ? person : app;
  return app === person ? app : `${app} (on behalf of a person: ${person})`;
}

function joined({ least }: PermissionChoice): string {
  return least.join(' and ');
}

/** What is to be done about a missing permission. */
function grantHint(needed: string): string {
  return `Grant ${needed} to the app registration and consent again; Tenantry fetches a new token by itself.`;
}

function heldBy({ isPerson, scopes, roles }: TokenClaims): readonly string[] {
  return isPerson ? scopes : roles;
}

/** Names alone, and few: what a token holds was chosen by others. */
function describeHeld(claims: TokenClaims): string {
  const held = heldBy(claims);
  const kind = claims.isPerson ? 'scopes' : 'application permissions';
  if (held.length === 0) return `The token has no ${kind}.`;
  const more = held.length > mostHeld ? ` and ${held.length - mostHeld} more` : '';
  return `The token has ${quoteNames(held.slice(0, mostHeld))}${more}, which is not enough.`;
}

function whoGrants(instead: RequestInstead | undefined, { objectId = '' }: TokenClaims): string {
  const who = 'A Privileged Role Administrator or Global Administrator has to grant it';
  return instead === undefined
    ? `${who}.`
    : `${who}: what try answers is the body of POST /servicePrincipals/${objectId}/appRoleAssignments, which asks a person.`;
}

/**
 * The body of the grant of the missing permission to the app itself: all of it is known here but the object id of Microsoft
 * Graph in the tenant. Undefined where the token cannot read that.
 * https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments
 */
function readGrant(
  { operations, permission }: GraphCatalog,
  { least }: PermissionChoice,
  { objectId = '', roles }: TokenClaims,
): RequestInstead | undefined {
  const [missing] = least.filter((name) => !roles.includes(name));
  const role = missing === undefined ? undefined : permission(missing)?.appRoleId;
  const read = operations.find('GET', '/servicePrincipals/{id}');
  const mayRead = read !== undefined && isEnough(read.application, roles);
  if (role === undefined || !mayRead || !isGuid(objectId)) return undefined;
  return {
    api: 'graph',
    method: 'GET',
    path: `/servicePrincipals(appId='${graphAppId}')`,
    params: { $select: 'id' },
    project: `{principalId: '${objectId}', resourceId: id, appRoleId: '${role}'}`,
    isOther: true,
  };
}
