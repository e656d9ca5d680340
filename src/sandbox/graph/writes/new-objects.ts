import type { Entity } from '../../base/entity-store.ts';
import { namesOf } from '../../base/names.ts';

type Properties = Readonly<Record<string, unknown>>;

/**
 * Objects as the service creates them: the given properties over the defaults of their type. Source: "Create user",
 * "Create group", "Create application", "Create servicePrincipal" of the Microsoft Graph v1.0 reference.
 *
 * In the tables `name` is null and `name[]` is an empty list. Order is that of the answers.
 */
function emptyOf(names: string): Properties {
  return Object.fromEntries(
    namesOf(names).map((name) => (name.endsWith('[]') ? [name.slice(0, -2), []] : [name, null])),
  );
}

const userDefaults = emptyOf(`
  deletedDateTime accountEnabled ageGroup assignedLicenses[] assignedPlans[] businessPhones[] city companyName
  consentProvidedForMinor country creationType department employeeHireDate employeeId employeeLeaveDateTime
  employeeOrgData employeeType externalUserState externalUserStateChangeDateTime faxNumber givenName identities
  imAddresses[] isLicenseReconciliationNeeded isResourceAccount jobTitle legalAgeGroupClassification
  licenseAssignmentStates[] mail mobilePhone officeLocation onPremisesDistinguishedName onPremisesDomainName
  onPremisesExtensionAttributes onPremisesImmutableId onPremisesLastSyncDateTime onPremisesProvisioningErrors[]
  onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails[]
  passwordPolicies postalCode preferredDataLocation preferredLanguage provisionedPlans[] proxyAddresses[]
  showInAddressList state streetAddress surname usageLocation userType`);

export function newUser(given: Properties & { readonly id: string }): Entity {
  const upn = typeof given['userPrincipalName'] === 'string' ? given['userPrincipalName'] : '';
  return {
    ...userDefaults,
    accountEnabled: true,
    identities: [{ signInType: 'userPrincipalName', issuer: upn.split('@')[1] ?? null, issuerAssignedId: upn }],
    isLicenseReconciliationNeeded: false,
    userType: 'Member',
    ...given,
  };
}

const groupDefaults = emptyOf(`
  deletedDateTime assignedLabels[] assignedLicenses[] classification createdByAppId creationOptions[] description
  expirationDateTime groupTypes[] hasMembersWithLicenseErrors infoCatalogs[] isAssignableToRole isManagementRestricted
  licenseProcessingState mail mailEnabled membershipRule membershipRuleProcessingState onPremisesDomainName
  onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors[] onPremisesSamAccountName
  onPremisesSecurityIdentifier onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses[]
  resourceBehaviorOptions[] resourceProvisioningOptions[] securityEnabled serviceProvisioningErrors[] theme uniqueName
  visibility`);

export function newGroup(given: Properties & { readonly id: string }): Entity {
  return {
    ...groupDefaults,
    mailEnabled: false,
    securityEnabled: true,
    ...given,
  };
}

const deviceDefaults = emptyOf(`
  deletedDateTime accountEnabled alternativeSecurityIds[] approximateLastSignInDateTime complianceExpirationDateTime
  deviceCategory deviceMetadata deviceOwnership deviceVersion enrollmentProfileName extensionAttributes isCompliant
  isManaged isRooted managementType manufacturer mdmAppId model onPremisesLastSyncDateTime
  onPremisesSecurityIdentifier onPremisesSyncEnabled physicalIds[] profileType registrationDateTime systemLabels[]
  trustType`);

export function newDevice(given: Properties & { readonly id: string }): Entity {
  return {
    ...deviceDefaults,
    accountEnabled: true,
    profileType: 'RegisteredDevice',
    ...given,
  };
}

const applicationDefaults = emptyOf(`
  deletedDateTime addIns[] api appRoles[] applicationTemplateId certification defaultRedirectUri description
  disabledByMicrosoftStatus groupMembershipClaims identifierUris[] info isDeviceOnlyAuthSupported
  isFallbackPublicClient keyCredentials[] nativeAuthenticationApisEnabled notes optionalClaims parentalControlSettings
  passwordCredentials[] publicClient requestSignatureVerification requiredResourceAccess[] samlMetadataUrl
  serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags[] tokenEncryptionKeyId
  uniqueName verifiedPublisher web`);

export function newApplication(given: Properties & { readonly id: string; readonly appId: string }): Entity {
  return {
    ...applicationDefaults,
    api: {
      acceptMappedClaims: null,
      knownClientApplications: [],
      requestedAccessTokenVersion: null,
      oauth2PermissionScopes: [],
      preAuthorizedApplications: [],
    },
    info: { logoUrl: null, marketingUrl: null, privacyStatementUrl: null, supportUrl: null, termsOfServiceUrl: null },
    parentalControlSettings: { countriesBlockedForMinors: [], legalAgeGroupRule: 'Allow' },
    publicClient: { redirectUris: [] },
    signInAudience: 'AzureADMyOrg',
    spa: { redirectUris: [] },
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
    web: {
      homePageUrl: null,
      logoutUrl: null,
      redirectUris: [],
      implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
      redirectUriSettings: [],
    },
    ...given,
  };
}

const servicePrincipalDefaults = emptyOf(`
  deletedDateTime accountEnabled addIns[] alternativeNames[] appDescription appDisplayName appOwnerOrganizationId
  appRoleAssignmentRequired appRoles[] applicationTemplateId description disabledByMicrosoftStatus homepage info
  keyCredentials[] loginUrl logoutUrl notes notificationEmailAddresses[] oauth2PermissionScopes[]
  passwordCredentials[] preferredSingleSignOnMode preferredTokenSigningKeyThumbprint replyUrls[]
  resourceSpecificApplicationPermissions[] samlSingleSignOnSettings servicePrincipalNames servicePrincipalType
  signInAudience tags[] tokenEncryptionKeyId verifiedPublisher`);

export function newServicePrincipal(given: Properties & { readonly id: string; readonly appId: string }): Entity {
  return {
    ...servicePrincipalDefaults,
    accountEnabled: true,
    appDisplayName: given['displayName'] ?? null,
    appRoleAssignmentRequired: false,
    info: { logoUrl: null, marketingUrl: null, privacyStatementUrl: null, supportUrl: null, termsOfServiceUrl: null },
    servicePrincipalNames: [given.appId],
    servicePrincipalType: 'Application',
    signInAudience: 'AzureADMyOrg',
    verifiedPublisher: { displayName: null, verifiedPublisherId: null, addedDateTime: null },
    ...given,
  };
}
