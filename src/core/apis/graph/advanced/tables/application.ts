import type { PropertyTable } from '../property-table.ts';

/** https://learn.microsoft.com/graph/aad-advanced-queries#application-properties */
export const applicationTable: PropertyTable = {
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
};
