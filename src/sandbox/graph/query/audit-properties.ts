import type { FilterSupport } from './filterable-properties.ts';

/**
 * What the audit logs can be filtered by. Sources: "List signIns" and "List directoryAudits",
 * https://learn.microsoft.com/graph/api/signin-list, https://learn.microsoft.com/graph/api/directoryaudit-list.
 */
const equal: Readonly<Record<string, string>> = {
  signIn:
    'id appId clientAppUsed conditionalAccessStatus correlationId isInteractive resourceId riskLevelAggregated ' +
    'riskLevelDuringSignIn riskState servicePrincipalId servicePrincipalName status/errorCode userId resourceDisplayName',
  directoryAudit:
    'id category correlationId initiatedBy/app/appId initiatedBy/app/displayName initiatedBy/user/id loggedByService ' +
    'operationType result targetResources/any/id',
};

const equalOrStartsWith: Readonly<Record<string, string>> = {
  signIn:
    'appDisplayName deviceDetail/browser deviceDetail/operatingSystem ipAddress location/city location/countryOrRegion ' +
    'location/state userDisplayName userPrincipalName',
  directoryAudit:
    'activityDisplayName initiatedBy/user/displayName initiatedBy/user/userPrincipalName targetResources/any/displayName',
};

const time: Readonly<Record<string, string>> = { signIn: 'createdDateTime', directoryAudit: 'activityDateTime' };

/** Property that a log is ordered by, newest first. */
export function timePropertyOf(type: string): string | undefined {
  return time[type];
}

export function auditFilterSupport(type: string, path: string): FilterSupport | undefined {
  const isIn = (lists: Readonly<Record<string, string>>) =>
    lists[type]?.split(' ').some((one) => one.toLowerCase() === path.toLowerCase()) ?? false;
  if (isIn(time)) return { eq: 'D', startsWith: '-', range: 'D', isNull: '-' };
  if (isIn(equalOrStartsWith)) return { eq: 'D', startsWith: 'D', range: '-', isNull: '-' };
  return isIn(equal) ? { eq: 'D', startsWith: '-', range: '-', isNull: '-' } : undefined;
}
