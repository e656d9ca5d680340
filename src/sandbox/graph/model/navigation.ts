import { namesOf } from '../../base/names.ts';
/**
 * What paths may say: entity sets, navigation properties, actions and functions of Microsoft Graph v1.0, as far as the
 * sandbox needs them. Source: Microsoft Graph metadata (`$metadata`, v1.0).
 *
 * A target is the type's name, with `*` when it is a collection. `known` lists names that exist in Microsoft Graph but
 * are not emulated: they get 501, where a name that does not exist gets 400. `anyName` in their place stands for functions
 * by the hundred.
 */
export interface ModelType {
  readonly base?: string;
  readonly navigation: Readonly<Record<string, string>>;
  /** Actions and functions on one entity. */
  readonly operations?: readonly string[];
  /** Actions and functions on the collection. */
  readonly collectionOperations?: readonly string[];
  /** Properties that can replace the id: `/applications(appId='…')`. */
  readonly alternateKeys?: readonly string[];
  readonly known?: string;
}

export const anyName = '*';

const memberChecks = ['checkMemberGroups', 'checkMemberObjects', 'getMemberGroups', 'getMemberObjects', 'restore'];

const appCredentials = ['addKey', 'addPassword', 'removeKey', 'removePassword'];

/** Operations that only the beta version has. */
export const betaOperations: readonly string[] = [
  'deletePasswordSingleSignOnCredentials',
  'getPasswordSingleSignOnCredentials',
];

export const modelTypes: Readonly<Record<string, ModelType>> = {
  root: {
    navigation: {
      applications: 'application*',
      auditLogs: 'auditLogRoot',
      contacts: 'orgContact*',
      devices: 'device*',
      directory: 'directory',
      directoryObjects: 'directoryObject*',
      directoryRoles: 'directoryRole*',
      domains: 'domain*',
      drives: 'drive*',
      groups: 'group*',
      invitations: 'invitation*',
      me: 'user',
      oauth2PermissionGrants: 'oAuth2PermissionGrant*',
      organization: 'organization*',
      reports: 'reportRoot',
      roleManagement: 'roleManagement',
      servicePrincipals: 'servicePrincipal*',
      subscribedSkus: 'subscribedSku*',
      users: 'user*',
    },
    operations: ['$batch'],
    known:
      'admin agreementAcceptances agreements appCatalogs applicationTemplates appRoleAssignments authenticationMethodConfigurations ' +
      'authenticationMethodsPolicy certificateBasedAuthConfiguration chats communications compliance connections contracts copilot ' +
      'dataPolicyOperations deviceAppManagement deviceManagement directoryRoleTemplates domainDnsRecords drive education ' +
      'employeeExperience external filterOperators functions groupLifecyclePolicies groupSettings groupSettingTemplates identity ' +
      'identityGovernance identityProtection identityProviders informationProtection permissionGrants places planner policies print ' +
      'privacy schemaExtensions scopedRoleMemberships search security shares sites solutions storage ' +
      'subscriptions teams teamsTemplates teamwork tenantRelationships $metadata',
  },
  directory: {
    navigation: { administrativeUnits: 'administrativeUnit*', deletedItems: 'directoryObject*' },
    known:
      'attributeSets customSecurityAttributeDefinitions deviceLocalCredentials federationConfigurations onPremisesSynchronization ' +
      'publicKeyInfrastructure recovery remoteTenantGroups subscriptions',
  },
  roleManagement: {
    navigation: { directory: 'rbacApplication' },
    known: 'cloudPC defender deviceManagement enterpriseApps entitlementManagement exchange',
  },
  rbacApplication: {
    navigation: {
      roleAssignments: 'unifiedRoleAssignment*',
      roleAssignmentScheduleInstances: 'unifiedRoleAssignmentScheduleInstance*',
      roleDefinitions: 'unifiedRoleDefinition*',
      roleEligibilityScheduleInstances: 'unifiedRoleEligibilityScheduleInstance*',
    },
    known:
      'resourceNamespaces roleAssignmentScheduleRequests roleAssignmentSchedules roleEligibilityScheduleRequests ' +
      'roleEligibilitySchedules transitiveRoleAssignments',
  },
  unifiedRoleDefinition: { navigation: {}, known: 'inheritsPermissionsFrom' },
  unifiedRoleAssignment: {
    navigation: { principal: 'directoryObject', roleDefinition: 'unifiedRoleDefinition' },
    known: 'appScope directoryScope',
  },
  unifiedRoleAssignmentScheduleInstance: {
    navigation: { principal: 'directoryObject', roleDefinition: 'unifiedRoleDefinition' },
    known: 'activatedUsing appScope directoryScope',
  },
  unifiedRoleEligibilityScheduleInstance: {
    navigation: { principal: 'directoryObject', roleDefinition: 'unifiedRoleDefinition' },
    known: 'appScope directoryScope',
  },
  auditLogRoot: {
    navigation: { directoryAudits: 'directoryAudit*', signIns: 'signIn*' },
    known: 'provisioning',
  },
  reportRoot: { navigation: { authenticationMethods: 'authenticationMethodsRoot' }, known: anyName },
  authenticationMethodsRoot: { navigation: { userRegistrationDetails: 'userRegistrationDetails*' }, known: anyName },
  userRegistrationDetails: { navigation: {} },
  directoryObject: {
    navigation: {},
    operations: memberChecks,
    collectionOperations: ['delta', 'getByIds', 'validateProperties', 'getAvailableExtensionProperties'],
  },
  user: {
    base: 'directoryObject',
    navigation: {
      appRoleAssignments: 'appRoleAssignment*',
      createdObjects: 'directoryObject*',
      directReports: 'directoryObject*',
      drive: 'drive',
      licenseDetails: 'licenseDetails*',
      mailFolders: 'mailFolder*',
      manager: 'directoryObject',
      memberOf: 'directoryObject*',
      messages: 'message*',
      oauth2PermissionGrants: 'oAuth2PermissionGrant*',
      ownedDevices: 'directoryObject*',
      ownedObjects: 'directoryObject*',
      photo: 'profilePhoto',
      registeredDevices: 'directoryObject*',
      transitiveManagers: 'directoryObject*',
      transitiveMemberOf: 'directoryObject*',
      transitiveReports: 'directoryObject*',
    },
    operations: [
      ...memberChecks,
      ...namesOf(`
        assignLicense changePassword findMeetingTimes getMailTips invalidateAllRefreshTokens reprocessLicenseAssignment
        revokeSignInSessions sendMail translateExchangeIds`),
      ...betaOperations,
    ],
    collectionOperations: ['delta'],
    alternateKeys: ['userPrincipalName'],
    known:
      'activities adhocCalls agreementAcceptances authentication calendar calendarGroups calendars calendarView chats cloudClipboard ' +
      'cloudPCs contactFolders contacts dataSecurityAndGovernance deviceManagementTroubleshootingEvents drives employeeExperience ' +
      'events extensions followedSites inferenceClassification insights joinedTeams managedAppRegistrations managedDevices onenote ' +
      'onlineMeetings onPremisesSyncBehavior outlook people permissionGrants photos planner presence scopedRoleMemberOf settings ' +
      'solutions sponsorOf sponsors teamwork todo',
  },
  group: {
    base: 'directoryObject',
    navigation: {
      appRoleAssignments: 'appRoleAssignment*',
      memberOf: 'directoryObject*',
      members: 'directoryObject*',
      membersWithLicenseErrors: 'directoryObject*',
      owners: 'directoryObject*',
      transitiveMemberOf: 'directoryObject*',
      transitiveMembers: 'directoryObject*',
    },
    operations: [
      ...memberChecks,
      ...namesOf(`
        addFavorite assignLicense removeFavorite renew resetUnseenCount subscribeByMail unsubscribeByMail`),
    ],
    collectionOperations: ['delta'],
    alternateKeys: ['uniqueName'],
    known:
      'acceptedSenders calendar calendarView conversations createdOnBehalfOf drive drives events extensions groupLifecyclePolicies ' +
      'onenote onPremisesSyncBehavior permissionGrants photo photos planner rejectedSenders settings sites team threads',
  },
  device: {
    base: 'directoryObject',
    navigation: {
      memberOf: 'directoryObject*',
      registeredOwners: 'directoryObject*',
      registeredUsers: 'directoryObject*',
      transitiveMemberOf: 'directoryObject*',
    },
    operations: memberChecks,
    collectionOperations: ['delta'],
    alternateKeys: ['deviceId'],
    known: 'extensions',
  },
  application: {
    base: 'directoryObject',
    navigation: { federatedIdentityCredentials: 'federatedIdentityCredential*', owners: 'directoryObject*' },
    operations: [...memberChecks, ...appCredentials, 'setVerifiedPublisher', 'unsetVerifiedPublisher'],
    collectionOperations: ['delta'],
    alternateKeys: ['appId', 'uniqueName'],
    known:
      'appManagementPolicies createdOnBehalfOf extensionProperties homeRealmDiscoveryPolicies synchronization tokenIssuancePolicies ' +
      'tokenLifetimePolicies logo',
  },
  servicePrincipal: {
    base: 'directoryObject',
    navigation: {
      appRoleAssignedTo: 'appRoleAssignment*',
      appRoleAssignments: 'appRoleAssignment*',
      createdObjects: 'directoryObject*',
      memberOf: 'directoryObject*',
      oauth2PermissionGrants: 'oAuth2PermissionGrant*',
      ownedObjects: 'directoryObject*',
      owners: 'directoryObject*',
      transitiveMemberOf: 'directoryObject*',
    },
    operations: [...memberChecks, ...appCredentials, 'addTokenSigningCertificate'],
    collectionOperations: ['delta'],
    alternateKeys: ['appId'],
    known:
      'appManagementPolicies claimsMappingPolicies delegatedPermissionClassifications endpoints federatedIdentityCredentials ' +
      'homeRealmDiscoveryPolicies remoteDesktopSecurityConfiguration synchronization tokenIssuancePolicies tokenLifetimePolicies',
  },
  directoryRole: {
    base: 'directoryObject',
    navigation: { members: 'directoryObject*' },
    operations: memberChecks,
    collectionOperations: ['delta'],
    alternateKeys: ['roleTemplateId'],
    known: 'scopedMembers',
  },
  administrativeUnit: {
    base: 'directoryObject',
    navigation: { members: 'directoryObject*' },
    operations: memberChecks,
    collectionOperations: ['delta'],
    known: 'extensions scopedRoleMembers',
  },
  orgContact: {
    base: 'directoryObject',
    navigation: {
      directReports: 'directoryObject*',
      manager: 'directoryObject',
      memberOf: 'directoryObject*',
      transitiveMemberOf: 'directoryObject*',
    },
    operations: [...memberChecks, 'retryServiceProvisioning'],
    collectionOperations: ['delta'],
    known: 'onPremisesSyncBehavior',
  },
  organization: {
    base: 'directoryObject',
    navigation: {},
    known: 'branding certificateBasedAuthConfiguration extensions',
  },
  domain: {
    navigation: {},
    operations: ['forceDelete', 'promote', 'verify'],
    known: 'domainNameReferences federationConfiguration rootDomain serviceConfigurationRecords verificationDnsRecords',
  },
  subscribedSku: { navigation: {} },
  licenseDetails: { navigation: {} },
  profilePhoto: { navigation: {} },
  appRoleAssignment: { base: 'directoryObject', navigation: {} },
  oAuth2PermissionGrant: { navigation: {}, collectionOperations: ['delta'] },
  federatedIdentityCredential: { navigation: {}, alternateKeys: ['name'] },
  signIn: { navigation: {} },
  directoryAudit: { navigation: {} },
  invitation: { navigation: {}, known: 'invitedUser invitedUserSponsors' },
  drive: {
    navigation: { items: 'driveItem*', root: 'driveItem' },
    operations: ['recent', 'search', 'sharedWithMe'],
    known: 'bundles createdByUser following lastModifiedByUser list special',
  },
  driveItem: {
    navigation: { children: 'driveItem*' },
    // The model calls `content` a property. It is a stream, so only its bytes can be read.
    operations: namesOf(`
      checkin checkout content copy createLink createUploadSession delta discardCheckout follow invite permanentDelete
      preview restore search unfollow`),
    known: 'analytics createdByUser lastModifiedByUser listItem permissions subscriptions thumbnails versions workbook',
  },
  mailFolder: {
    navigation: { childFolders: 'mailFolder*', messages: 'message*' },
    operations: ['copy', 'move', 'permanentDelete'],
    collectionOperations: ['delta'],
    known: 'messageRules multiValueExtendedProperties singleValueExtendedProperties',
  },
  message: {
    navigation: { attachments: 'attachment*' },
    operations: namesOf(`
      copy createForward createReply createReplyAll forward move permanentDelete reply replyAll send`),
    collectionOperations: ['delta'],
    known: 'extensions multiValueExtendedProperties singleValueExtendedProperties',
  },
  attachment: { navigation: {}, collectionOperations: ['createUploadSession'] },
};

/** Collections that are not sets of directory objects. */
const otherCollections = ['deletedItems', 'drives', 'invitations'];

/** Entity sets by the type of their objects: `users`, `directory/administrativeUnits`. */
export const setOfType: ReadonlyMap<string, string> = new Map(
  [
    ['root', ''],
    ['directory', 'directory/'],
    ['auditLogRoot', 'auditLogs/'],
  ].flatMap(([owner = '', path]) =>
    Object.entries(modelTypes[owner]?.navigation ?? {})
      .filter(([set, target]) => target.endsWith('*') && !otherCollections.includes(set))
      .map(([set, target]) => [target.slice(0, -1), `${path}${set}`] as const),
  ),
);
