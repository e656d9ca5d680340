import type { PropertyTable } from '../property-table.ts';

// Source: https://learn.microsoft.com/graph/aad-advanced-queries

export const administrativeUnitTable: PropertyTable = {
  rows: [
    { eq: 'D', startsWith: 'D', null: 'A', properties: ['displayName'] },
    { eq: 'A', startsWith: 'A', null: 'A', properties: ['description'] },
    { eq: 'D', startsWith: 'D', properties: ['membershipRule'] },
    { eq: 'D', properties: ['membershipRuleProcessingState', 'isMemberManagementRestricted'] },
  ],
  defaultOrderBy: [],
};

export const orgContactTable: PropertyTable = {
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
};

export const directoryRoleTable: PropertyTable = {
  rows: [
    { eq: 'D', startsWith: 'A', null: 'A', properties: ['displayName'] },
    { eq: 'A', startsWith: 'A', null: 'A', properties: ['description'] },
    { eq: 'D', properties: ['roleTemplateId'] },
  ],
  defaultOrderBy: [],
};

export const contractTable: PropertyTable = {
  rows: [
    { eq: 'D', properties: ['customerId'] },
    { eq: 'D', startsWith: 'D', properties: ['defaultDomainName', 'displayName'] },
  ],
  defaultOrderBy: [],
};
