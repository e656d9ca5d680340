import { namesOf } from '../../base/names.ts';
import { modelTypes } from './navigation.ts';

/** The form of a property's value in `$filter` and in bodies. */
export type PropertyKind = 'string' | 'boolean' | 'date' | 'guid' | 'number' | 'strings' | 'complex' | 'complexes';

/**
 * Structural properties of the emulated types, by kind. Source: Microsoft Graph metadata (`$metadata`, v1.0). Enums are
 * listed as strings, because they are filtered like strings. `id` belongs to every type, `deletedDateTime` to every
 * directory object.
 */
const propertyLists: Readonly<Record<string, Readonly<Partial<Record<PropertyKind, string>>>>> = {
  user: {
    string: `
      aboutMe ageGroup city companyName consentProvidedForMinor country creationType department displayName
      employeeId employeeType externalUserState faxNumber givenName identityParentId jobTitle
      legalAgeGroupClassification mail mailNickname mobilePhone mySite officeLocation onPremisesDistinguishedName
      onPremisesDomainName onPremisesImmutableId onPremisesSamAccountName onPremisesSecurityIdentifier
      onPremisesUserPrincipalName passwordPolicies postalCode preferredDataLocation preferredLanguage preferredName
      securityIdentifier state streetAddress surname usageLocation userPrincipalName userType`,
    boolean: 'accountEnabled isManagementRestricted isResourceAccount onPremisesSyncEnabled showInAddressList',
    date: `
      birthday createdDateTime employeeHireDate employeeLeaveDateTime externalUserStateChangeDateTime hireDate
      lastPasswordChangeDateTime onPremisesLastSyncDateTime signInSessionsValidFromDateTime`,
    number: 'deviceEnrollmentLimit',
    strings: `
      businessPhones imAddresses interests otherMails pastProjects proxyAddresses responsibilities schools skills`,
    complex: `
      authorizationInfo customSecurityAttributes employeeOrgData mailboxSettings onPremisesExtensionAttributes
      passwordProfile print signInActivity`,
    complexes: `
      assignedLicenses assignedPlans identities licenseAssignmentStates onPremisesProvisioningErrors
      provisionedPlans serviceProvisioningErrors`,
  },
  group: {
    string: `
      accessType classification description displayName mail mailNickname membershipRule
      membershipRuleProcessingState onPremisesDomainName onPremisesNetBiosName onPremisesSamAccountName
      onPremisesSecurityIdentifier organizationId preferredDataLocation preferredLanguage securityIdentifier theme
      uniqueName visibility`,
    boolean: `
      allowExternalSenders autoSubscribeNewMembers hasMembersWithLicenseErrors hideFromAddressLists
      hideFromOutlookClients isArchived isAssignableToRole isFavorite isManagementRestricted isSubscribedByMail
      mailEnabled onPremisesSyncEnabled securityEnabled welcomeMessageEnabled`,
    date: 'createdDateTime expirationDateTime onPremisesLastSyncDateTime renewedDateTime',
    number: 'unseenConversationsCount unseenCount unseenMessagesCount',
    strings: 'groupTypes infoCatalogs proxyAddresses resourceBehaviorOptions resourceProvisioningOptions',
    complex: 'licenseProcessingState onPremisesExtensionAttributes',
    complexes: 'assignedLabels assignedLicenses onPremisesProvisioningErrors serviceProvisioningErrors',
  },
  device: {
    string: `
      deviceCategory deviceId deviceMetadata deviceOwnership displayName enrollmentProfileName enrollmentType
      managementType manufacturer mdmAppId model onPremisesSecurityIdentifier operatingSystem operatingSystemVersion
      profileType trustType`,
    boolean: 'accountEnabled isCompliant isManaged isManagementRestricted isRooted onPremisesSyncEnabled',
    date: `
      approximateLastSignInDateTime complianceExpirationDateTime onPremisesLastSyncDateTime registrationDateTime`,
    number: 'deviceVersion',
    strings: 'physicalIds systemLabels',
    complexes: 'alternativeSecurityIds',
  },
  application: {
    string: `
      appId applicationTemplateId createdByAppId defaultRedirectUri description disabledByMicrosoftStatus
      displayName groupMembershipClaims nativeAuthenticationApisEnabled notes publisherDomain samlMetadataUrl
      serviceManagementReference signInAudience uniqueName`,
    boolean: 'isDeviceOnlyAuthSupported isDisabled isFallbackPublicClient oauth2RequirePostResponse',
    date: 'createdDateTime',
    guid: 'tokenEncryptionKeyId',
    strings: 'identifierUris managerApplications tags',
    complex: `
      api authenticationBehaviors certification info optionalClaims parentalControlSettings publicClient
      requestSignatureVerification servicePrincipalLockConfiguration spa verifiedPublisher web`,
    complexes: 'addIns appRoles keyCredentials passwordCredentials requiredResourceAccess',
  },
  servicePrincipal: {
    string: `
      appDescription appDisplayName appId applicationTemplateId createdByAppId description disabledByMicrosoftStatus
      displayName homepage loginUrl logoutUrl notes preferredSingleSignOnMode preferredTokenSigningKeyThumbprint
      servicePrincipalType signInAudience publisherName`,
    boolean: 'accountEnabled appRoleAssignmentRequired isDisabled',
    guid: 'appOwnerOrganizationId tokenEncryptionKeyId',
    strings: 'alternativeNames notificationEmailAddresses replyUrls servicePrincipalNames tags',
    complex: 'customSecurityAttributes info samlSingleSignOnSettings verifiedPublisher',
    complexes: `
      addIns appRoles keyCredentials oauth2PermissionScopes passwordCredentials
      resourceSpecificApplicationPermissions`,
    date: 'createdDateTime',
  },
  directoryRole: {
    string: 'description displayName roleTemplateId',
  },
  administrativeUnit: {
    string: 'description displayName membershipRule membershipRuleProcessingState membershipType visibility',
    boolean: 'isMemberManagementRestricted',
  },
  orgContact: {
    string: 'companyName department displayName givenName jobTitle mail mailNickname surname',
    boolean: 'onPremisesSyncEnabled',
    date: 'onPremisesLastSyncDateTime',
    strings: 'proxyAddresses',
    complexes: 'addresses onPremisesProvisioningErrors phones serviceProvisioningErrors',
  },
  organization: {
    string: `
      city country countryLetterCode defaultUsageLocation displayName mobileDeviceManagementAuthority
      partnerTenantType postalCode preferredLanguage state street tenantType`,
    boolean: 'onPremisesSyncEnabled',
    date: 'createdDateTime onPremisesLastSyncDateTime',
    strings: `
      businessPhones marketingNotificationEmails securityComplianceNotificationMails
      securityComplianceNotificationPhones technicalNotificationMails`,
    complex: 'privacyProfile',
    complexes: 'assignedPlans provisionedPlans verifiedDomains',
  },
  domain: {
    string: 'authenticationType availabilityStatus manufacturer model',
    boolean: 'isAdminManaged isDefault isInitial isRoot isVerified',
    number: 'passwordNotificationWindowInDays passwordValidityPeriodInDays',
    strings: 'supportedServices',
    complex: 'state',
  },
  subscribedSku: {
    string: 'accountId accountName appliesTo capabilityStatus skuPartNumber',
    guid: 'skuId',
    number: 'consumedUnits',
    strings: 'subscriptionIds',
    complex: 'prepaidUnits',
    complexes: 'servicePlans',
  },
  licenseDetails: {
    string: 'skuPartNumber',
    guid: 'skuId',
    complexes: 'servicePlans',
  },
  unifiedRoleDefinition: {
    string: 'description displayName templateId version',
    boolean: 'isBuiltIn isEnabled',
    strings: 'resourceScopes',
    complexes: 'rolePermissions',
  },
  unifiedRoleAssignment: {
    string: 'appScopeId condition directoryScopeId principalId roleDefinitionId',
  },
  unifiedRoleAssignmentScheduleInstance: {
    string: `
      appScopeId assignmentType directoryScopeId memberType principalId roleAssignmentOriginId roleAssignmentScheduleId
      roleDefinitionId`,
    date: 'endDateTime startDateTime',
  },
  unifiedRoleEligibilityScheduleInstance: {
    string: 'appScopeId directoryScopeId memberType principalId roleDefinitionId roleEligibilityScheduleId',
    date: 'endDateTime startDateTime',
  },
  profilePhoto: {
    number: 'height width',
  },
  oAuth2PermissionGrant: {
    string: 'clientId consentType principalId resourceId scope',
  },
  appRoleAssignment: {
    string: 'principalDisplayName principalType resourceDisplayName',
    date: 'createdDateTime',
    guid: 'appRoleId principalId resourceId',
  },
  federatedIdentityCredential: {
    string: 'description issuer name subject',
    strings: 'audiences',
  },
  signIn: {
    string: `
      appDisplayName appId clientAppUsed conditionalAccessStatus correlationId homeTenantId ipAddress
      resourceDisplayName resourceId resourceTenantId riskDetail riskLevelAggregated riskLevelDuringSignIn riskState
      servicePrincipalId servicePrincipalName userAgent userDisplayName userId userPrincipalName`,
    boolean: 'isInteractive',
    date: 'createdDateTime',
    strings: 'riskEventTypes riskEventTypes_v2',
    complex: 'authenticationAppDeviceDetails deviceDetail location status',
    complexes: 'appliedConditionalAccessPolicies',
  },
  userRegistrationDetails: {
    string: 'userDisplayName userPreferredMethodForSecondaryAuthentication userPrincipalName userType',
    boolean: `
      isAdmin isMfaCapable isMfaRegistered isPasswordlessCapable isSsprCapable isSsprEnabled isSsprRegistered
      isSystemPreferredAuthenticationMethodEnabled`,
    date: 'lastUpdatedDateTime',
    strings: 'methodsRegistered systemPreferredAuthenticationMethods',
  },
  directoryAudit: {
    string: 'activityDisplayName category correlationId loggedByService operationType result resultReason',
    date: 'activityDateTime',
    complex: 'initiatedBy',
    complexes: 'additionalDetails targetResources',
  },
  invitation: {
    string: `
      invitedUserDisplayName invitedUserEmailAddress invitedUserType inviteRedeemUrl inviteRedirectUrl status`,
    boolean: 'resetRedemption sendInvitationMessage',
    complex: 'invitedUserMessageInfo',
  },
  driveItem: {
    string: 'cTag description eTag name webDavUrl webUrl',
    date: 'createdDateTime lastModifiedDateTime',
    number: 'size',
    complex: `
      audio bundle createdBy deleted file fileSystemInfo folder image lastModifiedBy location malware package
      parentReference pendingOperations photo publication remoteItem root searchResult shared sharepointIds
      specialFolder video`,
  },
  drive: {
    string: 'description driveType name webUrl',
    date: 'createdDateTime lastModifiedDateTime',
    complex: 'createdBy lastModifiedBy owner quota sharePointIds system',
  },
  mailFolder: {
    string: 'displayName parentFolderId',
    boolean: 'isHidden',
    number: 'childFolderCount totalItemCount unreadItemCount',
  },
  message: {
    string: `
      bodyPreview conversationId conversationIndex importance inferenceClassification internetMessageId
      parentFolderId subject webLink changeKey`,
    boolean: 'hasAttachments isDeliveryReceiptRequested isDraft isRead isReadReceiptRequested',
    date: 'receivedDateTime sentDateTime createdDateTime lastModifiedDateTime',
    complex: 'body flag from sender uniqueBody',
    complexes: 'bccRecipients ccRecipients internetMessageHeaders replyTo toRecipients',
    strings: 'categories',
  },
};

/** Kind of each property of a type, in the order of response bodies. */
function kindsOf(type: string): ReadonlyMap<string, PropertyKind> {
  const kinds = new Map<string, PropertyKind>([['id', 'string']]);
  if (modelTypes[type]?.base === 'directoryObject' || type === 'directoryObject') kinds.set('deletedDateTime', 'date');
  for (const [kind, names] of Object.entries(propertyLists[type] ?? {})) {
    // The keys of the table are kinds.
    for (const name of namesOf(names)) kinds.set(name, kind as PropertyKind);
  }
  return kinds;
}

const kindsByType: ReadonlyMap<string, ReadonlyMap<string, PropertyKind>> = new Map(
  ['directoryObject', ...Object.keys(propertyLists)].map((type) => [type, kindsOf(type)]),
);

/** Names of all structural properties of a type; empty if it has none. */
export function propertiesOf(type: string): readonly string[] {
  return [...(kindsByType.get(type)?.keys() ?? [])];
}

/** Kind of a property, by exact name. Application extension properties are strings. */
export function kindOf(type: string, property: string): PropertyKind | undefined {
  const kind = kindsByType.get(type)?.get(property);
  if (kind) return kind;
  return /^extension_[0-9a-f]{32}_\w+$/i.test(property) ? 'string' : undefined;
}
