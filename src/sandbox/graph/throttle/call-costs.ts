import type { ParsedGraphPath } from '../parsed-path.ts';

/** Cost by method and route; everything else costs 1. */
const baseCosts: Readonly<Record<string, number>> = {
  'GET /applications': 2,
  'GET /applications/{id}/extensionProperties': 2,
  'GET /contracts': 3,
  'POST /directoryObjects/getByIds': 5,
  'GET /domains/{id}/domainNameReferences': 4,
  'GET /groups/{id}/members': 3,
  'GET /groups/{id}/transitiveMembers': 5,
  'POST /users/{id}/checkMemberGroups': 4,
  'POST /users/{id}/checkMemberObjects': 4,
  'POST /users/{id}/getMemberGroups': 2,
  'POST /users/{id}/getMemberObjects': 2,
  'GET /users/{id}/licenseDetails': 2,
  'GET /users/{id}/memberOf': 2,
  'GET /users/{id}/ownedObjects': 2,
  'GET /users/{id}/transitiveMemberOf': 2,
  'GET /oauth2PermissionGrants': 2,
  'GET /oauth2PermissionGrants/{id}': 2,
  'GET /servicePrincipals/{id}/appRoleAssignments': 2,
  'GET /subscribedSkus': 3,
  'GET /users': 2,
};

/**
 * Resource units that a directory call costs. Source: "Microsoft Graph service-specific throttling limits", identity
 * and access, base costs and adjustments.
 */
export function resourceUnits(method: string, { template, query }: ParsedGraphPath): number {
  const route = `${method} ${template.replace(/^\/me(?=\/|$)/, '/users/{id}').replace(/\/\$(?:count|ref)$/, '')}`;
  if (route === 'POST /directoryObjects/getByIds' && query.has('$select')) return 2;
  const top = Number(query.get('$top') ?? Number.NaN);
  const adjustment = (query.has('$select') ? -1 : 0) + (query.has('$expand') ? 1 : 0) + (top < 20 ? -1 : 0);
  return Math.max(1, (baseCosts[route] ?? 1) + adjustment);
}

/** POSTs that read and do not count as writes. */
const readingPosts =
  'getByIds checkMemberGroups checkMemberObjects getMemberGroups getMemberObjects validateProperties'.split(' ');

/** Writes that a directory call costs. */
export function writeUnits(method: string, { operation }: ParsedGraphPath): number {
  if (method === 'GET' || method === 'HEAD') return 0;
  return operation && readingPosts.includes(operation) ? 0 : 1;
}

/**
 * Units that a call for files costs: 5 with permissions, 2 for lists and writes, 1 for one item and for downloads.
 * Source: "Avoid getting throttled or blocked in SharePoint Online".
 */
export function sharePointCost(method: string, { names, query, isCollection }: ParsedGraphPath): number {
  if (names.includes('permissions') || query.get('$expand')?.includes('permissions')) return 5;
  return method === 'GET' && !isCollection ? 1 : 2;
}
