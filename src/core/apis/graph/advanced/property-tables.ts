import type { DirectoryType } from './directory-path.ts';

/**
 * How a filter on a property is served.
 *
 * - `D`: by default, and as an advanced query.
 * - `A`: only as an advanced query (`ConsistencyLevel: eventual` and `$count=true`).
 * - `O`: only without the advanced parameters.
 */
export type Support = 'D' | 'A' | 'O';

/**
 * Properties with the same support. A missing column is not supported at all; `ne` and `not` are always
 * advanced. Names are paths: `assignedLicenses/any/skuId` is `assignedLicenses/any(x:x/skuId …)`.
 */
export interface PropertyRow {
  readonly properties: readonly string[];
  /** `eq` and `in`. */
  readonly eq?: Support;
  readonly startsWith?: Support;
  /** `ge`, `le`, `gt`, `lt`. */
  readonly range?: Support;
  /** `eq null`. */
  readonly null?: Support;
}

/** What is known about filtering and sorting one type of directory object. */
export interface PropertyTable {
  readonly rows: readonly PropertyRow[];
  /** Properties that `$orderby` takes without advanced parameters. */
  readonly defaultOrderBy: readonly string[];
}

/**
 * Every property table. Types without one have no documented filters; nothing is assumed about them.
 * Source: https://learn.microsoft.com/graph/aad-advanced-queries
 */
export const propertyTables: Readonly<Partial<Record<DirectoryType, PropertyTable>>> = {
  user: {
    rows: [
      {
        eq: 'D',
        properties: [
          'accountEnabled',
          'ageGroup',
          'consentProvidedForMinor',
          'creationType',
          'externalUserState',
          'isResourceAccount',
          'onPremisesImmutableId',
          'assignedLicenses/any/skuId',
          'cloudRealtimeCommunicationInfo/isSipEnabled',
          'onPremisesProvisioningErrors/any/category',
          'onPremisesProvisioningErrors/any/propertyCausingError',
        ],
      },
      { eq: 'D', startsWith: 'D', properties: ['userPrincipalName'] },
      {
        eq: 'D',
        startsWith: 'D',
        null: 'A',
        properties: [
          'displayName',
          'givenName',
          'surname',
          'jobTitle',
          'department',
          'city',
          'country',
          'usageLocation',
          'mail',
          'mailNickname',
        ],
      },
      {
        eq: 'D',
        startsWith: 'D',
        properties: ['otherMails/any', 'proxyAddresses/any', 'imAddresses/any', 'infoCatalogs/any'],
      },
      {
        eq: 'D',
        null: 'A',
        properties: ['employeeId', 'state', 'onPremisesSecurityIdentifier', 'onPremisesSyncEnabled', 'userType'],
      },
      { range: 'D', null: 'A', properties: ['createdDateTime'] },
      { range: 'D', properties: ['onPremisesLastSyncDateTime'] },
      { range: 'A', properties: ['employeeHireDate'] },
      {
        eq: 'A',
        properties: [
          'assignedPlans/any/capabilityStatus',
          'assignedPlans/any/servicePlanId',
          'provisionedPlans/any/provisioningStatus',
          'employeeType',
          'authorizationInfo/certificateUserIds/any',
          'createdObjects/any/id',
          'onPremisesSipInfo/isSipEnabled',
        ],
      },
      {
        eq: 'A',
        startsWith: 'A',
        properties: [
          'assignedPlans/any/service',
          'provisionedPlans/any/service',
          'businessPhones/any',
          'onPremisesSamAccountName',
          'employeeOrgData/costCenter',
          'employeeOrgData/division',
        ],
      },
      {
        eq: 'A',
        startsWith: 'A',
        null: 'A',
        properties: [
          'companyName',
          'faxNumber',
          'mobilePhone',
          'officeLocation',
          'postalCode',
          'streetAddress',
          'onPremisesDistinguishedName',
          ...numberedExtensions('onPremisesExtensionAttributes'),
        ],
      },
      {
        eq: 'A',
        null: 'A',
        properties: [
          'preferredLanguage',
          'passwordProfile/forceChangePasswordNextSignIn',
          'passwordProfile/forceChangePasswordNextSignInWithMfa',
        ],
      },
      { null: 'A', properties: ['passwordPolicies'] },
      { eq: 'O', null: 'O', properties: ['identities/any/issuer', 'identities/any/issuerAssignedId'] },
      { eq: 'O', properties: ['isLicenseReconciliationNeeded'] },
    ],
    defaultOrderBy: ['displayName', 'userPrincipalName'],
  },
  group: {
    rows: [
      { eq: 'D', startsWith: 'D', null: 'A', properties: ['displayName', 'mail', 'mailNickname'] },
      {
        eq: 'D',
        startsWith: 'D',
        properties: ['classification', 'membershipRule', 'uniqueName', 'proxyAddresses/any', 'infoCatalogs/any'],
      },
      {
        eq: 'D',
        properties: [
          'groupTypes/any',
          'isAssignableToRole',
          'mailEnabled',
          'securityEnabled',
          'membershipRuleProcessingState',
          'createdByAppId',
          'assignedLicenses/any/skuId',
          'resourceBehaviorOptions/any',
          'resourceProvisioningOptions/any',
          'onPremisesProvisioningErrors/any/category',
          'onPremisesProvisioningErrors/any/propertyCausingError',
        ],
      },
      { eq: 'D', null: 'A', properties: ['onPremisesSecurityIdentifier', 'onPremisesSyncEnabled'] },
      { range: 'D', properties: ['renewedDateTime', 'onPremisesLastSyncDateTime'] },
      { range: 'A', properties: ['expirationDateTime'] },
      { range: 'A', null: 'A', properties: ['createdDateTime'] },
      { eq: 'A', startsWith: 'A', null: 'A', properties: ['description'] },
      { eq: 'A', startsWith: 'A', properties: ['onPremisesSamAccountName'] },
      { eq: 'A', null: 'A', properties: ['preferredLanguage'] },
      { eq: 'O', null: 'O', properties: ['hasMembersWithLicenseErrors'] },
    ],
    defaultOrderBy: ['displayName'],
  },
  application: {
    rows: [
      { eq: 'D', startsWith: 'D', null: 'A', properties: ['displayName'] },
      { eq: 'D', properties: ['appId', 'disabledByMicrosoftStatus', 'signInAudience'] },
      { eq: 'D', startsWith: 'D', properties: ['identifierUris/any', 'publisherDomain', 'tags/any', 'uniqueName'] },
      { range: 'D', null: 'A', properties: ['createdDateTime'] },
      {
        eq: 'A',
        startsWith: 'A',
        null: 'A',
        properties: [
          'description',
          'notes',
          'serviceManagementReference',
          'verifiedPublisher/displayName',
          'web/homePageUrl',
        ],
      },
      {
        eq: 'A',
        startsWith: 'A',
        properties: [
          'info/termsOfServiceUrl',
          'web/redirectUris/any',
          'spa/redirectUris/any',
          'publicClient/redirectUris/any',
          'federatedIdentityCredentials/any/issuer',
          'federatedIdentityCredentials/any/name',
          'federatedIdentityCredentials/any/subject',
        ],
      },
      { eq: 'A', properties: ['requiredResourceAccess/any/resourceAppId'] },
      { null: 'A', properties: ['info/logoUrl'] },
    ],
    defaultOrderBy: [],
  },
  servicePrincipal: {
    rows: [
      { eq: 'D', startsWith: 'D', null: 'A', properties: ['displayName'] },
      {
        eq: 'D',
        properties: [
          'accountEnabled',
          'appId',
          'applicationTemplateId',
          'claimsPolicy/id',
          'preferredSingleSignOnMode',
          'remoteDesktopSecurityConfiguration/id',
          'servicePrincipalType',
        ],
      },
      {
        eq: 'D',
        startsWith: 'D',
        properties: ['alternativeNames/any', 'publisherName', 'servicePrincipalNames/any', 'tags/any'],
      },
      { range: 'D', properties: ['preferredTokenSigningKeyEndDateTime'] },
      { eq: 'A', properties: ['appOwnerOrganizationId', 'appRoleAssignmentRequired', 'createdObjects/any/id'] },
      {
        eq: 'A',
        startsWith: 'A',
        null: 'A',
        properties: ['description', 'homepage', 'notes', 'verifiedPublisher/displayName'],
      },
      {
        eq: 'A',
        startsWith: 'A',
        properties: [
          'info/termsOfServiceUrl',
          'federatedIdentityCredentials/any/issuer',
          'federatedIdentityCredentials/any/name',
          'federatedIdentityCredentials/any/subject',
        ],
      },
      { null: 'A', properties: ['info/logoUrl'] },
    ],
    defaultOrderBy: [],
  },
  device: {
    rows: [
      { eq: 'D', startsWith: 'D', null: 'A', properties: ['displayName'] },
      {
        eq: 'D',
        properties: [
          'accountEnabled',
          'deviceId',
          'isCompliant',
          'isManaged',
          'trustType',
          'profileType',
          'physicalIds/any',
          'alternativeSecurityIds/any/type',
        ],
      },
      { eq: 'D', startsWith: 'D', properties: ['hostnames/any', 'operatingSystem', 'operatingSystemVersion'] },
      { eq: 'D', null: 'A', properties: ['mdmAppId', 'onPremisesSecurityIdentifier', 'onPremisesSyncEnabled'] },
      { range: 'D', null: 'A', properties: ['approximateLastSignInDateTime'] },
      { range: 'A', null: 'A', properties: ['registrationDateTime'] },
      { range: 'D', properties: ['onPremisesLastSyncDateTime'] },
      {
        eq: 'A',
        startsWith: 'A',
        null: 'A',
        properties: [
          'deviceCategory',
          'enrollmentProfileName',
          'manufacturer',
          'model',
          ...numberedExtensions('extensionAttributes'),
        ],
      },
      { eq: 'A', null: 'A', properties: ['deviceOwnership', 'isRooted', 'managementType'] },
      { eq: 'A', startsWith: 'A', properties: ['alternativeSecurityIds/any/identityProvider'] },
    ],
    defaultOrderBy: [],
  },
  administrativeUnit: {
    rows: [
      { eq: 'D', startsWith: 'D', null: 'A', properties: ['displayName'] },
      { eq: 'A', startsWith: 'A', null: 'A', properties: ['description'] },
      { eq: 'D', startsWith: 'D', properties: ['membershipRule'] },
      { eq: 'D', properties: ['membershipRuleProcessingState', 'isMemberManagementRestricted'] },
    ],
    defaultOrderBy: [],
  },
  orgContact: {
    rows: [
      {
        eq: 'D',
        startsWith: 'D',
        null: 'A',
        properties: ['department', 'displayName', 'givenName', 'jobTitle', 'mail', 'mailNickname', 'surname'],
      },
      { eq: 'A', startsWith: 'A', null: 'A', properties: ['companyName'] },
      {
        eq: 'D',
        properties: [
          'manager/id',
          'onPremisesProvisioningErrors/any/category',
          'onPremisesProvisioningErrors/any/propertyCausingError',
        ],
      },
      { eq: 'D', startsWith: 'D', properties: ['proxyAddresses/any'] },
      { eq: 'D', null: 'A', properties: ['onPremisesSyncEnabled'] },
      { range: 'D', properties: ['onPremisesLastSyncDateTime'] },
    ],
    defaultOrderBy: [],
  },
  directoryRole: {
    rows: [
      { eq: 'D', startsWith: 'A', null: 'A', properties: ['displayName'] },
      { eq: 'A', startsWith: 'A', null: 'A', properties: ['description'] },
      { eq: 'D', properties: ['roleTemplateId'] },
    ],
    defaultOrderBy: [],
  },
  contract: {
    rows: [
      { eq: 'D', properties: ['customerId'] },
      { eq: 'D', startsWith: 'D', properties: ['defaultDomainName', 'displayName'] },
    ],
    defaultOrderBy: [],
  },
};

/** `extensionAttribute1` to `15` below a complex property. */
function numberedExtensions(parent: string): string[] {
  return Array.from({ length: 15 }, (_, index) => `${parent}/extensionAttribute${index + 1}`);
}
