/**
 * Which properties of directory objects and of the audit logs can be filtered, and how. Source: "Advanced query capabilities on Microsoft
 * Entra ID objects", https://learn.microsoft.com/graph/aad-advanced-queries.
 *
 * Marks: D = by default and with advanced parameters, A = with advanced parameters only, O = only without them, - = not
 * at all. Columns: `eq` (also `in`), `startsWith`, `ge`/`le`, `eq null`. `ne` and `not` need advanced parameters wherever
 * `eq` works. `x/any` is a collection of texts, `x/any/y` a property of the elements of a collection.
 */
export type FilterMark = 'D' | 'A' | 'O' | '-';

export interface FilterSupport {
  readonly eq: FilterMark;
  readonly startsWith: FilterMark;
  readonly range: FilterMark;
  readonly isNull: FilterMark;
}

/** Table rows: `eq startsWith ge/le null` → the properties they apply to. */
type FilterTable = readonly (readonly [marks: string, properties: string])[];

const extensionAttributes = (base: string) =>
  Array.from({ length: 15 }, (_, index) => `${base}/extensionAttribute${index + 1}`).join(' ');

const tables: Readonly<Record<string, FilterTable>> = {
  user: [
    ['D - - -', 'id accountEnabled ageGroup consentProvidedForMinor creationType externalUserState isResourceAccount'],
    ['D - - -', 'onPremisesImmutableId assignedLicenses/any/skuId'],
    ['D - - -', 'cloudRealtimeCommunicationInfo/isSipEnabled onPremisesProvisioningErrors/any/category'],
    ['D - - -', 'onPremisesProvisioningErrors/any/propertyCausingError'],
    ['D D - -', 'userPrincipalName otherMails/any proxyAddresses/any imAddresses/any infoCatalogs/any'],
    ['D D - A', 'displayName givenName surname jobTitle department city country usageLocation mail mailNickname'],
    ['D - - A', 'employeeId state onPremisesSecurityIdentifier onPremisesSyncEnabled userType'],
    ['- - D A', 'createdDateTime'],
    ['- - D -', 'onPremisesLastSyncDateTime'],
    ['- - A -', 'employeeHireDate'],
    ['A - - -', 'assignedPlans/any/capabilityStatus assignedPlans/any/servicePlanId'],
    ['A A - -', 'assignedPlans/any/service provisionedPlans/any/service businessPhones/any'],
    ['A - - -', 'provisionedPlans/any/provisioningStatus'],
    [
      'A A - A',
      'companyName faxNumber mobilePhone officeLocation postalCode streetAddress onPremisesDistinguishedName',
    ],
    ['A A - A', extensionAttributes('onPremisesExtensionAttributes')],
    ['A A - -', 'onPremisesSamAccountName employeeOrgData/costCenter employeeOrgData/division'],
    ['A - - -', 'employeeType authorizationInfo/certificateUserIds/any createdObjects/any/id'],
    ['A - - -', 'onPremisesSipInfo/isSipEnabled'],
    ['A - - A', 'preferredLanguage passwordProfile/forceChangePasswordNextSignIn'],
    ['A - - A', 'passwordProfile/forceChangePasswordNextSignInWithMfa'],
    ['- - - A', 'passwordPolicies'],
    ['O - - O', 'identities/any/issuer identities/any/issuerAssignedId'],
    ['O - - -', 'isLicenseReconciliationNeeded'],
    // From the property's page, not from the table. It cannot be combined with other properties.
    ['D - D -', 'signInActivity/lastSignInDateTime signInActivity/lastNonInteractiveSignInDateTime'],
  ],
  group: [
    ['D D - A', 'displayName mail mailNickname'],
    ['D D - -', 'classification membershipRule uniqueName proxyAddresses/any infoCatalogs/any'],
    ['D - - -', 'id groupTypes/any isAssignableToRole mailEnabled securityEnabled membershipRuleProcessingState'],
    [
      'D - - -',
      'createdByAppId assignedLicenses/any/skuId resourceBehaviorOptions/any resourceProvisioningOptions/any',
    ],
    ['D - - -', 'onPremisesProvisioningErrors/any/category onPremisesProvisioningErrors/any/propertyCausingError'],
    ['D - - A', 'onPremisesSecurityIdentifier onPremisesSyncEnabled'],
    ['- - D -', 'renewedDateTime onPremisesLastSyncDateTime'],
    ['- - A -', 'expirationDateTime'],
    ['- - A A', 'createdDateTime'],
    ['A A - A', 'description'],
    ['A A - -', 'onPremisesSamAccountName'],
    ['A - - A', 'preferredLanguage'],
    // The table says "only without", but the sample on the list page sends the parameters. Both are accepted.
    ['D - - D', 'hasMembersWithLicenseErrors'],
  ],
  application: [
    ['D D - A', 'displayName'],
    ['D - - -', 'id appId disabledByMicrosoftStatus signInAudience'],
    ['D D - -', 'identifierUris/any publisherDomain tags/any uniqueName'],
    ['- - D A', 'createdDateTime'],
    ['A A - A', 'description notes serviceManagementReference verifiedPublisher/displayName web/homePageUrl'],
    ['A A - -', 'info/termsOfServiceUrl web/redirectUris/any spa/redirectUris/any publicClient/redirectUris/any'],
    ['A A - -', 'federatedIdentityCredentials/any/issuer federatedIdentityCredentials/any/name'],
    ['A A - -', 'federatedIdentityCredentials/any/subject'],
    ['A - - -', 'requiredResourceAccess/any/resourceAppId'],
    ['- - - A', 'info/logoUrl'],
  ],
  servicePrincipal: [
    ['D D - A', 'displayName'],
    ['D - - -', 'id accountEnabled appId applicationTemplateId claimsPolicy/id preferredSingleSignOnMode'],
    ['D - - -', 'remoteDesktopSecurityConfiguration/id servicePrincipalType'],
    ['D D - -', 'alternativeNames/any publisherName servicePrincipalNames/any tags/any'],
    ['- - D -', 'preferredTokenSigningKeyEndDateTime'],
    ['A - - -', 'appOwnerOrganizationId appRoleAssignmentRequired createdObjects/any/id'],
    ['A A - A', 'description homepage notes verifiedPublisher/displayName'],
    ['A A - -', 'info/termsOfServiceUrl federatedIdentityCredentials/any/issuer'],
    ['A A - -', 'federatedIdentityCredentials/any/name federatedIdentityCredentials/any/subject'],
    ['- - - A', 'info/logoUrl'],
  ],
  device: [
    ['D D - A', 'displayName'],
    ['D - - -', 'id accountEnabled deviceId isCompliant isManaged trustType profileType physicalIds/any'],
    ['D - - -', 'alternativeSecurityIds/any/type'],
    ['D D - -', 'hostnames/any operatingSystem operatingSystemVersion'],
    ['D - - A', 'mdmAppId onPremisesSecurityIdentifier onPremisesSyncEnabled'],
    ['- - D A', 'approximateLastSignInDateTime'],
    ['- - A A', 'registrationDateTime'],
    ['- - D -', 'onPremisesLastSyncDateTime'],
    ['A A - A', 'deviceCategory enrollmentProfileName manufacturer model'],
    ['A A - A', extensionAttributes('extensionAttributes')],
    ['A - - A', 'deviceOwnership isRooted managementType'],
    ['A A - -', 'alternativeSecurityIds/any/identityProvider'],
  ],
  administrativeUnit: [
    ['D D - A', 'displayName'],
    ['A A - A', 'description'],
    ['D D - -', 'membershipRule'],
    ['D - - -', 'id membershipRuleProcessingState isMemberManagementRestricted'],
  ],
  orgContact: [
    ['D D - A', 'department displayName givenName jobTitle mail mailNickname surname'],
    ['A A - A', 'companyName'],
    ['D - - -', 'id manager/id onPremisesProvisioningErrors/any/category'],
    ['D - - -', 'onPremisesProvisioningErrors/any/propertyCausingError'],
    ['D D - -', 'proxyAddresses/any'],
    ['D - - A', 'onPremisesSyncEnabled'],
    ['- - D -', 'onPremisesLastSyncDateTime'],
  ],
  directoryRole: [
    ['D A - A', 'displayName'],
    ['A A - A', 'description'],
    ['D - - -', 'id roleTemplateId'],
  ],
  // The audit logs. Sources: "List signIns" and "List directoryAudits",
  // https://learn.microsoft.com/graph/api/signin-list, https://learn.microsoft.com/graph/api/directoryaudit-list.
  signIn: [
    ['D - - -', 'id appId clientAppUsed conditionalAccessStatus correlationId isInteractive resourceId userId'],
    ['D - - -', 'riskLevelAggregated riskLevelDuringSignIn riskState servicePrincipalId servicePrincipalName'],
    ['D - - -', 'status/errorCode resourceDisplayName'],
    ['D D - -', 'appDisplayName deviceDetail/browser deviceDetail/operatingSystem ipAddress location/city'],
    ['D D - -', 'location/countryOrRegion location/state userDisplayName userPrincipalName'],
    ['D - D -', 'createdDateTime'],
  ],
  directoryAudit: [
    ['D - - -', 'id category correlationId initiatedBy/app/appId initiatedBy/app/displayName initiatedBy/user/id'],
    ['D - - -', 'loggedByService operationType result targetResources/any/id'],
    ['D D - -', 'activityDisplayName initiatedBy/user/displayName initiatedBy/user/userPrincipalName'],
    ['D D - -', 'targetResources/any/displayName'],
    ['D - D -', 'activityDateTime'],
  ],
  appRoleAssignment: [['D - - -', 'id appRoleId principalId resourceId principalType']],
  oAuth2PermissionGrant: [['D - - -', 'id clientId consentType principalId resourceId scope']],
};

/** Sort property of the audit logs, newest first. */
const timeProperties: Readonly<Record<string, string>> = {
  signIn: 'createdDateTime',
  directoryAudit: 'activityDateTime',
};

export function timePropertyOf(type: string): string | undefined {
  return timeProperties[type];
}

/** Collections whose count can be compared with 0 (advanced). */
const countable: Readonly<Record<string, string>> = {
  user: 'assignedLicenses otherMails proxyAddresses onPremisesProvisioningErrors ownedObjects',
  group: 'assignedLicenses onPremisesProvisioningErrors proxyAddresses owners',
  application: 'extensionProperties federatedIdentityCredentials owners',
  servicePrincipal: 'federatedIdentityCredentials owners',
  device: 'physicalIds systemLabels',
  orgContact: 'proxyAddresses onPremisesProvisioningErrors',
};

/** Of these, the ones that can also be compared with 1. */
const countableToOne: readonly string[] = ['ownedObjects', 'owners'];

const endsWithProperties: readonly string[] = ['mail', 'otherMails/any', 'userPrincipalName', 'proxyAddresses/any'];

const supportByType: ReadonlyMap<string, ReadonlyMap<string, FilterSupport>> = new Map(
  Object.entries(tables).map(([type, table]) => [type, readTable(table)]),
);

function readTable(table: FilterTable): ReadonlyMap<string, FilterSupport> {
  const support = new Map<string, FilterSupport>();
  for (const [marks, properties] of table) {
    const [eq, startsWith, range, isNull] = marks.split(' ').map(readMark);
    const row = { eq: eq ?? '-', startsWith: startsWith ?? '-', range: range ?? '-', isNull: isNull ?? '-' };
    for (const property of properties.split(' ')) support.set(property.toLowerCase(), row);
  }
  return support;
}

function readMark(text: string): FilterMark {
  return text === 'D' || text === 'A' || text === 'O' ? text : '-';
}

/** Directory extensions of applications: `eq` by default, the others with advanced parameters. */
const extensionSupport: FilterSupport = { eq: 'D', startsWith: 'A', range: '-', isNull: 'A' };

const schemaExtensionSupport: FilterSupport = { eq: 'A', startsWith: 'A', range: '-', isNull: 'A' };

/** How a property of a type can be filtered; `path` as in the tables. Undefined if it cannot. */
export function filterSupportOf(type: string, path: string): FilterSupport | undefined {
  const support = supportByType.get(type)?.get(path.toLowerCase());
  if (support || type in timeProperties) return support;
  if (/^extension_[0-9a-f]{32}_\w+$/i.test(path)) return extensionSupport;
  return /^ext[a-z0-9]{8}_\w+\/\w+$/i.test(path) ? schemaExtensionSupport : undefined;
}

/** Whether a type supports `x/$count eq n`. */
export function isCountable(type: string, collection: string, wanted: number): boolean {
  const names = countable[type]?.toLowerCase().split(' ') ?? [];
  if (!names.includes(collection.toLowerCase())) return false;
  return (
    wanted === 0 || (wanted === 1 && countableToOne.some((name) => name.toLowerCase() === collection.toLowerCase()))
  );
}

export function hasEndsWith(path: string): boolean {
  return endsWithProperties.some((property) => property.toLowerCase() === path.toLowerCase());
}
