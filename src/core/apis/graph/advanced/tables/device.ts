import { numberedExtensions, type PropertyTable } from '../property-table.ts';

/** https://learn.microsoft.com/graph/aad-advanced-queries#device-properties */
export const deviceTable: PropertyTable = {
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
};
