import type { TypeMember } from '../catalog/packed-types.ts';
import type { TypeTable } from '../catalog/type-table.ts';

/** Names that say which object it is. */
const identifying = (
  'id displayName userPrincipalName name subject mail appId deviceName status createdDateTime ' +
  'activityDisplayName activityDateTime skuPartNumber consumedUnits'
).split(' ');

/** Properties that everyday questions are about, in whatever type. */
const telling = (
  'userType accountEnabled department jobTitle usageLocation assignedLicenses signInActivity lastPasswordChangeDateTime ' +
  'externalUserState employeeId companyName otherMails proxyAddresses groupTypes securityEnabled mailEnabled mailNickname ' +
  'membershipRule isAssignableToRole visibility expirationDateTime signInAudience passwordCredentials keyCredentials ' +
  'requiredResourceAccess servicePrincipalType appRoles operatingSystem operatingSystemVersion approximateLastSignInDateTime ' +
  'isCompliant isManaged trustType complianceState lastSyncDateTime appDisplayName ipAddress clientAppUsed ' +
  'conditionalAccessStatus state severity description lastModifiedDateTime deletedDateTime'
).split(' ');
const first = [...identifying, ...telling];

function isSimple({ type, isCollection }: TypeMember): boolean {
  return !isCollection && /^[a-z]+\d*$|^dateTime$|^timeOfDay$/.test(type);
}

function rank(member: TypeMember): number {
  const at = first.indexOf(member.name);
  if (at >= 0) return at;
  return first.length + (isSimple(member) ? 0 : 1) + (/^(?:onPremises|extension)/.test(member.name) ? 2 : 0);
}

/** Those that say most first. */
export function byUse(properties: readonly TypeMember[]): readonly TypeMember[] {
  return properties.toSorted((a, b) => rank(a) - rank(b));
}

/** `assignedLicense[]` */
export function typeText({ type, isCollection }: Pick<TypeMember, 'type' | 'isCollection'>): string {
  return isCollection ? `${type}[]` : type;
}

/** Names by type: `{"string": ["displayName"], "dateTime": ["createdDateTime"]}`. */
export function byType(members: readonly TypeMember[]): Readonly<Record<string, readonly string[]>> {
  const groups = new Map<string, string[]>();
  for (const member of members) {
    const type = typeText(member);
    groups.set(type, [...(groups.get(type) ?? []), member.name]);
  }
  return Object.fromEntries(groups);
}

/** A `$select` that shows what a list holds: up to five simple properties. Empty where the type has none. */
export function usefulSelect(types: TypeTable, type: string): string {
  const known = byUse(types.properties(type).filter(isSimple)).map(({ name }) => name);
  return known
    .filter((name) => identifying.includes(name))
    .slice(0, 5)
    .join(',');
}
