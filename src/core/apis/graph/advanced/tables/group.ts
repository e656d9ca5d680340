import type { PropertyTable } from '../property-table.ts';

/** https://learn.microsoft.com/graph/aad-advanced-queries#group-properties */
export const groupTable: PropertyTable = {
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
};
