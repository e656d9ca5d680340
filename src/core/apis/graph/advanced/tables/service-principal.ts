import type { PropertyTable } from '../property-table.ts';

/** https://learn.microsoft.com/graph/aad-advanced-queries#service-principal-properties */
export const servicePrincipalTable: PropertyTable = {
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
};
